"""What is tracked of a message, and how a tracked request names what it is about (design §7).

The plan is decided and frozen when a message is accepted; rendering follows it, and nothing looks
at settings again. A token is what a tracking URL carries.
"""

from dataclasses import dataclass

#: The position of a token that names no recipient (anonymous tracking).
ANONYMOUS = 0xFFFF
#: The link index of the trap: a link that no reader sees, so whoever follows it is a scanner.
TRAP = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingPlan:
    """Where pixel and links of one message go; kept as JSON in `messages.tracking`.

    Each is a base URL without a slash at its end (`https://email.example.com`), None for: not
    tracked. `http_links` and `https_links` are for links whose target has that scheme.
    `anonymous`: opens and clicks are counted without naming the recipient. `mso_comments`: links
    inside Outlook's conditional comments as well. `trap`: a hidden link to the tracking host's own
    page, beside tracked links. `reasons`: how it was decided, a sentence each.
    """

    pixel: str | None = None
    http_links: str | None = None
    https_links: str | None = None
    anonymous: bool = False
    mso_comments: bool = True
    trap: bool = False
    reasons: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether anything of the message is tracked at all."""
        return bool(self.pixel or self.http_links or self.https_links)


@dataclass(frozen=True, slots=True)
class TokenKey:
    """A key that tokens are signed with; `id` (0 to 255) goes into the token."""

    id: int
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingToken:
    """What a tracking URL says: which message, which recipient, and for a link its target.

    `position`: the recipient's, or ANONYMOUS. `link`: the link's index in the message, None for
    the pixel. `target`: the exact original URL of a link. `tagged`: the link has `ses:tags`, to be
    looked up by its index.
    """

    message_id: bytes
    position: int
    link: int | None = None
    target: str | None = None
    tagged: bool = False
