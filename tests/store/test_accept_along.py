"""A message and what its call changes besides are one transaction: both are kept, or neither."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import select

from pillarbox.accept.door import Door
from pillarbox.accept.prepare import Stamp
from pillarbox.base.errors import LimitExceeded, MessageRejected, SendingPaused
from pillarbox.manage.identities.verification_templates import begin_verification
from pillarbox.model.credentials import Caller
from pillarbox.model.send import SendRequest
from pillarbox.model.verification import FAILED, PENDING
from pillarbox.store.tables import accounts, identities
from tests.store.accepting import HELLO, POLICY, World, rows
from tests.store.rows import ACCOUNT, NOW, add_account, add_identity

ADDRESS = "new@customer.example"


@pytest.fixture
def world(store):
    """As everywhere, in its own threads' eyes: what a rollback empties is emptied here too."""
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
    made = World(store, POLICY)
    store.on_rollback(made.acceptance.cache.clear)
    return made


@pytest.fixture
def verify(world):
    """Ask ADDRESS by a mail, as SendCustomVerificationEmail does; `most`: identities there are."""
    with ThreadPoolExecutor(1) as threads:
        door = Door(
            world.store,
            world.acceptance,
            stamp=lambda: Stamp.make(NOW, "us-east-1", "email.example.net", "boundary"),
            threads=threads,
            accepted=lambda: None,
        )

        async def send(sender="a@example.com", most=10):
            request = SendRequest(
                caller=Caller(
                    account_id=ACCOUNT, access_key_id="AKIDEXAMPLE", source_ip="192.0.2.1"
                ),
                content=HELLO,
                from_address=sender,
                to=(ADDRESS,),
            )
            return await door.accept(
                request, "v2", partial(begin_verification, ACCOUNT, ADDRESS, NOW, most)
            )

        yield send


def kept(world):
    """Every identity with its status and its age, and how many rows there are of mail."""
    query = select(identities.c.name, identities.c.status, identities.c.check_started_at)
    with world.store.transaction() as conn:
        return [tuple(one) for one in conn.execute(query.order_by(identities.c.name))], rows(conn)


async def test_an_address_is_asked_and_begins_to_be_verified(world, verify):
    _, before = kept(world)
    assert await verify()
    found, after = kept(world)
    assert (ADDRESS, PENDING, NOW) in found
    assert after > before


async def test_a_refused_mail_begins_no_verification(world, verify):
    world.change(accounts, sending_enabled=False)
    before = kept(world)
    with pytest.raises(SendingPaused):
        await verify()
    assert kept(world) == before


async def test_a_refused_mail_leaves_a_failed_verification_as_it_was(world, verify):
    world.add(add_identity, ADDRESS, status=FAILED, check_started_at=NOW - 1000)
    world.change(accounts, sending_enabled=False)
    before = kept(world)
    with pytest.raises(SendingPaused):
        await verify()
    assert kept(world) == before
    world.change(accounts, sending_enabled=True)
    await verify()
    assert (ADDRESS, PENDING, NOW) in kept(world)[0]


async def test_a_verification_that_can_not_begin_sends_no_mail(world, verify):
    before = kept(world)
    with pytest.raises(LimitExceeded):
        await verify(most=1)
    assert kept(world) == before


async def test_what_a_refused_call_saw_is_not_remembered_for_the_next_change(world, verify):
    with pytest.raises(MessageRejected):
        await verify("a@other.example")
    world.add(add_identity, "other.example")
    assert await verify("a@other.example")
