"""What subscribers ask the API listener for: a token or a MAC decides, whatever else is sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.secrets import Sealer
from pillarbox.destinations.publishing import UNSUBSCRIBE
from pillarbox.destinations.signing import certificate_path, make_sns_key
from pillarbox.destinations.topic_urls import unsubscribe_mac
from pillarbox.manage.topics import create_topic, subscribe
from pillarbox.store.publishing.topics import find_subscription
from pillarbox.store.store import Store
from pillarbox.wire.sns_routes import _given, sns_routes
from tests.store.rows import ACCOUNT, NOW, add_account

SEALER = Sealer(bytes(32))


@pytest.fixture
def store(migrated_url):
    opened = Store(migrated_url)
    opened.start()
    with opened.transaction() as conn:
        add_account(conn)
        create_topic(conn, ACCOUNT, "news", region="us-east-1", version="1", now=NOW)
    yield opened
    opened.close()


@pytest.fixture
def hook(store):
    with store.transaction() as conn:
        url = "https://app.example.com/sns"
        return subscribe(conn, ACCOUNT, "news", url, region="us-east-1", raw=False, now=NOW)


async def ask(store, path, query="", method="GET", left=None):
    sent = []

    async def send(message):
        sent.append(message)

    route = sns_routes(store, SEALER, lambda: NOW, (left if left is not None else []).append)[path]
    await route({"method": method, "query_string": query.encode()}, None, send)
    return sent[0]["status"], sent[1]["body"].decode()


def kept(store, hook):
    with store.transaction() as conn:
        return find_subscription(conn, hook.id)


async def test_a_token_confirms_its_subscription(store, hook):
    query = f"Action=ConfirmSubscription&TopicArn={hook.topic.arn}&Token={hook.token}"
    status, body = await ask(store, "/sns", query)
    assert (status, hook.arn in body) == (200, True)
    assert kept(store, hook).confirmed


@pytest.mark.parametrize(
    "query",
    [
        "",
        "Action=ConfirmSubscription",
        "Action=ConfirmSubscription&TopicArn={arn}&Token=x",
        "Action=ConfirmSubscription&TopicArn={arn}&Token=%00",
        "Action=ConfirmSubscription&TopicArn=other&Token={token}",
        "Action=Subscribe&TopicArn={arn}&Token={token}",
        "&".join(f"a{number}=1" for number in range(11)),
    ],
)
async def test_anything_else_confirms_nothing(store, hook, query):
    status, _ = await ask(store, "/sns", query.format(arn=hook.topic.arn, token=hook.token))
    assert status == 400
    assert not kept(store, hook).confirmed


async def test_a_post_confirms_nothing(store, hook):
    query = f"Action=ConfirmSubscription&TopicArn={hook.topic.arn}&Token={hook.token}"
    assert (await ask(store, "/sns", query, "POST"))[0] == 400
    assert not kept(store, hook).confirmed


async def test_the_mac_of_a_subscription_ends_it_and_no_other_does(store, hook):
    mac = unsubscribe_mac(SEALER.derive(UNSUBSCRIBE), hook.arn)
    wrong = f"Action=Unsubscribe&SubscriptionArn={hook.arn}&Mac={'0' * 32}"
    confirm = f"Action=ConfirmSubscription&TopicArn={hook.topic.arn}&Token={hook.token}"
    await ask(store, "/sns", confirm)
    assert (await ask(store, "/sns", wrong))[0] == 400
    assert kept(store, hook).confirmed
    right, left = f"Action=Unsubscribe&SubscriptionArn={hook.arn}&Mac={mac}", []
    for _ in range(2):
        assert (await ask(store, "/sns", right, left=left))[0] == 200
        assert not kept(store, hook).confirmed
    assert left == [kept(store, hook)]
    await ask(store, "/sns", confirm)
    assert kept(store, hook).confirmed


async def test_the_certificate_is_there_once_there_is_a_key(store):
    path = certificate_path(SEALER)
    assert (await ask(store, path))[0] == 404
    with store.transaction() as conn:
        made = make_sns_key(conn, SEALER, "localhost", NOW)
        again = make_sns_key(conn, SEALER, "localhost", NOW)
    assert made.certificate == again.certificate
    assert await ask(store, path) == (200, made.certificate.decode())


@given(st.binary(max_size=300))
def test_whatever_is_asked_gives_parameters_without_nul(query):
    assert all("\0" not in value for value in _given(query).values())
