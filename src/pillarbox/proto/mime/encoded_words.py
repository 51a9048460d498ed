"""Encoded words: text outside ASCII in headers (RFC 2047).

Takes a text and hands on encoded words of at most 75 characters that split no character and each
start and end in the charset's first state (§2, §5), or takes a header's text and hands on what it
says.
"""

import binascii
import re

from pillarbox.proto.mime.charsets import decode_text, encode_text, find_charset, is_stateful

_WORD = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?([^?\s]*)\?=")
_Q_SAFE = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/ "  # §5 (3)
_Q = [chr(octet) if octet in _Q_SAFE else f"={octet:02X}" for octet in range(256)]
_Q[0x20] = "_"


def encode_words(text: str, charset: str | None = None, *, width: int = 75) -> list[str]:
    """Encode a text as words of at most `width` characters, to be joined by folding white space.

    Raises MimeError as `encode_text` does.
    """
    whole, label = encode_text(text, charset)
    found = find_charset(label)
    codec = found[1] if found else "utf-8"
    budget = width - len(label) - 7
    base64 = is_stateful(label) or _q_size(whole) > _b_size(whole)
    size, write = (_b_size, _write_b) if base64 else (_q_size, _write_q)
    words = []
    start = 0
    while start < len(text):
        count = min(budget, len(text) - start)
        octets = text[start : start + count].encode(codec)
        while (cost := size(octets)) > budget and count > 1:
            count = max(1, min(count - 1, count * budget // cost))
            octets = text[start : start + count].encode(codec)
        words.append(write(label, octets))
        start += count
    return words


def decode_words(text: str) -> str:
    """Decode the encoded words of a header's text; what can't be decoded stays as written."""
    if "=?" not in text:
        return text
    out: list[str] = []
    run: list[bytes] = []  # adjacent words in one charset: senders do split characters between them
    charset, raw = "", ""
    position = 0

    def close_run() -> None:
        if run:
            decoded = decode_text(b"".join(run), charset)
            out.append(raw if decoded is None else decoded)
            run.clear()

    for word in _WORD.finditer(text):
        gap = text[position : word.start()]
        name = word[1].partition("*")[0].lower()  # RFC 2231 §5: a language may follow
        if not (run and not gap.strip(" \t\r\n") and name == charset):
            adjacent = bool(run) and not gap.strip(" \t\r\n")
            close_run()
            out.append("" if adjacent else gap)
            charset, raw = name, ""
        run.append(_read_b(word[3]) if word[2] in "bB" else _read_q(word[3]))
        raw += word[0] if not raw else " " + word[0]
        position = word.end()
    close_run()
    out.append(text[position:])
    return "".join(out)


def _b_size(octets: bytes) -> int:
    return (len(octets) + 2) // 3 * 4


def _q_size(octets: bytes) -> int:
    return len(octets) + 2 * len(octets.translate(None, _Q_SAFE))


def _write_b(label: str, octets: bytes) -> str:
    return f"=?{label}?B?{binascii.b2a_base64(octets, newline=False).decode('ascii')}?="


def _write_q(label: str, octets: bytes) -> str:
    return f"=?{label}?Q?{''.join(map(_Q.__getitem__, octets))}?="


def _read_b(payload: str) -> bytes:
    letters = re.sub(r"[^A-Za-z0-9+/]", "", payload)
    whole = letters[: len(letters) - 1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(whole + "=" * (-len(whole) % 4))


def _read_q(payload: str) -> bytes:
    return binascii.a2b_qp(payload.encode("utf-8", "replace"), header=True)
