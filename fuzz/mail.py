"""What always holds of messages and addresses: read, finished, signed."""

import base64
import hashlib
import re
from functools import cache

from pillarbox.proto.dkim import Signer, generate_key, sign, split_message
from pillarbox.proto.links.verp import decode, encode
from pillarbox.proto.mime.addresses import parse_address, parse_address_list
from pillarbox.proto.mime.encoded_words import decode_words, encode_words
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.events import common_headers, event_headers
from pillarbox.proto.mime.raw import (
    check_raw,
    finish_raw,
    header_recipients,
    normalise_line_ends,
    parse_raw,
)
from pillarbox.proto.mime.ses_headers import read_ses_headers
from pillarbox.proto.smtp.content import ContentError, ContentStream

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LETTER = (
    b'From: =?utf-8?q?Zo=C3=AB?= <zoe@example.com>\r\nTo: "Doe, Jane" <jane@example.org>,\r\n'
    b" a group: x@y.example, z@y.example;\r\nBcc: hidden@example.net\r\nSubject: order\r\n"
    b"X-SES-CONFIGURATION-SET: shop\r\nX-SES-MESSAGE-TAGS: a=b, c=d\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    b"hello\r\n--b\r\nContent-Type: application/pdf; name*0*=utf-8''%C3%A9; name*1=x\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n"
)
ADDRESSES = (
    b'"Doe, Jane" <jane@example.org>',
    b"a group: x@y.example, z@y.example;, (comment (nested)) b@example.com",
    "=?utf-8?b?Wm/Dqw==?= <zoë@bücher.example>".encode(),
    b'"quoted local"@example.com',
)


def raw(data: bytes) -> None:
    """A message is refused, or sent without Bcc and X-SES-*, with CRLF only, body untouched."""
    try:
        message = parse_raw(data)
        check_raw(message, from_given=True, recipients_given=True)
        header_recipients(message)
        read_ses_headers(message.fields)
    except MimeError:
        return
    sent = finish_raw(message, date_ms=0, message_id="id@example.com")
    again = parse_raw(sent)
    names = {field.name.lower() for field in again.fields}
    assert not any(name == "bcc" or name.startswith("x-ses-") for name in names)
    assert [f.text for f in again.all("Message-ID")] == ["<id@example.com>"]
    assert sent.count(b"\r\n") == sent.count(b"\r") == sent.count(b"\n")
    assert sent[again.body_start :].startswith(message.data[message.body_start :])
    event_headers(sent)
    common_headers(sent, message_id="id")


def address(data: bytes) -> None:
    """What is taken as an address has no control character, and reads back as itself."""
    text = data.decode(errors="replace")
    for parse in (lambda t: (parse_address(t),), parse_address_list):
        try:
            found = parse(text)
        except MimeError:
            continue
        for mailbox in found:
            assert not CONTROL.search(mailbox.header_form())
            assert mailbox.domain.isascii()
            assert parse_address(mailbox.header_form()) == mailbox


def words(data: bytes) -> None:
    """Encoded words are short, ASCII, and say what was encoded."""
    text = data.decode(errors="ignore")
    encoded = encode_words(text, "utf-8")
    assert all(len(word) <= 75 and word.isascii() for word in encoded)
    assert decode_words(" ".join(encoded)) == text
    decode_words(text)


@cache
def signer() -> Signer:
    """One small key for all inputs."""
    return Signer("example.com", "s", generate_key(1024))


def dkim(data: bytes) -> None:
    """Any message is signed, by one folded header with the body hash of a plain reading."""
    data = normalise_line_ends(data)
    header = sign(data, signer(), 0)
    assert header.endswith(b"\r\n")
    assert all(line[:1] in (b" ", b"\t") for line in header.split(b"\r\n")[1:-1])
    found = re.search(rb"bh=([^;]+);", header)
    assert found is not None
    body = bytes(split_message(data)[1])
    assert base64.b64decode(found[1]) == hashlib.sha256(_relaxed(body)).digest()


def _relaxed(body: bytes) -> bytes:
    """RFC 6376 §3.4.4, line by line."""
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\r\n" for line in lines)


def dots(data: bytes) -> None:
    """Content ends at its lone dot and nowhere before, and is unstuffed to what it was."""
    stream, sent = ContentStream([data[:7], data[7:]]), b""
    try:
        while not stream.finished:
            sent += stream.take()
    except ContentError:
        assert re.search(rb"(?<!\r)\n|\r(?!\n)", data)
        return
    whole = b"\r\n" + sent
    assert whole.find(b"\r\n.\r\n") == len(whole) - 5
    received = whole[:-3].replace(b"\r\n.", b"\r\n")[2:]
    assert received == data + (b"" if data.endswith(b"\r\n") or not data else b"\r\n")


def return_path(data: bytes) -> None:
    """Only what we made is read as ours, in any case of letters."""
    key = b"k" * 32
    assert decode(data.decode(errors="replace"), [key]) is None
    row = hashlib.sha256(data).digest()[:16]
    made = encode(row, len(data), key)
    assert decode(made.upper(), [b"other" * 8, key]) == (row, len(data))
