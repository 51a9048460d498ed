"""What proves whom a mail is about: a signed return path, or a signed link of ours inside it.

Takes the envelope and what looks like ours in the mail; hands on the recipients that it is proven
to be about. A link's token is the recipient's own, or the message's where its account counts opens
and clicks without knowing whose they are: then the report has to name one of its recipients.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pillarbox.inbound.addresses import InboundAddresses, Tag
from pillarbox.model.report import Report
from pillarbox.model.tracking import ANONYMOUS, TrackingToken
from pillarbox.proto.links.tracking_token import LINK_PATH, PIXEL_PATH, read_token

FindKey = Callable[[int], bytes | None]


@dataclass(frozen=True, slots=True)
class Proof:
    """Whom a mail is about. `addressed`: the envelope itself says so, not a thing inside."""

    tags: tuple[Tag, ...]
    addressed: bool = False


def prove(
    recipients: Sequence[str], report: Report, addresses: InboundAddresses, find_key: FindKey
) -> Proof:
    """Find whom a mail is about: of several traces in it the first counts, the outermost.

    `find_key` gives the secret of a tracking key's id.
    """
    named = addresses.tags(recipients)
    if named:
        return Proof(named, addressed=True)
    if paths := addresses.tags(report.traces.return_paths):
        return Proof(paths[:1])
    tokens = (_token(link, find_key) for link in report.traces.links)
    found = next((one for one in tokens if one is not None), None)
    return Proof(() if found is None else (Tag(found.message_id, found.position),))


def is_anonymous(tag: Tag) -> bool:
    """Tell whether a tag names a message without saying which of its recipients."""
    return tag.position == ANONYMOUS


def named_position(report: Report, recipients: Sequence[str]) -> int | None:
    """Give the position of the one recipient of a message that a report names, None for others."""
    claimed = {one.address.lower() for one in report.recipients}
    claimed |= {
        one.original_recipient.lower() for one in report.recipients if one.original_recipient
    }
    if report.complaint is not None:
        claimed |= {one.lower() for one in report.complaint.original_rcpt_to}
    found = [at for at, one in enumerate(recipients) if one.lower() in claimed]
    if not found and len(recipients) == 1:
        return 0
    return found[0] if len(found) == 1 else None


def _token(link: str, find_key: FindKey) -> TrackingToken | None:
    """Read the token of a URL that looks like ours, None unless we signed it for that host."""
    parts = urlsplit(link)
    for path in (LINK_PATH, PIXEL_PATH):
        if parts.path.startswith(path):
            return read_token(parts.path.removeprefix(path), parts.netloc, find_key)
    return None
