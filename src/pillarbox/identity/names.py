"""All names below the service's domain, in one place."""

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ServiceNames:
    """The names of one deployment."""

    domain: str

    @property
    def dkim_zone(self) -> str:
        """Where the CNAMEs of DKIM tokens point: `<token>.dkim.<domain>`."""
        return f"dkim.{self.domain}"

    @property
    def own_key_zone(self) -> str:
        """Where the keys lie that the service signs its own mail with (RFC 6376 §3.6.2.1)."""
        return f"_domainkey.{self.domain}"

    @property
    def bounce_domain(self) -> str:
        """The domain of the default return path."""
        return f"bounce.{self.domain}"

    @property
    def helo(self) -> str:
        """How we greet, and the reporting MTA of events."""
        return f"mta.{self.domain}"

    @property
    def message_id_domain(self) -> str:
        """The right side of Message-ID headers."""
        return f"email.{self.domain}"

    @property
    def feedback_host(self) -> str:
        """Where the MX record of a custom MAIL FROM domain points: our inbound listener."""
        return self.helo

    @property
    def spf_include(self) -> str:
        """What the SPF record of a custom MAIL FROM domain includes (RFC 7208 §5.2)."""
        return self.bounce_domain

    def txt_record_name(self, identity: str) -> str:
        """Give the name of the record that verifies a domain in SES v1."""
        return f"_amazonses.{identity}"

    def dkim_target(self, token: str) -> str:
        """Give the name at which a token's public key is served."""
        return f"{token}.{self.dkim_zone}"

    def dkim_record_name(self, token: str, identity: str) -> str:
        """Give the name of the CNAME record that a customer sets."""
        return f"{token}._domainkey.{identity}"

    @property
    def tracking_host(self) -> str:
        """Where the CNAME of a customer's tracking host points, unless `[track] url` says."""
        return f"email.{self.domain}"

    def tracking_targets(self, track_url: str) -> tuple[str, ...]:
        """Give the names by which recipients reach our tracking listener, the one to use first."""
        named = urlsplit(track_url).hostname
        if named is None or _is_address(named):
            return (self.tracking_host,)
        return tuple(dict.fromkeys((named.lower(), self.tracking_host)))


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
