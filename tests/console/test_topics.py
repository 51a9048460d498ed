"""Topics and their webhooks in the console."""

import dataclasses

import pytest
from sqlalchemy import insert

from pillarbox.base.ids import uuid7
from pillarbox.console.console import open_console
from pillarbox.manage.people.audit import list_audit
from pillarbox.model.event_destination import Sns
from pillarbox.model.publishing import NotYet
from pillarbox.model.user import Role
from pillarbox.store.identity.notifications import set_topic
from pillarbox.store.sets.event_destinations import write_target
from pillarbox.store.tables import event_destinations, outbox, topic_subscriptions, topics
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.rows import add_configuration_set

TOPICS = f"/console/{ACCOUNT}/topics"
HOOK = "https://app.example.com/events"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


async def with_webhook(browser):
    """Make a topic with a webhook."""
    await browser.open(f"{TOPICS}/new")
    await browser.post(TOPICS, {"name": "bounces", "version": "2"})
    return await browser.post(f"{TOPICS}/bounces/subscriptions", {"url": HOOK, "style": "raw"})


def hooks(console):
    with console.store.engine.begin() as conn:
        return conn.execute(topic_subscriptions.select()).all()


async def test_without_topics_the_page_offers_the_first(browser):
    assert "No topics yet" in (await browser.open(TOPICS)).text


async def test_a_topic_is_made_and_its_webhook_is_asked_and_confirmed(console, browser):
    answer = await with_webhook(browser)
    assert f"{HOOK} was asked" in answer.text
    assert "Waits for its confirmation" in answer.text
    assert console.asked == [HOOK]
    await browser.post(f"{TOPICS}/bounces/subscriptions/{hooks(console)[0].id.hex()}/ask")
    assert console.asked == [HOOK, HOOK]
    answer = await browser.post(f"{TOPICS}/bounces/confirm", {"token": hooks(console)[0].token})
    assert f"{HOOK} is confirmed." in answer.text
    assert ">1<" in (await browser.open(TOPICS)).text
    with console.store.engine.begin() as conn:
        found = {one.action for one in list_audit(conn, account_id=ACCOUNT, limit=9)}
    assert found == {"topic.confirm", "topic.ask", "topic.subscribe", "topic.create"}


async def test_a_webhook_is_unsubscribed_after_a_question(console, browser):
    await with_webhook(browser)
    path = f"{TOPICS}/bounces/subscriptions/{hooks(console)[0].id.hex()}/delete"
    assert HOOK in (await browser.open(path)).text
    assert f"{HOOK} is unsubscribed." in (await browser.post(path)).text
    assert hooks(console) == []
    assert (await browser.post(path)).status == 404


async def test_what_waits_for_a_webhook_is_shown(console, browser):
    await with_webhook(browser)
    with console.store.transaction() as conn:
        conn.execute(
            insert(outbox).values(
                event_id=uuid7(NOW),
                destination_id=hooks(console)[0].id,
                account_id=ACCOUNT,
                message_id=uuid7(NOW),
                shard=0,
                due_at=NOW,
                attempts=2,
                last_error="HTTP 502",
            )
        )
    assert "after 2 attempts: HTTP 502" in (await browser.open(f"{TOPICS}/bounces")).text


@pytest.mark.parametrize(
    ("path", "fields", "field"),
    [
        ("", {"name": "a b"}, "name"),
        ("", {"name": "bounces"}, "name"),
        ("", {"name": "x", "version": "3"}, "version"),
        ("/bounces/subscriptions", {"url": "ftp://x"}, "url"),
        ("/bounces/confirm", {"token": "x"}, "token"),
    ],
)
async def test_wrong_input_is_told_beside_its_field(browser, path, fields, field):
    await with_webhook(browser)
    answer = await browser.post(f"{TOPICS}{path}", fields)
    assert answer.status in {400, 422}
    assert f'id="{field}-problem"' in answer.text


async def test_a_webhook_that_can_not_be_asked_is_kept_and_it_is_said(console):
    async def refuse(_hook):
        return NotYet("connection refused")

    console.app = open_console(dataclasses.replace(console.services, ask_subscriber=refuse))
    browser = await console.signed_in(Role.OPERATOR)
    answer = await with_webhook(browser)
    assert "could not be asked: connection refused" in answer.text
    assert len(hooks(console)) == 1


