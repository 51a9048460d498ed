"""Long lists are read from either end, page by page: mail by time, people by address."""

import re
from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import insert

from pillarbox.base.ids import uuid7
from pillarbox.console import listing
from pillarbox.console.pages import captured, contacts, events, reports, segment_members
from pillarbox.deliver.capture import CapturedMessage, day_of
from pillarbox.manage.recipients import segment_pages
from pillarbox.manage.seen import messages
from pillarbox.model.kept_report import KeptReport, ReportClaims
from pillarbox.model.message_search import MessageQuery
from pillarbox.model.user import Role
from pillarbox.store.coming_back.kept_reports import insert_kept
from pillarbox.store.mail import search as message_search
from pillarbox.store.tables import dead_letters
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.console.list_walker import headings, rows, walk
from tests.console.test_contacts import add, add_list
from tests.console.test_segments import APP, know, save
from tests.store.rows import accepted, put

BASE = f"/console/{ACCOUNT}"
HOUR, DAY = 3_600_000, 86_400_000
NUMBERS = range(10)
WHERE = b"d" * 16
NAMES = [f"m{number}" for number in NUMBERS]
ADDRESSES = [f"{letter}@x.org" for letter in "abcdefghij"]


@pytest.fixture
async def browser(console, monkeypatch):
    """Give a browser of somebody who sees small pages, and whose searches nothing stops."""
    for page in (captured, contacts, events, reports, segment_members, listing):
        monkeypatch.setattr(page, "SIZE", 3)
    monkeypatch.setattr(messages, "PAGE", 3)
    monkeypatch.setattr("pillarbox.console.pages.messages.SECONDS", 600)
    return await console.signed_in(Role.OPERATOR)


def send(console):
    """Accept mail, one an hour, and one of the other account."""
    with console.store.transaction() as conn:
        for number in NUMBERS:
            one = accepted("bob@x.org", now=NOW - (10 - number) * HOUR)
            put(conn, replace(one, message=replace(one.message, subject=f"m{number}")))
        put(conn, accepted("bob@x.org", now=NOW - HOUR, account=OTHER))


