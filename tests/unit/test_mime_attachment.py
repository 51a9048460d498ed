"""Attached files: Python's `email` reads back name, type and octets; nothing else gets through."""

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.send import Attachment, SimpleContent, Text
from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.attachment import encode_attachment
from pillarbox.proto.mime.compose import compose_simple
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.raw import check_raw, parse_raw

FILE = Attachment(data=b"%PDF-1.7 \x00\xff", file_name="invoice.pdf")


def compose(*attachments: Attachment, html: str = "<p>Hi</p>") -> EmailMessage:
    """Compose, hold the result against our own reader of raw messages, and parse it."""
    content = SimpleContent(
        subject=Text("Files"), text=Text("Hi"), html=Text(html), attachments=attachments
    )
    data = compose_simple(
        content,
        from_=Mailbox("", "me", "example.com"),
        to=(Mailbox("", "you", "example.net"),),
        date_ms=1476189536123,
        message_id="0100-x@example.org",
        boundary="----=_Part_0123",
    )
    check_raw(parse_raw(data), from_given=False, recipients_given=False)
    return email.message_from_bytes(data, policy=email.policy.default)


def read_back(attachment: Attachment) -> EmailMessage:
    (part,) = compose(attachment).iter_attachments()
    assert isinstance(part, EmailMessage)
    return part


def test_a_file_arrives_with_its_name_type_and_octets() -> None:
    part = read_back(FILE)
    assert part.get_filename() == "invoice.pdf"
    assert part.get_content_type() == "application/pdf"
    assert part.get_content_disposition() == "attachment"
    assert part.get_payload(decode=True) == FILE.data


def test_inline_files_are_related_to_the_html_and_others_stand_outside() -> None:
    logo = Attachment(data=b"GIF89a", file_name="logo.gif", inline=True, content_id="logo")
    message = compose(FILE, logo, html='<img src="cid:logo">')
    related, attached = message.iter_parts()
    assert message.get_content_type() == "multipart/mixed"
    assert related.get_content_type() == "multipart/related"
    alternative, image = related.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert (image["Content-ID"], image.get_content_disposition()) == ("<logo>", "inline")
    assert attached.get_filename() == "invoice.pdf"


TYPES = [
    ("photo.jpeg", None, "image/jpeg"),
    ("data", None, "application/octet-stream"),
    ("letter.eml", None, "application/octet-stream"),
    ("data.bin", "text/csv; charset=utf-8", "text/csv"),
]


@pytest.mark.parametrize(("name", "given_type", "expected"), TYPES)
def test_the_type_is_the_callers_or_that_of_the_file_name(
    name: str, given_type: str | None, expected: str
) -> None:
    part = read_back(replace(FILE, file_name=name, content_type=given_type))
    assert part.get_content_type() == expected


ENCODINGS = [
    ("BASE64", b"\x00\r\n.\r\n\xff", "base64"),
    ("QUOTED_PRINTABLE", "größer\r\n.\r\n".encode(), "quoted-printable"),
    ("SEVEN_BIT", b"plain\r\n.\r\ntext", "7bit"),
]


@pytest.mark.parametrize(("encoding", "data", "expected"), ENCODINGS)
def test_the_octets_survive_each_transfer_encoding(
    encoding: str, data: bytes, expected: str
) -> None:
    part = read_back(replace(FILE, data=data, encoding=encoding, content_type="application/x-a"))
    assert part["Content-Transfer-Encoding"] == expected
    assert part.get_payload(decode=True) == data


REFUSED = [
    (replace(FILE, file_name="setup.exe"), "Illegal filename 'setup.exe'."),
    (replace(FILE, file_name="setup.EXE. . "), "Illegal filename 'setup.EXE. . '."),
    (replace(FILE, file_name=""), "file name of an attachment is empty"),
    (replace(FILE, file_name="a\r\nBcc: x"), "control characters"),
    (replace(FILE, content_type="text"), "content type of an attachment can't be read"),
    (replace(FILE, content_type="text/plain\r\nBcc: x"), "can't be read"),
    (replace(FILE, content_type="multipart/mixed"), "multipart or message"),
    (replace(FILE, content_id="a b"), "content id"),
    (replace(FILE, content_id="a>\r\nBcc: x"), "content id"),
    (replace(FILE, description="a\r\nBcc: x"), "line break"),
    (replace(FILE, encoding="SEVEN_BIT"), "not 7bit"),
    (replace(FILE, encoding="SEVEN_BIT", data=b"a\nb"), "not 7bit"),
    (replace(FILE, encoding="QUOTED_PRINTABLE", data=b"a\nb"), "use BASE64"),
]


@pytest.mark.parametrize(("attachment", "told"), REFUSED)
def test_what_can_not_be_carried_is_refused(attachment: Attachment, told: str) -> None:
    with pytest.raises(MimeError, match=told):
        encode_attachment(attachment)


@given(
    st.binary(max_size=300),
    st.text(min_size=1, max_size=255),
    st.text(max_size=100) | st.none(),
    st.booleans(),
)
def test_any_file_reads_back_or_is_refused(
    data: bytes, name: str, description: str | None, inline: bool
) -> None:
    attachment = Attachment(data=data, file_name=name, description=description, inline=inline)
    try:
        fields, octets = encode_attachment(attachment)
    except MimeError:
        return
    assert all(len(line) <= 998 for line in (fields + octets).split(b"\r\n"))
    part = email.message_from_bytes(fields + b"\r\n" + octets, policy=email.policy.compat32)
    assert part.get_payload(decode=True) == data
    assert {key.lower() for key in part.keys()} <= {  # noqa: SIM118  # a Message iterates otherwise
        "content-type",
        "content-disposition",
        "content-transfer-encoding",
        "content-description",
    }
