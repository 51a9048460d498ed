"""The recipients a report's text names, where no delivery status says it.

Takes the lines of the text and the addresses that can't be meant; hands on each recipient with the
lines that tell why. The rules go from the surest shape to the vaguest, and the first that finds
something wins:

    1  an address alone at the start of a line with a colon: `<a@b.example>:`
    2  Sendmail's transcript of a session, where no list stands above it: `550 <a@b.example>... why`
    3  a sentence that announces recipients, then lines that each begin with one
    4  an SMTP command or reply quoted with an address: `RCPT TO:<a@b.example>`, `550 ... <a@b>`
    5  a sentence that tells of a failure and holds an address, or the lines around it do
    6  few addresses in all
    7  an announcement, then a line that is a lone local part

An address that was expanded or forwarded is told as what it was before: that is what we sent to.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pillarbox.proto.report.header import addresses_in
from pillarbox.proto.report.phrases import (
    FAILURE,
    RECIPIENT_LIST,
    Phrases,
    flatten,
    has_phrase,
    present,
)

MAX_RECIPIENTS = 200
_REASON_LINES, _LIST_LINES, _FEW = 12, 60, 3
_ADDRESS = r"[^\s<>()\[\],;:\"']{1,128}@[\w.-]{1,254}"
_BLOCK = re.compile(rf"\s{{0,8}}(?:<({_ADDRESS})>|({_ADDRESS}))(?: \([^()]{{0,200}}\))?\s?:(?!/)")
#: What may stand before an address at the start of a line: a bullet or number, a label, a name.
_BULLET = r"\s{0,40}(?:[-*•·>|#]{1,3}\s{1,8}|\d{1,3}[.)]\s{1,4})?"
_LABEL = (
    r"(?:(?:to|an|à|para|a|recipient|rcpt to|failed recipient|e-?mail|address|user|error-for"
    r"|宛先|收件人|收件者)\s?[:：]\s{0,20})?"
)
_NAME = r"['\"]?(?:[^<>@:;?!]{0,60}<|\(|\[)?(?:mailto:|smtp:|rfc822;\s?)?"
_HEAD = re.compile(rf"{_BULLET}{_LABEL}{_NAME}({_ADDRESS})", re.IGNORECASE)
_ORIGIN = re.compile(rf"(?i)\((?:ultimately )?(?:expanded|generated) from:?\s{{0,4}}<?({_ADDRESS})")
_SENDER = re.compile(
    r"(?i)(?:\b(?:from|contact|sender|sender address|reply-to|return-path|returned to|hello|dear"
    r"|von|absender|expéditeur|remitente|mittente|remetente|afzender|avsändare|nadawca|отправитель|от)"
    r"|差出人|送信者|发件人|發件人|寄件者|보낸 사람)"
    rf"(?:\s?[:：]\s{{0,4}}|\s{{1,4}})[<(\['\"]?{_ADDRESS}"
)
_BARE = re.compile(r"\s{0,40}[<'\"]?([\w.+-]{2,64})[>'\"]?(?:\s{1,8}\([^()]{0,200}\))?")
_QUOTED = re.compile(
    rf"(?i)(?:rcpt to:\s?<?|(?<!\d)[45]\d\d[ -][^@\n]{{0,160}}?[<\s(\['\"])({_ADDRESS})"
)
_ROBOT = re.compile(
    r"(?i)(?:mailer-daemon|post-?master|mail-?daemon|abuse|noreply|no-reply|helpdesk|listserv)@"
)
#: A return path of ours (`proto.verp`): a report goes to it and is never about it.
_RETURN_PATH = re.compile(r"(?i)[a-z2-7]{45}@")
#: A line of Sendmail's transcript about a recipient; what was said on the wire has `<<<` before it.
_TRANSCRIPT = re.compile(
    rf"\s{{0,8}}(?:[45]\d\d[ -](?:[45]\.\d{{1,3}}\.\d{{1,3}} )?)?<?({_ADDRESS}?)>?\.{{3}} ?(?=[^.])"
)


#: From the lines to the addresses found, each with the line it stands in.
Rule = Callable[[tuple[str, ...]], Iterator[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class NamedRecipient:
    """A recipient, and what is said of it. `became`: the address that was tried instead."""

    address: str
    reason: str
    became: str = ""


def find_recipients(lines: tuple[str, ...], not_meant: frozenset[str]) -> list[NamedRecipient]:
    """Find the failed recipients; `not_meant` is in lower case: senders, and the report's own."""
    rules = (_blocks, _transcribed, _listed, _quoted, _told, _few)
    return _first_that_finds(rules, lines, not_meant)


def find_sure_recipients(lines: tuple[str, ...], not_meant: frozenset[str]) -> list[NamedRecipient]:
    """Find them by the shapes that are sure enough where a returned message may be in the lines."""
    return _first_that_finds((_blocks, _transcribed, _listed), lines, not_meant)


def find_own_recipients(lines: tuple[str, ...]) -> list[NamedRecipient]:
    """Find senders and robots that failed, by the shapes that only a failed recipient has."""
    return _first_that_finds((_blocks, _transcribed), lines, frozenset(), robots=True)


