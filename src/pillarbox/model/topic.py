"""A local topic and the webhooks that have subscribed to it."""

from dataclasses import dataclass

SNS, STANDARD = "sns", "standard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of this deployment; `signature_version`: `1` (SHA-1) or `2` (SHA-256)."""

    arn: str
    account_id: str
    name: str
    signature_version: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A webhook of a topic. `raw`: it gets the message alone; `token`: what confirms it.

    `style`: SNS, or STANDARD for a Standard Webhook, whose secret is sealed; a former one counts
    until a moment.
    """

    id: bytes
    topic: Topic
    endpoint: str
    raw: bool
    token: str
    confirmed: bool
    style: str = SNS
    secret_sealed: bytes | None = None
    former_secret_sealed: bytes | None = None
    former_secret_until: int | None = None

    @property
    def arn(self) -> str:
        """What SNS would call it."""
        text = self.id.hex()
        parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
        return f"{self.topic.arn}:{'-'.join(parts)}"
