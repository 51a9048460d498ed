"""Messages in the console: how they are found, what is shown of one, its queue in the hand."""

from dataclasses import replace
from urllib.parse import urlencode

import msgspec
import pytest
from sqlalchemy import update

from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.manage.seen import messages as manage
from pillarbox.model.attempt_record import AttemptRecord
from pillarbox.model.event import CLICK, DELIVERY, OPEN, Event
from pillarbox.model.message_search import MessageQuery
from pillarbox.model.queued import BOUNCED, HELD
from pillarbox.model.user import Role
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.tables import attempts, recipients
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.console.test_mail import MAIL
from tests.store.rows import accepted, put

SEARCH = f"/console/{ACCOUNT}/messages"
HOUR, DAY = 3_600_000, 86_400_000


@pytest.fixture
async def browser(console, monkeypatch):
    """Give a browser of somebody whose searches are not stopped by a busy machine."""
    monkeypatch.setattr("pillarbox.console.pages.messages.SECONDS", 600)
    return await console.signed_in(Role.OPERATOR)


def sent(console, *to, subject="Hello", at=NOW - HOUR, source="a@example.com", tags=None, **more):
    """Accept a message; give its id as the world writes it."""
    one = accepted(*to, now=at, **more)
    message = replace(one.message, subject=subject, source=source)
    message_id = ses_message_id(message.id, "us-east-1")
    mail = {"messageId": message_id, "commonHeaders": {"to": ["x"]}, "tags": tags or {}}
    with console.store.transaction() as conn:
        put(conn, replace(one, message=message, mail=mail))
    return message_id


def row_id(message_id):
    return manage.row_id_of(message_id)


def set_state(console, message_id, state):
    with console.store.transaction() as conn:
        conn.execute(
            update(recipients)
            .where(recipients.c.message_id == row_id(message_id))
            .values(state=state)
        )


async def search(browser, **asked):
    """Give the subjects that a search finds, in their order."""
    page = (await browser.open(f"{SEARCH}?{urlencode(asked)}")).text
    rows = page.split("<tbody>")[1].split("<tr>")[1:] if "<tbody>" in page else []
    return [row.split("</a>")[0].rpartition(">")[2] for row in rows]


@pytest.fixture
def mail(console):
    """Some messages, each found by something else."""
    ids = {
        "first": sent(console, "Bob@one.example", subject="first", at=NOW - 3 * HOUR),
        "second": sent(
            console,
            "eve@one.example",
            "carol@two.example",
            subject="second 100% off",
            source="shop@sales.example",
            tags={"campaign": ["spring", "2026"], "ses:operation": ["SendEmail"]},
        ),
        "old": sent(console, "bob@one.example", subject="old", at=NOW - 20 * DAY),
    }
    sent(console, "bob@one.example", subject="foreign", account=OTHER)
    set_state(console, ids["second"], BOUNCED)
    return ids


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["second 100% off", "first"]),
        ({"recipient": "bob@ONE.example"}, ["first"]),
        ({"recipient": "one.exam"}, ["second 100% off", "first"]),
        ({"recipient": "CAROL@two.example", "state": "bounced"}, ["second 100% off"]),
        ({"recipient": "bob@one.example", "state": "bounced"}, []),
        ({"sender": "@Sales."}, ["second 100% off"]),
        ({"subject": "FIRST"}, ["first"]),
        ({"subject": "0% o"}, ["second 100% off"]),
        ({"subject": "f%r"}, []),
        ({"subject": "old"}, []),
        ({"subject": "old", "since": "2026-01-01"}, ["old"]),
        ({"recipient": "bob@one.example", "since": "2026-01-01T00:00"}, ["first", "old"]),
        ({"until": "2026-11-10T00:00", "since": "2026-01-01"}, ["old"]),
        ({"tag": "campaign=spring"}, ["second 100% off"]),
        ({"tag": "campaign=2026"}, ["second 100% off"]),
        ({"tag": "campaign"}, ["second 100% off"]),
        ({"tag": "campaign=spr"}, []),
        ({"tag": "to=x"}, []),
        ({"state": "queued"}, ["first"]),
        ({"state": "queued", "sender": "shop"}, []),
    ],
    ids=lambda value: urlencode(value) or "all" if isinstance(value, dict) else "",
)
async def test_messages_are_found_the_newest_first(browser, mail, asked, found):
    assert await search(browser, **asked) == found