def _first_that_finds(
    rules: tuple[Rule, ...],
    lines: tuple[str, ...],
    not_meant: frozenset[str],
    *,
    robots: bool = False,
) -> list[NamedRecipient]:
    for rule in rules:
        found: dict[str, NamedRecipient] = {}
        for at, address in rule(lines):
            key = address.lower()
            if key in not_meant or key in found or is_return_path(key):
                continue
            if not robots and _ROBOT.match(key):
                continue
            reason = _reason(lines, at)
            origin = _ORIGIN.search(reason)
            before = _clean(origin[1]) if origin else address
            found[key] = NamedRecipient(before, reason, address)
            if len(found) >= MAX_RECIPIENTS:
                break
        if found:
            return list(found.values())
    return []


def is_return_path(address: str) -> bool:
    """Tell whether an address looks like a return path of ours, to which reports are sent."""
    return _RETURN_PATH.match(address) is not None


def has_block(lines: tuple[str, ...]) -> bool:
    """Tell whether the surest of the shapes is there."""
    return next(_blocks(lines), None) is not None


def _clean(address: str) -> str:
    found = addresses_in(address)
    return found[0] if found else ""


def _mentioned(line: str) -> list[str]:
    """Give the addresses in a line but those it names as a sender's."""
    return addresses_in(_SENDER.sub("", line)) if "@" in line else []


def _blocks(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    for at, line in enumerate(lines):
        match = _BLOCK.match(line) if "@" in line else None
        if match and (address := _clean(match[1] or match[2])):
            yield at, address


def _transcribed(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Read the transcript where it is alone; a list above it knows addresses as they were given."""
    found = []
    for at, line in enumerate(lines):
        match = _TRANSCRIPT.match(line) if "... " in line and "@" in line else None
        if match and (address := _clean(match[1])):
            found.append((at, address))
    if found and not any(True for at, _ in _listed(lines[: found[0][0]])):
        yield from found


def _listed(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Go from each announcement to the addresses below it, until the text turns elsewhere."""
    until = 0
    phrases = present(RECIPIENT_LIST, flatten("\n".join(lines)))
    flats = [flatten(line) for line in lines] if phrases else []
    for at in range(len(flats)):
        if at < until or not _announces(flats, at, phrases):
            continue
        found = list(_list_at(lines, at))
        yield from found
        until = max((place for place, _ in found), default=at) + 1


def _announces(flats: list[str], at: int, phrases: Phrases) -> bool:
    """Tell whether an announcement ends in this line, perhaps begun in the one before."""
    line = flats[at]
    if not line:
        return False
    if has_phrase(phrases, line):
        return True
    before = flats[at - 1][-100:] if at else ""
    return bool(before) and has_phrase(phrases, f"{before} {line[:60]}")


def _list_at(lines: tuple[str, ...], at: int) -> Iterator[tuple[int, str]]:
    inline = _mentioned(lines[at])
    if inline:
        yield from ((at, address) for address in inline)
        return
    seen, margin = 0, ""
    for place in range(at + 1, min(len(lines), at + 1 + _LIST_LINES)):
        line = lines[place]
        match = _HEAD.match(line) if "@" in line else None
        if match and (address := _clean(match[1])):
            margin = margin if seen else _margin(line)
            if _margin(line) != margin:
                continue  # lists are even: this is a text that goes on after the list
            seen = place
            yield place, address
            for other in addresses_in(line[match.end() :])[:20]:
                if "," in line or ";" in line:
                    yield place, other
        elif (line.lstrip().startswith(("---", "===", "___", "***")) and seen) or place - (
            seen or at
        ) > _REASON_LINES:
            return


def _margin(line: str) -> str:
    """Give the blanks and marks a line begins with."""
    return line[: len(line) - len(line.lstrip(" *-•<[('\""))]


def _quoted(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    for at, line in enumerate(lines):
        for match in _QUOTED.finditer(line[:600]) if "@" in line else ():
            if address := _clean(match[1]):
                yield at, address


def _told(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    phrases = present(FAILURE, flatten("\n".join(lines)))
    for at, line in enumerate(lines):
        if not has_phrase(phrases, flatten(line)):
            continue
        for near in (at, at - 1, at + 1, at - 2, at + 2):
            found = _mentioned(lines[near]) if 0 <= near < len(lines) else []
            if found:
                yield from ((near, address) for address in found)
                break


def _few(lines: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    found = [(at, address) for at, line in enumerate(lines) for address in _mentioned(line)]
    if len({address.lower() for _, address in found}) <= _FEW:
        yield from found


def find_bare_name(lines: tuple[str, ...]) -> NamedRecipient | None:
    """Find a lone local part below an announcement (AOL); the domain is the report's sender's."""
    flats = [flatten(line) for line in lines]
    for at, line in enumerate(flats):
        below = next((place for place in range(at + 1, min(len(lines), at + 4)) if flats[place]), 0)
        match = _BARE.fullmatch(lines[below]) if below else None
        if match and line.endswith(":") and _announces(flats, at, RECIPIENT_LIST):
            return NamedRecipient(match[1], _reason(lines, below))
    return None


def _reason(lines: tuple[str, ...], at: int) -> str:
    """Give what stands beside and below an address, up to the next one at a line's start."""
    taken = [lines[at]]
    for line in lines[at + 1 : at + 1 + _REASON_LINES]:
        if "@" in line and _HEAD.match(line) and not line.startswith("    "):
            break
        taken.append(line)
    return " ".join(" ".join(taken).split())
