"""Captured mail, a test mail, access keys."""

import base64

import msgspec
import pytest

from pillarbox.base.errors import MessageRejected
from pillarbox.console.mail_view import attachment_content, view_mail
from pillarbox.deliver.capture import CapturedMessage
from pillarbox.manage.people.keys import open_key
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT, NOW, OTHER

BASE = f"/console/{ACCOUNT}"
MAIL = b"""\
From: Ada <ada@example.com>\r
To: bob@example.org\r
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_=3Cscript=3E?=\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: text/html; charset=utf-8\r
\r
<p onclick="alert(1)">Hello</p><script>alert(2)</script><img src="cid:logo">\r
--b\r
Content-Type: image/png; name="logo.png"\r
Content-ID: <logo>\r
Content-Transfer-Encoding: base64\r
\r
aWNvbg==\r
--b\r
Content-Type: text/html; name="evil.html"\r
Content-Disposition: attachment; filename="evil.html"\r
\r
<script>alert(3)</script>\r
--b--\r
"""


def capture(console, account=ACCOUNT, number=1, raw=MAIL):
    """Put a mail into the mailbox on disk; give its name."""
    day = console.services.settings.captured_folder / "2026-11-18"
    day.mkdir(parents=True, exist_ok=True)
    name = f"{NOW + number:012x}70008000000000000000000f-000"
    mail = CapturedMessage("bob@example.org", "ada@example.com", "m-1", "", NOW, raw)
    (day / f"{name}-{account}.json").write_bytes(msgspec.json.encode(mail))
    return name


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.ADMIN)


async def test_captured_mail_is_listed_the_newest_first(console, browser):
    names = [capture(console, number=number) for number in range(35)]
    page = (await browser.open(f"{BASE}/captured")).text
    assert "Grüße &lt;script&gt;" in page
    assert page.index(names[34]) < page.index(names[33])
    assert names[4] not in page
    assert names[4] in (await browser.open(f"{BASE}/captured?before={names[5]}")).text


async def test_a_captured_mail_is_shown_in_a_frame_that_runs_nothing(console, browser):
    name = capture(console)
    page = (await browser.open(f"{BASE}/captured/{name}")).text
    assert "<script>alert" not in page
    assert f'src="{BASE}/captured/{name}/html"' in page
    assert " sandbox " in page
    html = await browser.open(f"{BASE}/captured/{name}/html")
    policy = html.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert f"data:image/png;base64,{base64.b64encode(b'icon').decode()}" in html.text


async def test_an_attachment_is_always_a_file_to_save(console, browser):
    name = capture(console)
    number = next(a.number for a in view_mail(MAIL).attachments if a.name == "evil.html")
    answer = await browser.open(f"{BASE}/captured/{name}/attachments/{number}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    source = await browser.open(f"{BASE}/captured/{name}/source")
    assert source.text.encode() == MAIL


@pytest.mark.parametrize("name", ["*", "..", "x", "0-000", "[0-9]"])
async def test_a_captured_mail_is_named_exactly(console, browser, name):
    capture(console)
    assert (await browser.open(f"{BASE}/captured/{name}")).status == 404


async def test_captured_mail_of_another_account_is_not_shown(console, browser):
    name = capture(console, account=OTHER)
    assert (await browser.open(f"{BASE}/captured/{name}")).status == 404
    assert "No mail yet" in (await browser.open(f"{BASE}/captured")).text


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff" * 200,
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\nno part",
        b"Content-Type: text/html; charset=nonsense\r\n\r\n\xe9",
        b"Content-Type: multipart/alternative\r\n\r\n",
        b"Subject: =?x?b?!!?=\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
    ],
)
def test_any_bytes_are_a_mail_to_look_at(raw):
    view_mail(raw)
    assert attachment_content(raw, 7) is None


async def test_a_test_mail_goes_through_the_door(console, browser):
    await browser.open(f"{BASE}/send")
    fields = {
        "sender": "ada@example.com",
        "to": "bob@example.org, success@simulator.amazonses.com",
        "subject": "Hi",
        "text": "Hello",
        "html": "<p>Hello</p>",
        "set": "",
    }
    answer = await browser.post(f"{BASE}/send", fields)
    assert "Accepted as 0100" in answer.text
    (sent,) = console.sent
    assert (sent.from_address, len(sent.to), sent.configuration_set) == (
        "ada@example.com",
        2,
        None,
    )
    assert sent.content.html.data == "<p>Hello</p>"


async def test_what_the_door_refuses_is_said_beside_its_field(console, monkeypatch):
    async def refuse(_request):
        raise MessageRejected("Email address is not verified.")

    object.__setattr__(console.services, "accept", refuse)
    browser = await console.signed_in(Role.OPERATOR)
    await browser.open(f"{BASE}/send")
    answer = await browser.post(f"{BASE}/send", {"sender": "a@b.example", "to": "c@d.example"})
    assert answer.status == 422
    assert "Email address is not verified. (MessageRejected)" in answer.text
    assert 'value="a@b.example"' in answer.text


async def test_a_key_is_shown_once_and_works(console, browser):
    await browser.open(f"{BASE}/keys/new")
    page = (await browser.post(f"{BASE}/keys", {"operations": "SendEmail, SendRawEmail"})).text
    key_id = "AKIA" + page.partition("AKIA")[2][:16]
    with console.store.engine.begin() as conn:
        key = open_key(conn, console.services.sealer, key_id)
    assert key.secret in page.replace("&#43;", "+")
    assert key.operations == {"SendEmail", "SendRawEmail"}
    listed = (await browser.open(f"{BASE}/keys")).text
    assert key_id in listed
    assert key.secret not in listed
    audit = (await browser.open(f"{BASE}/audit")).text
    assert key.secret not in audit


async def test_a_revoked_key_works_no_more_and_only_its_own_accounts(console, browser):
    await browser.open(f"{BASE}/keys/new")
    page = (await browser.post(f"{BASE}/keys", {})).text
    key_id = "AKIA" + page.partition("AKIA")[2][:16]
    await browser.open("/console/me")
    assert (await browser.post(f"/console/{OTHER}/keys/{key_id}/revoke")).status == 404
    await browser.open(f"{BASE}/keys/{key_id}/revoke")
    assert "is revoked" in (await browser.post(f"{BASE}/keys/{key_id}/revoke")).text
    with console.store.engine.begin() as conn:
        assert open_key(conn, console.services.sealer, key_id) is None


@pytest.mark.parametrize("fields", [{"seconds": "x"}, {"seconds": "0"}, {"operations": "a;b"}])
async def test_a_key_that_can_not_be_is_explained(browser, fields):
    await browser.open(f"{BASE}/keys/new")
    answer = await browser.post(f"{BASE}/keys", fields)
    assert answer.status == 422
    assert 'aria-invalid="true"' in answer.text
