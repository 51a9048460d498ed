"""The page behind an unsubscribe link, over a real store: GET changes nothing, POST does."""

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.manage.recipients.contact_lists import NewContactList, create_contact_list
from pillarbox.manage.recipients.contacts import Wanted, create_contact, get_contact
from pillarbox.model.contacts import Topic
from pillarbox.model.page import PageRequest
from pillarbox.proto.links.unsubscribe_token import UnsubscribeLink, write_unsubscribe_url
from pillarbox.wire.unsubscribe_page import UnsubscribePage, not_yet

KEY, HOST = b"k" * 32, "track.test"
ADDRESS = "ann@example.org"
ONE_CLICK = b"List-Unsubscribe=One-Click"


@pytest.fixture
def link(server, account):
    """A link of a contact of a list with two topics."""
    topics = [
        Topic(name="news", display_name="News & <b>more</b>", default="OPT_IN"),
        Topic(name="offers", display_name="Offers", description="Cheap", default="OPT_OUT"),
    ]
    with server.store.transaction() as conn:
        create_contact_list(conn, account, NewContactList(name="shop", topics=topics), now=1)
        create_contact(conn, account, "shop", Wanted(address=ADDRESS), now=1)
    return UnsubscribeLink(
        account_id=account,
        list_name="shop",
        topic="news",
        address=ADDRESS,
        message_id=bytes(16),
        position=0,
    )


@pytest.fixture
def ask(server, link):
    """Ask the page of the link; give status and text."""
    path = write_unsubscribe_url(link, f"http://{HOST}", KEY).removeprefix(f"http://{HOST}")

    async def asked(method="GET", body=b"", *, path=path, store=server.store):
        page = UnsubscribePage(store=store, key=KEY, now=now_ms)
        answer = await page.serve(PageRequest(method=method, path=path, body=body, host=HOST))
        assert answer.location is None  # a one-click POST is never redirected (RFC 8058 §3.1)
        return answer.status, answer.body.decode()

    return asked


def wants(server, account):
    with server.store.transaction() as conn:
        row, _ = get_contact(conn, account, "shop", ADDRESS)
    return row.unsubscribe_all, dict(row.topics)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_changes_nothing(server, account, ask, method):
    status, text = await ask(method, ONE_CLICK)
    assert (status, wants(server, account)) == (200, (False, {}))
    assert 'value="news" checked> News &amp; &lt;b&gt;more&lt;/b&gt;' in text
    assert 'value="offers"> Offers<small>Cheap</small>' in text


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (ONE_CLICK, (False, {"news": "OPT_OUT"})),
        (b"action=all", (True, {})),
        (b"topic=offers&action=save", (False, {"news": "OPT_OUT", "offers": "OPT_IN"})),
        (b"action=save", (False, {"news": "OPT_OUT", "offers": "OPT_OUT"})),
    ],
)
async def test_posting_changes_what_it_says(server, account, ask, body, wanted):
    status, _ = await ask("POST", body)
    assert (status, wants(server, account)) == (200, wanted)


@pytest.mark.parametrize("body", [b"", b"action=x", b"action=all&action=save", b"\xff" * 9])
async def test_posting_what_means_nothing_changes_nothing(server, account, ask, body):
    status, _ = await ask("POST", body)
    assert (status, wants(server, account)) == (400, (False, {}))


@pytest.mark.parametrize("path", ["/u/", "/u/AAAA", "/u/" + "A" * 300])
async def test_a_forged_link_changes_nothing(server, account, ask, path):
    status, _ = await ask("POST", ONE_CLICK, path=path)
    assert (status, wants(server, account)) == (404, (False, {}))


class Down:
    """A store that does not answer."""

    async def read(self, _function):
        raise ServiceUnavailable

    async def write(self, _function):
        raise ServiceUnavailable


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_while_the_store_is_down_one_is_told_to_come_again(ask, method):
    assert (await ask(method, ONE_CLICK, store=Down()))[0] == 503
    assert (await not_yet(PageRequest(method=method, path="/u/x"))).status == 503