def capture(console):
    """Keep mail of three days; some of it has two recipients."""
    for number in NUMBERS:
        message_id = uuid7(NOW + number // 2 * DAY // 2)
        day = console.services.settings.captured_folder / day_of(message_id)
        day.mkdir(parents=True, exist_ok=True)
        raw = f"Subject: m{number}\r\n\r\n".encode()
        mail = CapturedMessage("bob@x.org", "ada@x.org", "m", "", NOW, raw)
        for account in (ACCOUNT, OTHER):
            file = day / f"{message_id.hex()}-000-{account}.json"
            file.write_bytes(msgspec.json.encode(mail))


def die(console):
    """Keep dead letters, two for each event, and one of the other account."""
    with console.store.transaction() as conn:
        for number in range(5):
            event_id = uuid7(NOW + number)
            for place, where in enumerate((WHERE, b"e" * 16)):
                row = {
                    "event_id": event_id,
                    "destination_id": where,
                    "account_id": ACCOUNT,
                    "message_id": uuid7(NOW),
                    "shard": 0,
                    "attempts": 1,
                    "died_at": NOW,
                    "reason": f"m{2 * number + place}",
                }
                conn.execute(insert(dead_letters).values(row))
        foreign = row | {"event_id": uuid7(NOW), "account_id": OTHER, "reason": "m99"}
        conn.execute(insert(dead_letters).values(foreign))


def keep(console):
    """Keep reports: bounces, and complaints between them."""
    with console.store.transaction() as conn:
        for number in range(20):
            row = KeptReport(
                id=uuid7(NOW + number),
                kind="complaint" if number % 2 else "bounce",
                sender=f"m{number // 2}",
                sent_to=("b@x.org",),
                claims=ReportClaims(),
                size=1,
                content=b"x",
            )
            insert_kept(conn, row)


def subscribe(console):
    """Add contacts; of those between them nobody gets mail."""
    add_list(console)
    add_list(console, account_id=OTHER)
    for address in ADDRESSES:
        add(console, address.upper())
        add(console, f"{address}.out", unsubscribe_all=True)
        add(console, f"other-{address}", OTHER)


def engage(console):
    """Know of recipients; those between them have opened nothing."""
    know(console, *((one, 1, 1) for one in ADDRESSES), *((f"{one}.z", 1, 0) for one in ADDRESSES))
    know(console, ("other@x.org", 1, 1), account_id=OTHER)
    save(console, "openers", "opened")


def marks(page):
    """Give the names of a page's rows, wherever in it they stand."""
    return re.findall(r">(m\d+)\b", page.partition("<tbody>")[2])


def addresses(page):
    """Give the people of a page's rows; the page of a list has topics above them."""
    return [one.lower() for one in rows(page) if "@" in one]


#: Address, what its list is sorted by, who makes its rows, how they are read, what they are.
LISTS = {
    "messages": (f"{BASE}/messages", "accepted", send, marks, NAMES),
    "messages-to": (f"{BASE}/messages?recipient=bob@x.org", "accepted", send, marks, NAMES),
    "messages-found": (f"{BASE}/messages?subject=m", "accepted", send, marks, NAMES),
    "captured": (f"{BASE}/captured", "captured", capture, marks, NAMES),
    "dead": (f"{BASE}/events/dead", "event", die, marks, NAMES),
    "dead-of": (f"{BASE}/events/dead?destination={WHERE.hex()}", "event", die, marks, NAMES[::2]),
    "reports": ("/console/reports?kind=bounce", "received", keep, marks, NAMES),
    "contacts": (
        f"{BASE}/contacts/lists/letters?status=OPT_IN",
        "address",
        subscribe,
        addresses,
        ADDRESSES,
    ),
    "members": (f"{BASE}/segments/one/{APP}/openers", "address", engage, addresses, ADDRESSES),
}


@pytest.mark.parametrize("case", LISTS)
async def test_every_row_is_on_one_page_from_either_end(console, browser, case):
    url, sort, make, read, expected = LISTS[case]
    make(console)
    url += "&" if "?" in url else "?"
    for way, wanted in (("asc", expected), ("desc", expected[::-1])):
        seen, pages = await walk(browser, f"{url}sort={sort}&order={way}", read)
        assert seen == wanted, way
        assert pages == -(-len(expected) // 3), way


@pytest.mark.parametrize("case", LISTS)
async def test_the_heading_leads_from_a_later_page_to_the_other_end(console, browser, case):
    url, sort, make, read, expected = LISTS[case]
    make(console)
    page = (await browser.open(url)).text
    following = re.search(r'href="([^"]*)" rel="next"', page)[1].replace("&amp;", "&")
    now, to = headings((await browser.open(following)).text)[sort]
    first = expected[0] if now == "ascending" else expected[-1]
    assert read(page)[0] == first
    turned = (await browser.open(url.partition("?")[0] + to)).text
    assert headings(turned)[sort][0] == {"ascending": "descending", "descending": "ascending"}[now]
    assert read(turned)[0] == (expected[-1] if first == expected[0] else expected[0])
    assert "Back to the start" not in turned


@pytest.mark.parametrize("case", ["contacts", "members"])
async def test_a_page_of_one_order_is_no_page_of_the_other(console, browser, case):
    url, sort, make, _, _ = LISTS[case]
    make(console)
    url += f"{'&' if '?' in url else '?'}sort={sort}&order=desc"
    page = (await browser.open(url)).text
    following = re.search(r'href="([^"]*)" rel="next"', page)[1].replace("&amp;", "&")
    assert (await browser.open(following.replace("order=desc", "order=asc"))).status == 400


@pytest.mark.parametrize("case", ["contacts", "members"])
@pytest.mark.parametrize("way", ["asc", "desc"])
async def test_a_page_of_few_among_many_is_bounded_both_ways(
    console, browser, monkeypatch, case, way
):
    url, sort, make, read, expected = LISTS[case]
    make(console)
    monkeypatch.setattr(contacts, "PORTION", 2)
    monkeypatch.setitem(segment_pages.page_of_members.__kwdefaults__, "portion", 2)
    url += f"{'&' if '?' in url else '?'}sort={sort}&order={way}"
    seen, pages = await walk(browser, url, read)
    assert seen == (expected if way == "asc" else expected[::-1])
    assert pages >= 10


async def test_the_number_of_all_is_counted_in_the_order_that_was_chosen(console, browser):
    engage(console)
    url = f"{BASE}/segments/one/{APP}/openers?sort=address&order=desc"
    page = (await browser.open(f"{url}&count=all")).text
    assert addresses(page) == ADDRESSES[:-4:-1]
    assert "<dd>10" in page


@pytest.mark.parametrize(
    "wanted", [{}, {"recipient": "bob@x.org"}, {"subject": "rare"}], ids=["all", "to", "found"]
)
@pytest.mark.parametrize("since", [NOW - 3 * DAY, NOW - 20 * 365 * DAY], ids=["days", "years"])
def test_a_search_from_the_oldest_stops_after_a_portion_and_goes_on(
    console, monkeypatch, wanted, since
):
    monkeypatch.setattr(messages, "PORTION", 3)
    monkeypatch.setattr(message_search, "MOST_SPANS", 2)
    ids = []
    with console.store.transaction() as conn:
        for age in (40, 39, 33, 32, 31, 18, 17, 2, 1):
            one = accepted("bob@x.org" if age % 2 else "eve@x.org", now=NOW - age * HOUR)
            put(conn, replace(one, message=replace(one.message, subject="rare" * (age % 2))))
            ids += [one.message.id] if age % 2 or not wanted else []
    query = MessageQuery(
        account_id=ACCOUNT, since=since, until=NOW + 20 * 365 * DAY, oldest_first=True, **wanted
    )
    found, past, pages = [], None, 0
    with console.store.engine.begin() as conn:
        while past is not None or not pages:
            page = messages.search_messages(conn, query, past, lambda: False)
            found += [one.id for one in page.items]
            past, pages = page.next, pages + 1
    assert found == ids
    assert 2 < pages < 7


async def test_a_search_from_the_oldest_says_how_far_it_got(console, browser, monkeypatch):
    monkeypatch.setattr(messages, "PORTION", 3)
    monkeypatch.setattr("pillarbox.console.pages.messages.SECONDS", 0)
    send(console)
    page = (await browser.open(f"{BASE}/messages?subject=m9&sort=accepted&order=asc")).text
    assert "Searched to" in page
    assert "Search further<" in page
    seen, pages = await walk(browser, f"{BASE}/messages?subject=m9&sort=accepted&order=asc", marks)
    assert seen == ["m9"]
    assert pages == 4


async def test_an_inbox_follows_its_first_page_in_either_order(console, browser):
    capture(console)
    for way in ("asc", "desc"):
        page = (await browser.open(f"{BASE}/captured?sort=captured&order={way}")).text
        assert "data-follow" in page
        following = re.search(r'href="([^"]*)" rel="next"', page)[1].replace("&amp;", "&")
        assert "data-follow" not in (await browser.open(following)).text


@pytest.mark.parametrize("way", ["asc", "desc"])
async def test_captured_mail_is_found_by_its_subject_and_its_people(console, browser, way):
    capture(console)
    url = f"{BASE}/captured?sort=captured&order={way}&text="
    assert (await walk(browser, f"{url}M3", marks))[0] == ["m3"]
    seen, pages = await walk(browser, f"{url}ADA@", marks)
    assert seen == (NAMES if way == "asc" else NAMES[::-1])
    assert pages == 4
    assert "Nothing found" in (await browser.open(f"{url}nobody")).text


@pytest.mark.parametrize("way", ["asc", "desc"])
async def test_looking_through_captured_mail_ends_in_time_and_goes_on(
    console, browser, monkeypatch, way
):
    capture(console)
    monkeypatch.setattr(captured, "SECONDS", 0)
    url = f"{BASE}/captured?sort=captured&order={way}&text=m5"
    assert "Nothing was found so far." in (await browser.open(url)).text
    seen, pages = await walk(browser, url, marks)
    assert (seen, pages) == (["m5"], 11)


@pytest.mark.parametrize("before", ["zz", "ff" * 16, "00", "%00", "-"])
async def test_a_place_in_the_inbox_that_is_none_does_no_harm(console, browser, before):
    capture(console)
    for way in ("asc", "desc"):
        url = f"{BASE}/captured?sort=captured&order={way}&before={before}"
        assert (await browser.open(url)).status == 200
