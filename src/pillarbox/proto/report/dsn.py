"""A delivery status, read (RFC 3464; RFC 6533 for addresses outside ASCII).

Takes the text of a `message/delivery-status` part, or any text that holds its fields, and hands on
the recipients with their action. Lenient: a missing blank line, a missing action, an address type
of the sender's own making. The other direction is `dsn_compose`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pillarbox.model.report import ReportedRecipient
from pillarbox.proto.report.header import Fields, addresses_in, read_date, read_header
from pillarbox.proto.smtp.reply_text import read_reply

MAX_RECIPIENTS = 500
#: The parts that hold a delivery status.
STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
FAILED, DELAYED = "failed", "delayed"
_RECIPIENT_FIELDS = ("original-recipient", "final-recipient", "x-actual-recipient")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")  # RFC 6533 §3
_XTEXT = re.compile(r"\+([0-9A-F]{2})")  # RFC 3461 §4
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_ACTIONS = (
    ("fail", FAILED),
    ("expired", FAILED),
    ("delay", DELAYED),
    ("deliver", "delivered"),
    ("relay", "relayed"),
    ("expand", "expanded"),
)


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What a delivery status says: its fields per message (§2.2) and the recipients (§2.3)."""

    recipients: tuple[ReportedRecipient, ...]
    reporting_mta: str | None = None
    arrival: int | None = None


def read_delivery_status(text: str) -> DeliveryStatus:
    """Read a delivery status; recipients it only counts or names by no address are left out."""
    groups = list(_groups(text))
    whole = Fields(tuple(pair for group in groups for pair in group.pairs))
    found = [one for group in groups for one in _recipients(group, whole)]
    return DeliveryStatus(
        tuple(found[:MAX_RECIPIENTS]),
        _after_type(whole.first("reporting-mta")) or None,
        read_date(whole.first("arrival-date")) if whole.has("arrival-date") else None,
    )


def _groups(text: str) -> Iterator[Fields]:
    """Cut at blank lines, and where a group that has its recipient names the next one."""
    lines: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.strip():
            lines.append(line)
        elif lines:
            yield from _cut(read_header(lines))
            lines = []


def _cut(group: Fields) -> Iterator[Fields]:
    start = 0
    seen: set[str] = set()
    for at, (name, _) in enumerate(group.pairs):
        if name in {"final-recipient", "action"} and name in seen:
            yield Fields(group.pairs[start:at])
            start, seen = at, set()
        seen.add(name)
    yield Fields(group.pairs[start:])


def _recipients(group: Fields, whole: Fields) -> Iterator[ReportedRecipient]:
    original, final, actual = (read_recipient(group.first(name)) for name in _RECIPIENT_FIELDS)
    named = (original, final, actual)
    address = next((one for one in named if "@" in one), "") or next(filter(None, named), "")
    if not address:
        return
    diagnostic = _after_type(group.first("diagnostic-code"))
    reply = read_reply(diagnostic)
    status = better_status(group.first("status"), reply.status)
    yield ReportedRecipient(
        address=address,
        action=_action(group.first("action") or whole.first("action"), status),
        status=status,
        code=reply.code,
        diagnostic=diagnostic or None,
        remote_mta=_after_type(group.first("remote-mta")) or None,
        final_recipient=final or None,
        original_recipient=original or None,
    )


def read_recipient(value: str) -> str:
    """Read `rfc822; address`, whatever the type is called; empty for no address at all."""
    kind, mark, text = value.partition(";")
    if not mark:
        kind, text = "", value
    text = text.strip().strip('<>"').removeprefix("mailto:")
    if "@" not in text:
        text = _XTEXT.sub(lambda found: chr(int(found[1], 16)), text)
    if "utf-8" in kind.lower():
        text = _UNICODE.sub(lambda found: _character(found[1]), text)
    plain = addresses_in(text[:600])
    return plain[0] if plain else text[:320].strip()


def _character(digits: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0xD800 or 0xDFFF < number < 0x110000 else "\ufffd"


def better_status(field: str, told: str | None) -> str | None:
    """Choose between the Status field and the status inside the diagnostic: the more specific.

    A gateway writes 5.0.0 where the reply it got was 5.1.1. A differing class stays the field's.
    """
    found = _STATUS.search(field)
    if found is None:
        return told
    given = f"{found[1]}.{int(found[2])}.{int(found[3])}"
    vague = found[3] in {"0", "00", "000"}
    return told if vague and told and told[0] == given[0] else given


def _action(value: str, status: str | None) -> str:
    """Name the action; without a usable one a permanent status is a failure (§2.3.3)."""
    lower = value.strip().lower()
    for start, action in _ACTIONS:
        if lower.startswith(start):
            return action
    return (
        DELAYED
        if status and status[0] == "4"
        else "delivered"
        if status and status[0] == "2"
        else FAILED
    )


def _after_type(value: str) -> str:
    """Give what follows `dns;`, `smtp;` or another type; the whole when there is none."""
    kind, mark, rest = value.partition(";")
    return rest.strip() if mark and re.fullmatch(r"[\w .-]{1,40}", kind) else value.strip()
