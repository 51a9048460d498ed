"""What an account has set up to send with, as `accept` needs to know it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderIdentity:
    """A domain or an address mail may be sent from.

    `signing_token`: names the DKIM key that signs now (`selector_of`); `signing_verified`: that key
    is known to be in DNS.
    """

    name: str
    kind: str
    status: str
    signing_enabled: bool
    signing_token: str | None
    mail_from_domain: str | None
    mail_from_status: str | None
    mail_from_behavior: str
    configuration_set: str | None
    signing_verified: bool = True
    feedback_forwarding: bool = True


def selector_of(token: str) -> str:
    """Give the selector of a key by its name, which is SELECTOR or SELECTOR/ID."""
    return token.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingRules:
    """A configuration set, as far as it shapes a message.

    `suppressed_reasons` None: the account's. `tracks_opens`, `tracks_clicks`: it has an enabled
    destination for OPEN, for CLICK.
    """

    name: str
    sending_enabled: bool
    tls_policy: str | None
    sending_pool: str | None
    max_delivery_seconds: int | None
    suppressed_reasons: tuple[str, ...] | None = None
    custom_redirect_domain: str | None = None
    https_policy: str | None = None
    tracks_opens: bool = False
    tracks_clicks: bool = False
