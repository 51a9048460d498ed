"""Structured Content-* fields: a value and its parameters (RFC 2045 §5.1, RFC 2183, RFC 2231).

Takes a field's unfolded text, hands on the leading value in lower case and the parameters,
continuations joined and percent-encoding undone. Never raises.
"""

import re
from urllib.parse import unquote_to_bytes

from pillarbox.proto.mime.charsets import decode_text
from pillarbox.proto.mime.encoded_words import decode_words

MIME_ATOM = r"[!#$%&'*+.0-9A-Z^_`a-z{|}~-]+"
_VALUE = re.compile(rf"[ \t]*({MIME_ATOM}(?:[ \t]*/[ \t]*{MIME_ATOM})?)")
_PARAMETER = re.compile(
    rf';[ \t]*({MIME_ATOM})[ \t]*=[ \t]*(?:"([^"\\]*(?:\\.[^"\\]*)*)"|([^;" \t]*))', re.DOTALL
)
_SECTION = re.compile(r"(.+?)(?:\*(\d{1,3}))?(\*)?", re.DOTALL)


def read_parameters(text: str) -> tuple[str, dict[str, str]]:
    """Read `value; name=value; name*0*=...`; the value is empty when it can't be read."""
    match = _VALUE.match(text)
    value = re.sub(r"[ \t]", "", match[1]).lower() if match else ""
    plain: dict[str, str] = {}
    sections: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAMETER.finditer(text, match.end() if match else 0):
        quoted, bare = found[2], found[3]
        content = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        name = _SECTION.fullmatch(found[1].lower())
        if name is None or (name[2] is None and name[3] is None):
            plain.setdefault(found[1].lower(), content)
        else:
            part = (int(name[2] or 0), name[3] is not None, content)
            sections.setdefault(name[1], []).append(part)
    for base, parts in sections.items():
        plain[base] = _join_sections(sorted(parts))
    return value, plain


def _join_sections(parts: list[tuple[int, bool, str]]) -> str:
    """Join the numbered parts of one parameter (RFC 2231 §3, §4)."""
    charset, octets = "utf-8", []
    for position, (_, extended, content) in enumerate(parts):
        if extended and position == 0 and content.count("'") >= 2:
            named, _, content = content.split("'", 2)  # noqa: PLW2901
            charset = named or charset
        encoded = content.encode("utf-8", "replace")
        octets.append(unquote_to_bytes(encoded) if extended else encoded)
    joined = b"".join(octets)
    decoded = decode_text(joined, charset)
    return joined.decode("utf-8", "replace") if decoded is None else decoded


def file_names(content_type: dict[str, str], disposition: dict[str, str]) -> list[str]:
    """Give the names under which a part may be saved, from both places where one stands."""
    names = (disposition.get("filename"), content_type.get("name"))
    return [decode_words(name).strip() for name in names if name]