async def test_another_accounts_topic_is_not_there(console, browser):
    await with_webhook(browser)
    other = f"/console/{OTHER}/topics/bounces"
    hook = f"{other}/subscriptions/{hooks(console)[0].id.hex()}"
    for path in (other, f"{hook}/delete"):
        assert (await browser.open(path)).status == 404
    assert (await browser.post(f"{hook}/delete")).status == 404
    assert len(hooks(console)) == 1


async def test_topics_and_their_webhooks_page(console, browser):
    await with_webhook(browser)
    with console.store.transaction() as conn:
        topic = conn.execute(topics.select()).one()._asdict()
        hook = conn.execute(topic_subscriptions.select()).one()._asdict()
        numbers = range(60)
        conn.execute(
            insert(topics),
            [topic | {"arn": f"{topic['arn']}{n:02}", "name": f"bounces{n:02}"} for n in numbers],
        )
        conn.execute(
            insert(topic_subscriptions),
            [hook | {"id": uuid7(NOW + n), "endpoint": f"{HOOK}/{n:02}"} for n in numbers],
        )
    for path in (TOPICS, f"{TOPICS}/bounces"):
        page = (await browser.open(path)).text
        assert "Next page" in page
        following = page.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
        page = (await browser.open(following)).text
        assert "59" in page
        assert "Back to the start" in page


async def test_a_topic_is_deleted_after_it_was_said_what_depends_on_it(console, browser):
    await with_webhook(browser)
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:bounces"
    with console.store.transaction() as conn:
        add_configuration_set(conn, "spring", account_id=ACCOUNT)
        destination = {
            "id": uuid7(NOW),
            "account_id": ACCOUNT,
            "configuration_set": "spring",
            "name": "hooks",
            "enabled": True,
            "event_types": "SEND",
            "kind": "SNS",
            "settings": write_target(Sns(arn)),
            "created_at": NOW,
        }
        conn.execute(insert(event_destinations).values(destination))
        set_topic(conn, ACCOUNT, "example.com", "Bounce", arn, uuid7(NOW))
        set_topic(conn, OTHER, "other.example", "Bounce", arn, uuid7(NOW))
    page = (await browser.open(f"{TOPICS}/bounces/delete")).text
    assert "Its webhook goes with it" in page
    assert "spring/hooks" in page
    assert "example.com/Bounce" in page
    assert "other.example" not in page
    await browser.post(f"{TOPICS}/bounces/delete")
    assert hooks(console) == []
    assert "No topics yet" in (await browser.open(TOPICS)).text
    assert (await browser.open(f"{TOPICS}/bounces/delete")).status == 404


async def test_a_standard_webhook_is_not_asked_and_its_secret_is_shown_once(console, browser):
    await browser.open(f"{TOPICS}/new")
    await browser.post(TOPICS, {"name": "bounces", "version": "1"})
    fields = {"url": HOOK, "style": "standard"}
    answer = await browser.post(f"{TOPICS}/bounces/subscriptions", fields)
    secret = answer.text.partition("whsec_")[2].partition("<")[0]
    assert secret
    assert console.asked == []
    page = (await browser.open(f"{TOPICS}/bounces")).text
    assert "Standard Webhook<" in page
    assert secret not in page
    (hook,) = hooks(console)
    rotating = f"{TOPICS}/bounces/subscriptions/{hook.id.hex()}/secret"
    await browser.open(rotating)
    answer = await browser.post(rotating, {"hours": "-1"})
    assert 'id="hours-problem"' in answer.text
    answer = await browser.post(rotating, {"hours": "24"})
    assert "whsec_" in answer.text
    assert secret not in answer.text
    assert hooks(console)[0].former_secret_until == NOW + 24 * 3_600_000
    audit = (await browser.open(f"/console/{ACCOUNT}/audit")).text
    assert "topic.rotate" in audit
    assert "whsec_" not in audit


async def test_a_webhook_of_no_known_style_is_refused_beside_the_field(browser):
    await browser.open(f"{TOPICS}/new")
    await browser.post(TOPICS, {"name": "bounces", "version": "1"})
    answer = await browser.post(f"{TOPICS}/bounces/subscriptions", {"url": HOOK, "style": "x"})
    assert answer.status == 422
    assert 'id="style-problem"' in answer.text
