"""The page behind a verification link: it shows on GET, confirms on POST, and tells nothing."""

import pytest

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.model.page import PageRequest
from pillarbox.model.verification import LINK_MS
from pillarbox.proto.links.verify_link import VerifyLink, encode
from pillarbox.wire import verification_page
from pillarbox.wire.verification_page import VerificationPage

KEY, NOW, ACCOUNT = b"k" * 32, 1_800_000_000_000, "123456789012"


class Confirmations:
    """What was written; `answer`: what confirming gives, or raises."""

    def __init__(self):
        self.made = []
        self.answer = True

    async def write(self, function):
        return function(None)

    def confirm(self, _conn, account_id, address, *, issued_at, now):
        if isinstance(self.answer, Exception):
            raise self.answer
        self.made.append((account_id, address, issued_at, now))
        return self.answer


@pytest.fixture
def confirmations(monkeypatch):
    made = Confirmations()
    monkeypatch.setattr(verification_page, "confirm_address", made.confirm)
    return made


def path(address="me@example.com", age=0):
    link = VerifyLink(account_id=ACCOUNT, address=address, issued_at=NOW - age)
    return f"/verify/{encode(link, KEY)}"


async def ask(store, path, method="GET"):
    page = VerificationPage(store=store, key=KEY, now=lambda: NOW)
    answer = await page.serve(PageRequest(method=method, path=path))
    return answer.status, answer.body.decode()


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_opening_the_link_changes_nothing(confirmations, method):
    """Mail scanners open every link."""
    status, body = await ask(confirmations, path(), method)
    assert (status, confirmations.made) == (200, [])
    assert '<form method="post"><button type="submit">' in body
    assert ACCOUNT not in body


async def test_the_button_confirms(confirmations):
    status, body = await ask(confirmations, path(age=5), "POST")
    assert (status, confirmations.made) == (200, [(ACCOUNT, "me@example.com", NOW - 5, NOW)])
    assert "me@example.com" in body
    assert ACCOUNT not in body


@pytest.mark.parametrize(
    ("where", "method", "status"),
    [
        ("/verify/", "GET", 404),
        ("/verify/x", "POST", 404),
        (path()[:-1], "POST", 404),
        (path(age=LINK_MS), "GET", 410),
        (path(age=LINK_MS), "POST", 410),
        (path(), "PUT", 405),
        (path(), "DELETE", 405),
    ],
)
async def test_a_link_that_is_none_or_has_run_out_confirms_nothing(
    confirmations, where, method, status
):
    assert (await ask(confirmations, where, method))[0] == status
    assert confirmations.made == []


async def test_a_link_holds_for_24_hours(confirmations):
    assert (await ask(confirmations, path(age=LINK_MS - 1), "POST"))[0] == 200


async def test_an_identity_that_is_gone_is_an_expired_link(confirmations):
    confirmations.answer = False
    assert (await ask(confirmations, path(), "POST"))[0] == 410


async def test_a_store_that_is_down_is_told(confirmations):
    confirmations.answer = ServiceUnavailable()
    assert (await ask(confirmations, path(), "POST"))[0] == 503


async def test_an_address_is_text_and_no_markup(confirmations):
    _, body = await ask(confirmations, path("<script>alert(1)</script>&@x.example"))
    assert "<script" not in body
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;@x.example" in body
