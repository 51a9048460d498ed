"""Raw messages: each criterion of the reference has a refused case; the rest is sent unchanged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.events import common_headers, event_headers
from pillarbox.proto.mime.raw import (
    MAX_HEADER_SECTION,
    check_raw,
    finish_raw,
    header_recipients,
    parse_raw,
)

HEAD = b"From: A <a@b.c>\r\nTo: d@e.f\r\nSubject: s\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n"


def attached(headers: bytes, body: bytes = b"x") -> bytes:
    return MIXED + b"\r\n--b\r\n" + headers + b"\r\n\r\n" + body + b"\r\n--b--\r\n"


REFUSED = [
    # one blank line between header and body
    ("no blank line", HEAD, "The message has no blank line between header and body."),
    ("nothing", b"", "The message has no blank line between header and body."),
    ("no header", b"hello\r\n\r\nbody", "The header section has a line that is no header."),
    (
        "continues nothing",
        b" x\r\n" + HEAD + b"\r\n",
        "The header section has a line that is no header.",
    ),
    ("NUL", HEAD + b"\r\na\x00b", "The message contains NUL."),
    (
        "huge header",
        HEAD + b"X: y\r\n" * (MAX_HEADER_SECTION // 6) + b"\r\n",
        "Header section too long.",
    ),
    # required fields
    ("no From", b"To: a@b.c\r\n\r\nx", "Missing required header 'From'."),
    ("empty From", b"From: \r\nTo: a@b.c\r\n\r\nx", "Missing required header 'From'."),
    ("no header section", b"\r\nx", "Missing required header 'From'."),
    ("nobody to send to", b"From: a@b.c\r\n\r\nx", "Missing required header 'To'."),
    ("bad From", b"From: a@\r\nTo: a@b.c\r\n\r\nx", "Missing domain"),
    ("two Subjects", HEAD + b"SUBJECT: t\r\n\r\nx", "Duplicate header 'SUBJECT'."),
    ("two Froms", HEAD + b"From: a@b.c\r\n\r\nx", "Duplicate header 'From'."),
    # parts formed properly
    (
        "no boundary",
        HEAD + b"Content-Type: multipart/mixed\r\n\r\nx",
        "A multipart has no usable boundary.",
    ),
    ("not closed", MIXED + b"\r\n--b\r\n\r\nx\r\n", "A multipart is not closed by its boundary."),
    (
        "boundary in the middle",
        MIXED + b"\r\nx--b\r\n\r\n",
        "A multipart is not closed by its boundary.",
    ),
    ("no part", MIXED + b"\r\n--b--\r\n", "A multipart has no part."),
    (
        "part without blank line",
        MIXED + b"\r\n--b\r\nContent-Type: text/plain\r\n--b--\r\n",
        "A MIME part has no blank line between header and body.",
    ),
    ("part header", attached(b"nonsense"), "The header section has a line that is no header."),
    (
        "type",
        HEAD + b"Content-Type: text\r\n\r\nx",
        "A Content-Type header has no type and subtype.",
    ),
    (
        "disposition",
        attached(b"Content-Disposition: =?utf-8?Q?attachment?="),
        "Expected disposition, got =",
    ),
    (
        "nested and not closed",
        attached(b"Content-Type: multipart/mixed; boundary=c", b"--c\r\n\r\nx"),
        "A multipart is not closed by its boundary.",
    ),
    (
        "many parts",
        MIXED + b"\r\n--b\r\n\r\n" * 501 + b"\r\n--b--\r\n",
        "The message has more than 500 MIME parts.",
    ),
    # supported attachments
    (
        "exe",
        attached(b'Content-Disposition: attachment; filename="setup.EXE"'),
        "Illegal filename 'setup.EXE'.",
    ),
    ("name", attached(b"Content-Type: text/plain; name=a.js"), "Illegal filename 'a.js'."),
    ("dots", attached(b'Content-Type: text/plain; name="a.js.."'), "Illegal filename 'a.js..'."),
    (
        "RFC 2231",
        attached(
            b"Content-Disposition: attachment;\r\n filename*0*=utf-8''%61%2E;\r\n filename*1=bat"
        ),
        "Illegal filename 'a.bat'.",
    ),
    # encoded as declared
    (
        "base64",
        HEAD + b"Content-Transfer-Encoding: base64\r\n\r\nnot base64!\r\n",
        "A part declared base64 has characters outside base64.",
    ),
    (
        "quoted-printable",
        HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\na =zz\r\n",
        "A part declared quoted-printable has a '=' that encodes nothing.",
    ),
    (
        "unknown encoding",
        HEAD + b"Content-Transfer-Encoding: rot13\r\n\r\nx",
        "A Content-Transfer-Encoding header has an unknown value.",
    ),
    # lines of 1,000 characters with CRLF
    (
        "long line",
        HEAD + b"\r\n" + b"x" * 999 + b"\r\n",
        "A line of the message is longer than 1000 characters.",
    ),
    (
        "long header",
        HEAD + b"X: " + b"x" * 996 + b"\r\n\r\n",
        "A line of the message is longer than 1000 characters.",
    ),
]
TAKEN = [
    ("plain", HEAD + b"\r\nx"),
    ("empty body", HEAD + b"\r\n"),
    ("bare LF", HEAD.replace(b"\r\n", b"\n") + b"\nx\n"),
    ("998", HEAD + b"\r\n" + b"x" * 998 + b"\r\n" + b"y" * 998),
    ("eight bit", HEAD + "\r\nü".encode()),
    ("bare body part", MIXED + b"\r\n--b\r\n\r\nx\r\n--b--"),
    ("preamble and epilogue", MIXED + b"\r\nhi\r\n--b \r\n\r\nx\r\n--b--\r\nbye"),
    ("lookalike", MIXED + b"\r\n--b\r\n\r\nx\r\n--bc\r\n--b--"),
    ("empty part", MIXED + b"\r\n--b\r\n\r\n--b--"),
    (
        "pdf",
        attached(
            b'Content-Type: application/pdf; name="a;b.pdf"\r\nContent-Transfer-Encoding: BASE64',
            b"QUJD\r\nRA==",
        ),
    ),
    ("qp", HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\na=3D=\r\nb= \r\n="),
    (
        "nested",
        attached(
            b'Content-Type: multipart/alternative; boundary="b b"', b"--b b\r\n\r\nx\r\n--b b--"
        ),
    ),
]


@pytest.mark.parametrize(("name", "data", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_what_is_no_valid_message_is_refused(name: str, data: bytes, message: str) -> None:
    with pytest.raises(MimeError) as caught:
        check_raw(parse_raw(data))
    assert str(caught.value) == message


@pytest.mark.parametrize(("name", "data"), TAKEN, ids=[case[0] for case in TAKEN])
def test_what_is_a_valid_message_is_taken(name: str, data: bytes) -> None:
    raw = parse_raw(data)
    check_raw(raw)
    assert raw.eight_bit == (name == "eight bit")
    assert raw.data.count(b"\r\n") == raw.data.count(b"\n") == raw.data.count(b"\r")


def test_what_the_api_names_need_not_be_in_the_header() -> None:
    raw = parse_raw(b"Subject: s\r\n\r\nx")
    check_raw(raw, from_given=True, recipients_given=True)
    sender = Mailbox("", "a", "b.c")
    sent = finish_raw(raw, date_ms=0, message_id="i@x", from_override=sender)
    assert sent.startswith(b"From: a@b.c\r\nSubject: s\r\n")


def test_the_finished_message_differs_only_in_what_is_ours() -> None:
    kept = b"from:  Odd <a@b.c>\r\nX-Folded: a\r\n\t b\r\nTo: d@e.f\r\n"
    gone = (
        b"Bcc: s@e.t,\r\n t@e.t\r\nX-SES-CONFIGURATION-SET: c\r\nx-ses-message-tags: a=1\r\n"
        b"Return-Path: <x@y.z>\r\ndate: x\r\nMessage-Id: <y>\r\nResent-Bcc: s@e.t\r\n"
    )
    body = b"\r\nBcc: s@e.t in the body stays\r\n\r\n.\r\nend"
    sent = finish_raw(parse_raw(gone + kept + body), date_ms=1476189536000, message_id="i@x")
    ours = b"Date: Tue, 11 Oct 2016 12:38:56 +0000\r\nMessage-ID: <i@x>\r\nMIME-Version: 1.0\r\n"
    assert sent == kept + ours + body + b"\r\n"


def test_recipients_come_from_to_cc_and_bcc() -> None:
    raw = parse_raw(b"From: a@b.c\r\nTo: T <t@x.y>, u@x.y\r\nBcc: g: v@x.y;\r\nCc: w@x.y\r\n\r\n")
    assert [mailbox.local for mailbox in header_recipients(raw)] == ["t", "u", "w", "v"]


PIECES = st.sampled_from(
    [
        *(HEAD, MIXED, b"\r\n", b"\n", b"--b", b"--", b"\x00", b" ", b"=", b"x:", b"\xff"),
        *(b"Content-Type: multipart/x;boundary=b", b"Content-Disposition:", b"filename*0*="),
    ]
)


@given(st.binary(max_size=300) | st.lists(PIECES, max_size=12).map(b"".join))
def test_any_octets_are_a_message_or_refused(data: bytes) -> None:
    try:
        raw = parse_raw(data)
        event_headers(raw.data)
        common_headers(raw.data, message_id="i")
        check_raw(raw)
        header_recipients(raw)
    except MimeError:
        return
    again = parse_raw(finish_raw(raw, date_ms=0, message_id="i@x"))
    assert b"Bcc" not in {field.name.encode() for field in again.fields}
    assert again.data[again.body_start :].startswith(raw.data[raw.body_start :])


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n--b" * 100_000,
        b"\r\n--b x" * 100_000,
        b"\r\n--b\r\n\r\n" * 50_000,
        (b"x" * 900 + b"\r\n") * 2_000,
        b"\r\n" * 500_000,
        b"\r\r\n" * 300_000,
        b"=" * 900,
    ],
)
def test_hostile_bodies_take_linear_time(body: bytes) -> None:
    with pytest.raises(MimeError):
        check_raw(parse_raw(MIXED + b"\r\n" + body))  # pytest's timeout is the bar


def test_events_show_the_original_header_decoded_where_facts_say_so() -> None:
    data = (
        b"From: =?utf-8?q?Caf=C3=A9?= <a@b.c>\r\nTo: d@e.f,\r\n g@h.i\r\nReply-To: r@e.f\r\n"
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nX-SES-MESSAGE-TAGS: a=1\r\nDate: now\r\n\r\nx"
    )
    headers, truncated = event_headers(data)
    assert not truncated
    assert headers[1] == {"name": "To", "value": "d@e.f, g@h.i"}
    assert {"name": "X-SES-MESSAGE-TAGS", "value": "a=1"} in headers
    assert common_headers(data, message_id="m") == {
        "from": ["Café <a@b.c>"],
        "replyTo": ["r@e.f"],
        "to": ["d@e.f", "g@h.i"],
        "date": "now",
        "subject": "Grüße",
        "messageId": "m",
    }


def test_event_headers_are_cut_at_10_kb() -> None:
    headers, truncated = event_headers(HEAD + b"X-Y: " + b"z " * 300 + b"\r\n" + b"Z: z\r\n" * 9000)
    assert truncated
    assert sum(len(header["name"] + header["value"]) for header in headers) <= 10 * 1024


def test_a_message_without_from_shows_no_headers() -> None:
    assert event_headers(b"To: a@b.c\r\n\r\n") == ([], False)
    assert common_headers(b"To: a@b.c\r\n\r\n", message_id="m") == {"messageId": "m"}
