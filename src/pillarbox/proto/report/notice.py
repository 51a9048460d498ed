"""What a report says to people: its text, without the message it returns.

Takes the parts of a mail; hands on the lines of its text, and the header of the returned message
where the text itself holds it: many programs put it below a line that announces it, or simply
below. Bounded: lines and their length.
"""

import re
from dataclasses import dataclass

from pillarbox.proto.report.header import Fields, read_header
from pillarbox.proto.report.parts import HEADERS_ONLY, ReportPart
from pillarbox.proto.report.phrases import ORIGINAL_FOLLOWS, Phrases, flatten, has_phrase, present

MAX_LINES, MAX_LINE = 400, 1_000
_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "text", "text/x-html", ""})
_FIELD = re.compile(r"(?:> ?)?([A-Za-z][A-Za-z0-9-]{1,40}):(?: |\t|$)")
#: A block of header lines is a returned header when two of these are in it.
_TELLING = frozenset(
    {
        "received", "return-path", "from", "to", "subject", "date", "message-id", "mime-version",
        "content-type", "x-mailer", "reply-to", "sender", "delivered-to", "dkim-signature",
    }
)  # fmt: skip
#: Fields of a delivery status that some write into their text: never part of a returned header.
_STATUS_FIELDS = frozenset(
    {"final-recipient", "action", "status", "diagnostic-code", "reporting-mta", "remote-mta"}
)
_START = frozenset({"received", "return-path", "message-id", "delivered-to", "x-originating-ip"})


@dataclass(frozen=True, slots=True)
class Notice:
    """The lines of the text, their flattened form, and a returned header found below them.

    `whole`: all lines, those of a returned message too, for what was taken for one and is none.
    """

    lines: tuple[str, ...]
    whole: tuple[str, ...]
    flat: str
    returned: Fields


def read_notice(parts: tuple[ReportPart, ...]) -> Notice:
    """Read the text of a report out of its own parts, plain text before HTML."""
    own = [part for part in parts if not part.returned and part.kind in _TEXTS]
    plain = [part.text for part in own if part.kind != "text/html"]
    if not any(text.strip() for text in plain):
        plain = [part.text for part in own if part.kind == "text/html"]
    if not any(text.strip() for text in plain) and not any(part.returned for part in parts):
        plain = [parts[0].text]  # a multipart without the parts it announces
    lines: list[str] = []
    for text in plain:
        some = text.split("\n", MAX_LINES)[:MAX_LINES]
        lines.extend(line[:MAX_LINE].rstrip().replace("\t", "    ") for line in some)
        lines.append("")
    lines = lines[: 2 * MAX_LINES]
    cut = _original_at(lines, present(ORIGINAL_FOLLOWS, flatten("\n".join(lines))))
    kept = tuple(lines[:cut][:MAX_LINES])
    return Notice(
        kept, tuple(lines[:MAX_LINES]), flatten("\n".join(kept)), _quoted_header(lines[cut:])
    )


def _original_at(lines: list[str], announcing: Phrases) -> int:
    """Find where the returned message starts; the end when there is none."""
    for at, line in enumerate(lines):
        if (
            at
            and announcing
            and _announces(line, announcing)
            and _any_field(lines[at + 1 : at + 12])
        ):
            return at
        name = _field_name(line)
        if name in _START and _is_header(lines[at : at + 40]):
            return at
        if (
            at
            and name in _TELLING
            and not lines[at - 1].strip()
            and _is_header(lines[at : at + 20])
        ):
            return at
    return len(lines)


def _announces(line: str, announcing: Phrases) -> bool:
    return bool(announcing) and len(line) < 200 and has_phrase(announcing, flatten(line))


def _any_field(lines: list[str]) -> bool:
    return sum(_field_name(line) in _TELLING for line in lines) >= 1


def _field_name(line: str) -> str:
    found = _FIELD.match(line)
    return found[1].lower() if found else ""


def _is_header(lines: list[str]) -> bool:
    """Tell whether these lines begin with a header section, not with fields of a status."""
    names: set[str] = set()
    for line in lines:
        if not line.strip():
            break
        if line[0] in " \t":
            continue
        name = _field_name(line)
        if not name or name in _STATUS_FIELDS:
            break
        names.add(name)
    return len(names & _TELLING) >= 3


def _quoted_header(lines: list[str]) -> Fields:
    """Read the returned header below its announcement, quote marks taken away."""
    bare = [line.removeprefix("> ").removeprefix(">") for line in lines]
    start = next((at for at, line in enumerate(bare) if _field_name(line)), len(bare))
    return read_header(bare[start:])


def returned_header(parts: tuple[ReportPart, ...], notice: Notice) -> Fields | None:
    """Give the header of the returned message, from its part or else from the text."""
    for part in parts:
        if part.returned and part.fields.pairs and part.kind not in HEADERS_ONLY:
            return part.fields
    return notice.returned if notice.returned.pairs else None
