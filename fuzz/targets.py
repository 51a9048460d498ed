"""The targets: a function of bytes that raises AssertionError, or anything undeclared, when it
fails.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pillarbox.proto import dns_answer, verp
from pillarbox.proto.addresses import AddressError, parse_address_list
from pillarbox.proto.dkim import Signer, generate_key, sign
from pillarbox.proto.encoded_words import decode_words
from pillarbox.proto.mime_error import MimeError
from pillarbox.proto.mime_events import common_headers, event_headers
from pillarbox.proto.mime_raw import check_raw, finish_raw, header_recipients, parse_raw
from pillarbox.proto.rest_json import Refusal, RequestCodec
from pillarbox.proto.sigv4 import SignatureProblem
from pillarbox.proto.sigv4 import parse as parse_signature
from pillarbox.proto.smtp_reply import ReplyParser
from pillarbox.wire.sesv2.sending_shapes import SendEmailRequest


@dataclass(frozen=True, slots=True)
class Target:
    """One parser, the property that always holds, and inputs to begin with."""

    name: str
    run: Callable[[bytes], None]
    seeds: Sequence[bytes]


_KEY = generate_key(1024)
_CODEC = RequestCodec(SendEmailRequest)
_MAIL = b'From: a@example.com\r\nTo: "B, c" <b@x.org>\r\nSubject: =?UTF-8?B?SGk=?=\r\n\r\nhi\r\n'
_MULTIPART = (
    b"From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n--b--\r\n"
)


def raw_message(data: bytes) -> None:
    """A raw message is taken or refused in words; what goes out has no Bcc and ends in CRLF."""
    try:
        raw = parse_raw(data)
        check_raw(raw, recipients_given=True)
        header_recipients(raw)
        out = finish_raw(raw, date_ms=0, message_id="id@x")
        event_headers(raw.data)
        common_headers(raw.data, message_id="id")
    except MimeError:
        return
    assert out.endswith(b"\r\n")
    again = parse_raw(out)
    assert not again.all("Bcc")
    assert b"\n" not in out.replace(b"\r\n", b"")


def addresses(data: bytes) -> None:
    """An address list is read or refused; no mailbox carries what could break a header."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        found = parse_address_list(text)
    except AddressError:
        return
    for mailbox in found:
        assert mailbox.address.isascii()
        assert not set("\r\n\0") & set(mailbox.header_form())


def encoded_words(data: bytes) -> None:
    """Encoded words are decoded or left as they are."""
    decode_words(data.decode("latin-1"))


def request_body(data: bytes) -> None:
    """A request body becomes a request or a refusal in words."""
    try:
        _CODEC.decode(data, {})
    except Refusal as refusal:
        assert str(refusal)


def signature(data: bytes) -> None:
    """Anything in the head of a request is a signature or a problem with one."""
    path, _, rest = data.partition(b"\n")
    query, _, value = rest.partition(b"\n")
    headers = [(b"host", b"x"), (b"authorization", value), (b"x-amz-date", value[:16])]
    try:
        parse_signature("POST", path, query, headers)
    except SignatureProblem as problem:
        assert problem.text


def smtp_reply(data: bytes) -> None:
    """Replies are the same however the bytes are cut, and never without bound."""
    whole = ReplyParser().feed(data)
    parser = ReplyParser()
    pieces = [
        one for start in range(0, len(data), 7) for one in parser.feed(data[start : start + 7])
    ]
    assert whole == pieces


def dns_query(data: bytes) -> None:
    """A DNS query is answered or ignored; an answer fits where it goes."""
    query = dns_answer.parse_query(data)
    if query is None:
        return
    response = dns_answer.answer_query(query, "example.net", [], exists=False)
    assert len(dns_answer.to_wire(response, query, udp=True)) <= dns_answer.MAX_UDP


def return_path(data: bytes) -> None:
    """Nobody makes a return path without the key."""
    assert verp.decode(data.decode("latin-1"), [b"k" * 32]) is None


def dkim_signature(data: bytes) -> None:
    """Any message with a From can be signed, in lines that fit."""
    header = sign(b"From: a@x\r\n" + data, Signer("x", "s", _KEY), 1)
    assert header.endswith(b"\r\n")
    assert max(map(len, header.split(b"\r\n"))) < 200


TARGETS = (
    Target("raw_message", raw_message, (_MAIL, _MULTIPART)),
    Target("addresses", addresses, (b'"A, b" <a@x.org>, c@y.org', b"g: a@b, c@d;", b"=?q?=")),
    Target("encoded_words", encoded_words, (b"=?UTF-8?Q?=C3=A9?= =?utf-8?B?w6k=?=",)),
    Target(
        "request_body",
        request_body,
        (b'{"Content":{"Simple":{"Subject":{"Data":"x"},"Body":{"Text":{"Data":"y"}}}}}', b"[]"),
    ),
    Target(
        "signature",
        signature,
        (
            b"/v1/email/identities\nX-Amz-Signature=00&X-Amz-Date=20260101T000000Z\n",
            b"/\n\nAWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/ses/aws4_request, "
            b"SignedHeaders=host;x-amz-date, Signature=" + b"0" * 64,
        ),
    ),
    Target("smtp_reply", smtp_reply, (b"250-x\r\n250 2.0.0 ok\r\n", b"421 bye\r\n")),
    Target(
        "dns_query",
        dns_query,
        (bytes.fromhex("1234010000010000000000000361626307657861")
         + b"mple\x03net\x00\x00\x10\x00\x01",),
    ),
    Target("return_path", return_path, (b"a" * 45,)),
    Target("dkim_signature", dkim_signature, (b"Subject: x\r\n\r\nbody  \r\n\r\n", b"\r\n\t\r\n")),
)  # fmt: skip