async def test_a_message_id_leads_to_its_message(browser, mail):
    page = (await browser.open(f"{SEARCH}?id={mail['old']}")).text
    assert "<h1>old</h1>" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"since": "yesterday"},
        {"until": "2026-13-01"},
        {"until": "2020-01-01", "since": "2021-01-01"},
        {"state": "lost"},
        {"id": "0100-x"},
    ],
    ids=urlencode,
)
async def test_what_is_typed_wrong_is_told_beside_its_field(browser, wrong):
    answer = await browser.open(f"{SEARCH}?{urlencode(wrong)}")
    assert answer.status == 422
    assert f'id="{next(iter(wrong))}-problem"' in answer.text


async def test_without_messages_the_page_says_what_to_do(browser):
    page = (await browser.open(SEARCH)).text
    assert "No messages in the last 7 days" in page
    assert "Nothing found" in (await browser.open(f"{SEARCH}?subject=x")).text


async def test_pages_go_back_in_time(console, browser):
    with console.store.transaction() as conn:
        put(conn, *(accepted("bob@one.example", now=NOW - HOUR - number) for number in range(70)))
    for asked in ("", "recipient=bob@one.example", "subject=x"):
        page = (await browser.open(f"{SEARCH}?{asked}")).text
        assert page.count('<th scope="row">') == 50
        following = page.split('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        page = (await browser.open(following.replace("&amp;", "&"))).text
        assert page.count('<th scope="row">') == 20
        assert "Next page" not in page
        assert "Back to the start" in page


@pytest.mark.parametrize(
    "wanted",
    [
        {"subject": "rare"},
        {"recipient": "rare@one.example"},
        {"tag": ("kind", "rare")},
        {"sender": "rare"},
        {},
    ],
    ids=str,
)
def test_a_search_stops_after_a_portion_and_goes_on_where_it_stopped(console, monkeypatch, wanted):
    monkeypatch.setattr(manage, "PORTION", 3)
    monkeypatch.setattr(manage.rows, "MOST_SPANS", 2)
    rare = {
        sent(
            console,
            "rare@one.example",
            subject="rare",
            source="rare@example.com",
            at=NOW - age * HOUR,
            tags={"kind": ["rare"]},
        )
        for age in (2, 17, 18, 40)
    }
    everything = rare | {sent(console, at=NOW - age * HOUR) for age in range(1, 48, 5)}
    query = MessageQuery(account_id=ACCOUNT, since=NOW - 3 * DAY, until=NOW, **wanted)
    found, before, pages = [], None, 0
    with console.store.engine.begin() as conn:
        while before is not None or not pages:
            page = manage.search_messages(conn, query, before, lambda: False)
            found += [one.id for one in page.items]
            before, pages = page.next, pages + 1
    assert pages > 2
    assert found == sorted(map(row_id, rare if wanted else everything), reverse=True)


async def test_a_page_that_was_not_filled_leads_further_back(console, browser, monkeypatch):
    monkeypatch.setattr(manage, "PORTION", 3)
    monkeypatch.setattr("pillarbox.console.pages.messages.SECONDS", 0)
    for age in range(1, 8):
        sent(console, at=NOW - age * HOUR, subject="rare" if age == 7 else "often")
    page = (await browser.open(f"{SEARCH}?subject=rare")).text
    assert "Nothing was found so far." in page
    assert "Search further back" in page


def happened(console, message_id, kind, detail, *, position=0, at=NOW):
    event = Event(
        id=uuid7(at),
        account_id=ACCOUNT,
        message_id=row_id(message_id),
        position=position,
        type=kind,
        created_at=at,
        detail=detail,
    )
    with console.store.transaction() as conn:
        insert_events(conn, [event])


async def test_a_message_tells_its_story(console, browser):
    message_id = sent(console, "bob@one.example", content=MAIL, tags={"campaign": ["spring"]})
    detail = {"host": "mx.one.example", "address": "192.0.2.9", "tls": "TLSv1.3", "reply": "250 ok"}
    detail["steps"] = [("MAIL", 3, "250 <b>sender</b> ok")]
    record = AttemptRecord(uuid7(NOW - 2000), "delivered", msgspec.json.encode(detail).decode())
    with console.store.transaction() as conn:
        row = {"message_id": row_id(message_id), "id": record.id, "position": 0}
        row |= {"outcome": record.outcome, "detail": record.detail}
        conn.execute(attempts.insert(), [row])
    happened(console, message_id, DELIVERY, {"smtpResponse": "250 ok"}, at=NOW - 1000)
    opened = {"ipAddress": "192.0.2.77", "userAgent": "GoogleImageProxy", "verdict": "proxy"}
    happened(console, message_id, OPEN, opened, at=NOW - 500)
    clicked = {"link": "https://shop.example/", "verdict": "human", "linkTags": {"a": ["b"]}}
    happened(console, message_id, CLICK, clicked, position=None)
    page = (await browser.open(f"{SEARCH}/{message_id}")).text
    story = ["Accepted", "Attempt: delivered", "mx.one.example", "250 &lt;b&gt;sender", "Delivered"]
    story += ["Opened", "proxy", "GoogleImageProxy", "Clicked", "human", "recipient not named"]
    places = [page.index(one, page.index("<h2>Timeline")) for one in story]
    assert places == sorted(places)
    assert "campaign=spring" in page
    assert "Nothing is tracked" in page
    assert "as it was accepted" in page
    assert "evil.html" in page


async def test_its_content_is_shown_in_a_closed_frame_and_saved_as_files(console, browser):
    url = f"{SEARCH}/{sent(console, content=MAIL)}"
    assert f'src="{url}/html"' in (await browser.open(url)).text
    html = await browser.open(f"{url}/html")
    assert "sandbox" in html.headers["content-security-policy"]
    assert "default-src 'none'" in html.headers["content-security-policy"]
    source = await browser.open(f"{url}/source")
    assert source.text.encode() == MAIL
    assert "attachment" in source.headers["content-disposition"]
    evil = await browser.open(f"{url}/attachments/3")
    assert evil.headers["content-type"] == "application/octet-stream"
    assert (await browser.open(f"{url}/attachments/99")).status == 404


@pytest.mark.parametrize("part", ["", "/html", "/source", "/attachments/1", "/cancel"])
async def test_anothers_message_is_nobodys(console, browser, part):
    foreign = sent(console, account=OTHER)
    for message_id in (foreign, ses_message_id(uuid7(NOW), "us-east-1"), "00ff"):
        assert (await browser.open(f"{SEARCH}/{message_id}{part}")).status == 404


def states(console, message_id):
    with console.store.engine.begin() as conn:
        return {one.state for one in manage.get_message(conn, ACCOUNT, message_id).recipients}


async def test_its_recipients_are_held_released_retried_and_given_up(console, browser):
    message_id, other = sent(console, "a@one.example", "b@one.example"), sent(console)
    url = f"{SEARCH}/{message_id}"
    await browser.open(url)
    console.clock[0] = NOW - 2 * HOUR  # their next try lies ahead
    answer = await browser.post(url, {"what": "retry"})
    assert "2 recipients are due now." in answer.text
    answer = await browser.post(url, {"what": "hold"})
    assert "2 recipients are set aside." in answer.text
    assert states(console, message_id) == {"held"}
    await browser.post(url, {"what": "release"})
    assert states(console, message_id) == {"queued"}
    assert "Give up “Hello”?" in (await browser.open(f"{url}/cancel")).text
    await browser.post(f"{url}/cancel")
    assert states(console, message_id) == {"cancelled"}
    assert states(console, other) == {"queued"}
    answer = await browser.post(url, {"what": "retry"})
    assert "Nobody&#39;s mail was left to change." in answer.text


async def test_what_is_done_to_it_is_in_the_audit_log_with_a_link(console, browser):
    message_id = sent(console)
    await browser.open(f"{SEARCH}/{message_id}")
    await browser.post(f"{SEARCH}/{message_id}", {"what": "hold"})
    page = (await browser.open(f"/console/{ACCOUNT}/audit")).text
    assert "message.hold" in page
    assert f'href="{SEARCH}/{message_id}"' in page


@pytest.mark.parametrize("what", ["cancel", "x"])
async def test_giving_up_asks_first(console, browser, what):
    message_id = sent(console)
    await browser.open(f"{SEARCH}/{message_id}")
    assert (await browser.post(f"{SEARCH}/{message_id}", {"what": what})).status == 422
    assert states(console, message_id) == {"queued"}


async def test_another_accounts_message_is_not_changed(console, browser):
    foreign = sent(console, account=OTHER)
    await browser.open(SEARCH)
    for path in ("", "/cancel"):
        answer = await browser.post(f"{SEARCH}/{foreign}{path}", {"what": "hold"})
        assert answer.status == 404
    with console.store.engine.begin() as conn:
        assert manage.get_message(conn, OTHER, foreign).recipients[0].state == "queued"


async def test_what_is_set_aside_can_be_let_go(console, browser):
    message_id = sent(console)
    set_state(console, message_id, HELD)
    page = (await browser.open(f"{SEARCH}/{message_id}")).text
    assert 'value="release"' in page
    assert 'value="retry"' not in page
