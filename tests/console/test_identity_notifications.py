"""Topics that an identity's bounces, complaints and deliveries are told to, in the console."""

import pytest
from sqlalchemy import func, select

from pillarbox.manage.identities.notifications import get_notifications
from pillarbox.manage.topics import create_topic
from pillarbox.model.user import Role
from pillarbox.store.tables import notices
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.rows import add_identity

PAGE = f"/console/{ACCOUNT}/identities/example.com/notifications"
ARN = f"arn:aws:sns:us-east-1:{ACCOUNT}:bounces"


@pytest.fixture
async def browser(console):
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
        create_topic(conn, ACCOUNT, "bounces", region="us-east-1", version="1", now=NOW)
    return await console.signed_in(Role.OPERATOR)


def kept(console):
    with console.store.engine.begin() as conn:
        found = get_notifications(conn, ACCOUNT, ["example.com"])["example.com"]
        return found, conn.execute(select(func.count()).select_from(notices)).scalar_one()


async def test_topics_are_set_offered_and_told_once(console, browser):
    assert f'<option value="{ARN}">' in (await browser.open(PAGE)).text
    fields = {"topic-Bounce": ARN, "headers-Bounce": "on"}
    await browser.post(PAGE, fields)
    found, told = kept(console)
    assert found.topics == {"Bounce": ARN}
    assert found.headers["Bounce"]
    assert told == 1
    await browser.open(PAGE)
    await browser.post(PAGE, fields)
    assert kept(console)[1] == 1
    await browser.post(PAGE, {})
    found, _ = kept(console)
    assert found.topics == {}
    assert not found.headers["Bounce"]


async def test_what_is_no_topic_is_told_beside_its_field(console, browser):
    await browser.open(PAGE)
    answer = await browser.post(PAGE, {"topic-Complaint": "https://example.com/"})
    assert answer.status == 422
    assert "not the ARN" in answer.text.partition('id="topic-Complaint-problem">')[2]
    assert kept(console)[0].topics == {}


async def test_an_identity_of_another_account_is_not_there(console, browser):
    with console.store.transaction() as conn:
        add_identity(conn, "other.example", account_id=OTHER)
    other = PAGE.replace("example.com", "other.example")
    assert (await browser.open(other)).status == 404
    assert (await browser.post(other, {"topic-Bounce": ARN})).status == 404
