"""`GET /_pillarbox/attempts`: a message's attempts, to its own account."""

import json
from dataclasses import replace

import pytest

from pillarbox.base.ids import ses_message_id
from pillarbox.events.attempt_record import record_of
from pillarbox.events.settling import settle_batch
from pillarbox.model.outcome import Attempt, Delivered, Reply, Step
from pillarbox.model.queued import DELIVERED
from pillarbox.wire.own import OwnCalls
from tests.store.rows import ACCOUNT, NOW, accepted, put
from tests.store.test_queue import claim, settlement
from tests.unit.signing import KEY
from tests.unit.sqlite import serving_store
from tests.wire.api import Api

TAKEN = Delivered(
    Reply(250, "2.0.0 ok"), Attempt("mx.x.org", steps=(Step("content", 5, "250 2.0.0 ok"),))
)


@pytest.fixture
def store(tmp_path):
    with serving_store(tmp_path) as opened:
        yield opened


def delivered(store, account) -> str:
    """A message of an account that was delivered; its id."""
    message = accepted("a@x.org", account=account)
    with store.transaction() as conn:
        put(conn, message)
    (held,) = claim(store).claims
    with store.transaction() as conn:
        settle_batch(conn, [replace(settlement(held, DELIVERED), record=record_of(TAKEN, NOW + 1))])
    return ses_message_id(message.message.id, "us-east-1")


async def asked(store, query: str):
    api = Api(served=OwnCalls(store, None).operations())
    answer = await api("GET", f"/_pillarbox/attempts?{query}", b"")
    return answer.status, json.loads(answer.body)


async def test_an_account_reads_the_attempts_of_its_message(store):
    message_id = delivered(store, KEY.account_id)
    assert await asked(store, f"message_id={message_id}") == (
        200,
        [
            {
                "recipient": "a@x.org",
                "timestamp": "2027-01-15T08:00:00.001Z",
                "outcome": "delivered",
                "reply": "250 2.0.0 ok",
                "host": "mx.x.org",
                "steps": [{"name": "content", "milliseconds": 5, "reply": "250 2.0.0 ok"}],
            }
        ],
    )


async def test_another_accounts_message_has_none(store):
    other = "000000000009"
    assert KEY.account_id != other != ACCOUNT
    assert await asked(store, f"message_id={delivered(store, other)}") == (200, [])


@pytest.mark.parametrize("query", ["message_id=x", "", "message_id=x&limit=0"])
async def test_what_is_no_question_is_refused(store, query):
    status, _ = await asked(store, query)
    assert status == 400
