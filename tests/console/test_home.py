"""An account's home: the checklist that ticks itself, counts over time, what needs attention."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import insert, update

from pillarbox.base.ids import uuid7
from pillarbox.base.settings import Deliver
from pillarbox.console.console import open_console
from pillarbox.manage.addresses.stock import NewAddress, add_address
from pillarbox.manage.people.accounts import set_account
from pillarbox.manage.tracking.settings import set_account_tracking
from pillarbox.model.event import BOUNCE, CLICK, DELIVERY, OPEN, Event
from pillarbox.model.sending_address import SHARED_POOL
from pillarbox.model.tracking_setup import TrackingSetting
from pillarbox.model.user import Role
from pillarbox.store.addresses.address_blocks import Block, write_block
from pillarbox.store.mail.messages import count_recipients
from pillarbox.store.people.accounts import update_account
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.tables import dead_letters, event_destinations, outbox_shards
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.rows import accepted, add_configuration_set, add_identity, put

HOME = f"/console/{ACCOUNT}"
DAY = 24 * 3_600_000
DESTINATION = b"d" * 16


def event(kind, at=NOW, account=ACCOUNT, **detail):
    return Event(
        id=uuid7(at),
        account_id=account,
        message_id=uuid7(at),
        position=0,
        type=kind,
        created_at=at,
        detail=detail,
    )


def figures(page):
    """What the figures of a home show, by label."""
    pattern = r'<div class="label">([^<]+)</div><div class="value">([^<]+)</div>'
    return {label: value.strip() for label, value in re.findall(pattern, page)}


async def test_first_steps_tick_themselves(console):
    browser = await console.signed_in(Role.OPERATOR)
    assert (await browser.open(HOME)).text.count(">Done<") == 0
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
        set_account_tracking(
            conn,
            ACCOUNT,
            TrackingSetting(enabled=True, opens=True, dimension="ACCOUNT"),
            now=NOW,
            everything_verified=True,
        )
    assert (await browser.open(HOME)).text.count(">Done<") == 2


async def test_a_home_counts_its_own_mail_over_the_chosen_span(console):
    browser = await console.signed_in(Role.VIEWER)
    with console.store.transaction() as conn:
        count_recipients(conn, "w", [accepted("a@x.example", "b@x.example", now=NOW)])
        count_recipients(conn, "w", [accepted("a@x.example", now=NOW - 3 * DAY)])
        insert_events(
            conn,
            [
                event(DELIVERY),
                event(DELIVERY, NOW - 3 * DAY),
                event(DELIVERY, NOW - 20 * DAY),
                event(DELIVERY, account=OTHER),
                event(BOUNCE, bounceType="Permanent"),
                event(OPEN, verdict="human"),
                event(OPEN, verdict="proxy"),
                event(CLICK, verdict="scanner"),
            ],
        )
    page = (await browser.open(HOME)).text
    assert figures(page) == {
        "Sent": "2",
        "Delivered": "1",
        "Bounced": "1",
        "Complained": "0",
        "Opens by people": "1",
        "Clicks by people": "0",
        "In the queue": "0",
    }
    assert "1 by machines" in page
    assert page.count('<svg class="chart"') == 2
    assert page.partition("<tbody>")[2].count("<tr>") == 24
    assert figures((await browser.open(f"{HOME}?span=week")).text)["Delivered"] == "2"
    assert figures((await browser.open(f"{HOME}?span=month")).text)["Delivered"] == "3"
    assert figures((await browser.open(f"{HOME}?span=x")).text)["Delivered"] == "1"


async def test_the_queue_is_the_accounts_own_whatever_the_pool(console):
    browser = await console.signed_in(Role.VIEWER)
    with console.store.transaction() as conn:
        put(conn, accepted("a@x.example", "b@y.example", account=ACCOUNT))
        put(conn, accepted("c@x.example", account=ACCOUNT, sending_pool="p"))
        put(conn, accepted("d@x.example", account=OTHER))
    assert figures((await browser.open(HOME)).text)["In the queue"] == "3"


async def test_a_healthy_account_needs_no_attention(console):
    browser = await console.signed_in(Role.VIEWER)
    assert "Needs attention" not in (await browser.open(HOME)).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "suspended"}, "The operator of this service has stopped"),
        ({"enforcement": "PROBATION", "enforcement_reason": "many bounced"}, "many bounced"),
        ({"enforcement": "SHUTDOWN", "enforcement_reason": "most bounced"}, "is paused because"),
        ({"sending_enabled": False}, "is switched off"),
        ({"max_24h": 0.0}, "0 of 0 recipients a day"),
    ],
    ids=["suspended", "probation", "shutdown", "off", "quota"],
)
async def test_what_holds_an_account_is_told(console, changes, said):
    browser = await console.signed_in(Role.VIEWER)
    with console.store.transaction() as conn:
        update_account(conn, ACCOUNT, changes)
    page = (await browser.open(HOME)).text
    assert "Needs attention" in page
    assert said in page


async def test_a_quota_is_told_when_most_of_it_is_used(console):
    browser = await console.signed_in(Role.VIEWER)
    with console.store.transaction() as conn:
        set_account(conn, ACCOUNT, {"max_24h": 10.0}, now=NOW)
        count_recipients(conn, "w", [accepted(*["a@x.example"] * 7, now=NOW)])
    assert "Needs attention" not in (await browser.open(HOME)).text
    with console.store.transaction() as conn:
        count_recipients(conn, "w", [accepted("b@x.example", now=NOW)])
    assert "8 of 10 recipients a day are used" in (await browser.open(HOME)).text


async def test_broken_records_are_told_outside_capture_mode(console):
    settings = replace(console.services.settings, deliver=Deliver(mode="direct"))
    console.app = open_console(replace(console.services, settings=settings))
    browser = await console.signed_in(Role.VIEWER)
    with console.store.transaction() as conn:
        add_identity(conn, "fine.example", account_id=ACCOUNT)
        add_identity(conn, "gone.example", account_id=ACCOUNT, status="TEMPORARY_FAILURE")
        add_identity(conn, "from.example", account_id=ACCOUNT, mail_from_status="FAILED")
        add_identity(conn, "foreign.example", account_id=OTHER, status="FAILED")
    page = (await browser.open(HOME)).text
    assert re.findall(r">(\w+\.example)</a>", page) == ["from.example", "gone.example"]


async def test_addresses_that_a_provider_blocks_are_told_to_whose_mail_meets_it(console):
    browser = await console.signed_in(Role.VIEWER)
    mine, others, shared = "192.0.2.1", "192.0.2.2", "192.0.2.3"
    with console.store.transaction() as conn:
        for address, account, pool in (
            (mine, ACCOUNT, None),
            (others, OTHER, None),
            (shared, None, SHARED_POOL),
        ):
            new = NewAddress(
                address=address, helo="out.test", node="n", account_id=account, pool=pool
            )
            add_address(conn, new, now=NOW)
            write_block(conn, Block(address, "google", NOW, NOW + DAY, 1, "550 5.7.1 blocked"))
        write_block(conn, Block("", "microsoft", NOW, NOW + DAY, 1, "550 S3140"))
        write_block(conn, Block(mine, "yahoo", NOW - DAY, NOW - 1, 1, "553 TSS09"))
    told = (await browser.open(HOME)).text.partition("since they block")[2].partition("</li>")[0]
    assert f'<a href="{HOME}/ips/{mine}">{mine}</a> (google, tried again' in told
    assert f"{shared} (google," in told
    assert "this system&#39;s own address (microsoft," in told
    assert others not in told
    assert "yahoo" not in told


async def test_destinations_that_take_nothing_and_dead_letters_are_told(console):
    browser = await console.signed_in(Role.VIEWER)
    with console.store.transaction() as conn:
        add_configuration_set(conn, "spring", account_id=ACCOUNT, sending_enabled=False)
        conn.execute(insert(event_destinations), [_destination(DESTINATION, ACCOUNT)])
        conn.execute(insert(outbox_shards), [_shard(1), _shard(2)])
        conn.execute(insert(dead_letters), [_dead(b"1"), _dead(b"2"), _dead(b"3", b"x" * 16)])
    page = (await browser.open(HOME)).text
    assert "Nothing goes through to spring/app;" in page
    assert "2 events could not be delivered" in page
    assert '/events/dead">dead letters</a>' in page
    assert "switched off for the configuration sets" in page
    with console.store.transaction() as conn:
        conn.execute(update(outbox_shards).values(failures=0))
    assert "Nothing goes through" not in (await browser.open(HOME)).text


def _destination(row_id, account):
    return {
        "id": row_id,
        "account_id": account,
        "configuration_set": "spring",
        "name": "app",
        "enabled": True,
        "event_types": "[]",
        "kind": "SNS",
        "settings": "{}",
        "created_at": NOW,
    }


def _shard(number):
    return {
        "destination_id": DESTINATION,
        "shard": number,
        "owner": "",
        "until": 0,
        "due_at": NOW,
        "failures": 2,
    }


def _dead(number, destination=DESTINATION):
    return {
        "event_id": number * 16,
        "destination_id": destination,
        "account_id": ACCOUNT,
        "message_id": b"m" * 16,
        "shard": 1,
        "attempts": 1,
        "died_at": NOW,
        "reason": "refused",
    }
