"""Addresses as callers and headers write them (RFC 5322 §3.4), to frozen mailboxes and back.

Takes `Name <local@domain>` in any of its forms; hands on a `Mailbox` whose domain is lower-case
ASCII (IDNA, RFC 5891) and whose display name is plain text, encoded words decoded. Nothing with a
control character gets through. The texts of the errors are the real service's (facts §2.6).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import idna

from pillarbox.proto.mime.encoded_words import decode_words, encode_words
from pillarbox.proto.mime.error import MimeError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LOCAL_BAD = re.compile(r"[^!-~]")
_DOT_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)
_DOMAIN_ILLEGAL = re.compile(r"[^A-Za-z0-9.\x80-\U0010ffff-]")
_TOKEN = re.compile(
    r"""(?P<space>[ \t]+)
      | (?P<quoted>"[^"\\]*(?:\\.[^"\\]*)*")
      | (?P<atom>[^ \t"(),:;<>@]+)
      | (?P<special>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_MARK = re.compile(r"\\.|[()]", re.DOTALL)
_MAX_DOMAIN = 255  # RFC 5321 §4.5.3.1.2
_MAX_ADDRESS = 320
_LONG_PHRASE = 60


class AddressError(MimeError):
    """Illegal address"""  # the real service's text has no full stop

    def __init__(self, message: str = "Illegal address") -> None:
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox: display name as plain text or empty, local part as SMTP wants it, domain.

    Raises AddressError when a part could break a header or a command.
    """

    display: str
    local: str
    domain: str

    def __post_init__(self) -> None:
        if not (self.local.isascii() and self.domain.isascii()):
            raise AddressError
        if _CONTROL.search(self.display + self.local + self.domain):
            raise AddressError
        if not self.display.isascii() and re.search("[\ud800-\udfff]", self.display):
            raise AddressError

    @property
    def address(self) -> str:
        """The address alone: `local@domain`."""
        return f"{self.local}@{self.domain}"

    def header_tokens(self) -> list[str]:
        """Give the header form as tokens between which a header may be folded."""
        if not self.display:
            return [self.address]
        return [*_phrase_tokens(self.display), f"<{self.address}>"]

    def header_form(self) -> str:
        """Give the header form on one line, display name quoted or encoded where needed."""
        return " ".join(self.header_tokens())

    def __str__(self) -> str:
        """Give the form that events show: the display name decoded."""
        return f"{self.display} <{self.address}>" if self.display else self.address


def parse_address(text: str) -> Mailbox:
    """Parse exactly one mailbox. Raises AddressError with the real service's text."""
    found = [_read_mailbox(tokens) for tokens in _split_list(text, groups=False)]
    if len(found) != 1:
        raise AddressError("Missing final '@domain'" if not found else "Illegal address")
    return found[0]


def parse_address_list(text: str) -> tuple[Mailbox, ...]:
    """Parse the unfolded value of a To, Cc, Bcc, From or Reply-To header.

    Groups give their members.

    Raises AddressError for the first address that can't be used.
    """
    return tuple(_read_mailbox(tokens) for tokens in _split_list(text, groups=True))


_Token = tuple[str, str]


def _tokens(text: str) -> Iterator[_Token]:
    """Cut a text into tokens, comments (§3.2.2) replaced by a space."""
    position = 0
    while position < len(text):
        if text[position] == "(":
            position = _skip_comment(text, position)
            yield "space", " "
            continue
        match = _TOKEN.match(text, position)
        if match is None or match[0] == '"':
            raise AddressError  # an opening quote without its end
        yield str(match.lastgroup), match[0]
        position = match.end()


def _skip_comment(text: str, start: int) -> int:
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return mark.end()
    raise AddressError


def _split_list(text: str, *, groups: bool) -> list[list[_Token]]:
    """Split at the commas outside quotes and angle brackets; empty members are nothing (§4.4)."""
    members: list[list[_Token]] = [[]]
    angle = in_group = False
    for kind, value in _tokens(text):
        mark = value if kind == "special" else ""
        if mark and mark in "<>":
            angle = mark == "<"
        elif mark == ":" and groups and not (angle or in_group):
            in_group, members[-1] = True, []
            continue
        elif (mark == "," and not angle) or (mark == ";" and in_group and not angle):
            in_group = in_group and mark != ";"
            members.append([])
            continue
        members[-1].append((kind, value))
    if in_group:
        raise AddressError
    return [member for member in members if any(kind != "space" for kind, _ in member)]


def _read_mailbox(tokens: list[_Token]) -> Mailbox:
    """Read one list member: `phrase <addr-spec>` or `addr-spec`."""
    marks = [value if kind == "special" else "" for kind, value in tokens]
    if "<" not in marks:
        return _read_addr_spec("", _trim(tokens))
    start = marks.index("<")
    if ">" not in marks[start:]:
        raise AddressError
    end = marks.index(">", start)
    if _trim(tokens[end + 1 :]):
        raise AddressError
    return _read_addr_spec(_read_phrase(tokens[:start]), _trim(tokens[start + 1 : end]))


def _trim(tokens: list[_Token]) -> list[_Token]:
    start, end = 0, len(tokens)
    while start < end and tokens[start][0] == "space":
        start += 1
    while end > start and tokens[end - 1][0] == "space":
        end -= 1
    return tokens[start:end]


def _read_phrase(tokens: list[_Token]) -> str:
    if any(kind == "special" and value in ":;," for kind, value in tokens):
        raise AddressError
    words = [
        " " if kind == "space" else _unquote(value) if kind == "quoted" else value
        for kind, value in tokens
    ]
    return decode_words("".join(words).strip()).strip()


def _read_addr_spec(display: str, tokens: list[_Token]) -> Mailbox:
    if any(kind == "special" and value in ":;<>" for kind, value in tokens):
        raise AddressError  # a group, or angle brackets out of place
    ats = [index for index, token in enumerate(tokens) if token == ("special", "@")]
    if not ats:
        raise AddressError("Missing final '@domain'")
    local = _read_local(tokens[: ats[-1]])
    domain = _read_domain(tokens[ats[-1] + 1 :])
    if len(local) + 1 + len(domain) > _MAX_ADDRESS:
        raise AddressError
    return Mailbox(display, local, domain)


def _read_local(tokens: list[_Token]) -> str:
    if len(tokens) == 1 and tokens[0][0] == "quoted":
        content = _unquote(tokens[0][1])
        if _LOCAL_BAD.search(content.replace(" ", "")):
            raise AddressError("Local address contains control or whitespace")
        return content if _DOT_ATOM.fullmatch(content) else _quote(content)
    if any(
        kind == "space" or (kind == "atom" and _LOCAL_BAD.search(value)) for kind, value in tokens
    ):
        raise AddressError("Local address contains control or whitespace")
    local = "".join(value for _, value in tokens)
    if not _DOT_ATOM.fullmatch(local):
        raise AddressError
    return local


def _read_domain(tokens: list[_Token]) -> str:
    domain = "".join(value for _, value in tokens)
    if not domain:
        raise AddressError("Missing domain")
    if _CONTROL.search(domain) or " " in domain:
        raise AddressError("Domain contains control or whitespace")
    if _DOMAIN_ILLEGAL.search(domain):
        raise AddressError("Domain contains illegal character")
    if domain.endswith("."):
        raise AddressError("Domain ends with dot.")
    return to_ascii_domain(domain)


def to_ascii_domain(domain: str) -> str:
    """Write a domain in lower-case ASCII (IDNA 2008 with the mapping of UTS 46).

    Raises AddressError.
    """
    result = ""
    if len(domain) <= _MAX_DOMAIN:
        try:
            result = (
                domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()
            )
        except (idna.IDNAError, UnicodeError):
            result = ""
    if len(result) > _MAX_DOMAIN or not _DOMAIN.fullmatch(result):
        shown = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", "?", domain[:_MAX_DOMAIN])
        raise AddressError(f"Invalid domain name: '{shown}'.")
    return result


def _unquote(quoted: str) -> str:
    inner = quoted[1:-1]
    return re.sub(r"\\(.)", r"\1", inner, flags=re.DOTALL) if "\\" in inner else inner


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _phrase_tokens(display: str) -> list[str]:
    """Write a display name: as atoms, quoted, or as encoded words (§3.2.5, RFC 2047 §5 (3))."""
    if not display.isascii() or len(display) > _LONG_PHRASE or "=?" in display:
        return encode_words(display, "UTF-8", width=64)
    return [display] if _PHRASE.fullmatch(display) else [_quote(display)]
