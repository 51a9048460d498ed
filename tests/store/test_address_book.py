"""From where an attempt leaves, on both engines: the pool decides, and each change at once."""

from dataclasses import replace

import pytest

from pillarbox.deliver.address_book import AddressBook
from pillarbox.deliver.groups import Group
from pillarbox.deliver.settings import Source
from pillarbox.manage.addresses import dedicated_ips, dedicated_pools
from pillarbox.manage.addresses import stock as address_stock
from pillarbox.manage.addresses.dedicated_pools import NewPool
from pillarbox.manage.addresses.shaping import blocked_addresses, reset_group
from pillarbox.manage.addresses.stock import NewAddress
from pillarbox.model.outcome import Attempt, Deferred, Reply, Step
from pillarbox.model.queued import Claim
from pillarbox.model.warmup import DAY_MS, PLAN, WARMUP_MS
from pillarbox.store.addresses.warmup_volume import read_day
from tests.store.rows import ACCOUNT, NOW, accepted, add_account

NODE = "node"


class Book:
    """An address book over a store, its clock, and messages to ask it about."""

    def __init__(self, store, node=NODE):
        self.store = store
        self.now = NOW
        self.book = AddressBook(store, node, lambda: self.now)
        self.asked = 0

    def change(self, function, *args, **more):
        with self.store.transaction() as conn:
            return function(conn, *args, **more)

    def add(self, address, *, warm=True, **more):
        values = {"helo": f"h{address[-1]}.mail.test", "node": NODE, "account_id": ACCOUNT}
        new = NewAddress(address=address, **(values | more))
        self.change(address_stock.add_address, new, now=self.now)
        if warm and new.account_id is not None:
            self.change(dedicated_ips.set_warmup, ACCOUNT, address, 100, now=self.now)

    async def ask(self, pool=None, group=None):
        """Ask for the sources of the first attempt of a new message."""
        self.asked += 1
        message = replace(accepted(now=NOW).message, sending_pool=pool)
        seeded = message.id[:8] + self.asked.to_bytes(8)
        claim = Claim(seeded, 0, ACCOUNT, "to@example.org", "lane", 1, 0, b"t", NOW)
        return await self.book.sources(claim, message, group)

    async def bind(self, pool=None, group=None):
        """Where a message leaves from by IPv4; why it waits."""
        found = await self.ask(pool, group)
        if isinstance(found, Deferred):
            return str(found.reply)
        return found if found is None else found.ipv4.bind


@pytest.fixture
def book(store):
    with store.transaction() as conn:
        add_account(conn)
        for name in "ab":
            dedicated_pools.create_pool(conn, ACCOUNT, NewPool(name=name), now=NOW)
    return Book(store)


async def test_without_any_address_the_system_chooses(book):
    assert await book.ask() is None
    assert await book.ask("ses-shared-pool") is None


async def test_a_pool_without_addresses_keeps_its_mail(book):
    book.add("192.0.2.1")
    book.add("192.0.2.2", account_id=None)
    waits = await book.ask("a")
    assert str(waits.reply) == "451 4.3.5 There is no address in pool a"
    assert (waits.own_delay.at_most_ms, waits.own_delay.counts) == (300_000, True)


async def test_an_address_binds_and_greets_as_it_was_added(book):
    book.add("192.0.2.1", pool="a", bind="10.0.0.1", helo="out.mail.test")
    sources = await book.ask("a")
    assert sources.ipv4 == Source(bind="10.0.0.1", hello="out.mail.test", address="192.0.2.1")
    assert sources.ipv6 is None
    assert (sources.seen("10.0.0.1"), sources.seen("")) == ("192.0.2.1", "")


async def test_mail_without_a_pool_takes_the_default_pool_else_the_shared_addresses(book):
    book.add("192.0.2.1", account_id=None)
    book.add("192.0.2.2", pool="a")
    assert await book.bind() == "192.0.2.1"
    book.add("192.0.2.3")
    assert await book.bind() == "192.0.2.3"
    assert await book.bind("ses-shared-pool") == "192.0.2.1"
    assert await book.bind("ses-default-dedicated-pool") == "192.0.2.3"
    assert await book.bind("a") == "192.0.2.2"


async def test_each_change_holds_for_the_next_attempt(book):
    book.add("192.0.2.1", pool="a")
    assert await book.bind("a") == "192.0.2.1"
    book.change(dedicated_ips.move_address, ACCOUNT, "192.0.2.1", "b", now=NOW)
    assert await book.bind("b") == "192.0.2.1"
    assert "no address in pool a" in await book.bind("a")
    book.change(dedicated_pools.delete_pool, ACCOUNT, "b")
    assert "no address in pool b" in await book.bind("b")
    assert await book.bind() == "192.0.2.1"
    book.change(address_stock.remove_address, "192.0.2.1")
    assert await book.bind() is None


async def test_the_addresses_of_a_pool_share_its_mail(book):
    for n in (1, 2, 3):
        book.add(f"192.0.2.{n}", pool="a")
    found = [await book.bind("a") for _ in range(9)]
    assert sorted(found) == [f"192.0.2.{n}" for n in (1, 2, 3) for _ in range(3)]


async def test_mail_of_another_nodes_pool_is_left_to_it(book, store):
    book.add("192.0.2.1", pool="a")
    waits = await Book(store, "another").ask("a")
    assert str(waits.reply) == "451 4.3.5 The addresses of pool a are on another node"
    assert (waits.own_delay.at_most_ms, waits.own_delay.counts) == (2_000, False)


async def test_the_lanes_of_another_nodes_pool_are_not_claimed_here(book, store):
    book.add("192.0.2.1", pool="a")
    assert await book.book.elsewhere() == ()
    another = Book(store, "another")
    assert await another.book.elsewhere() == (f" {ACCOUNT}/a",)
    book.change(address_stock.remove_address, "192.0.2.1")
    assert await another.book.elsewhere() == ()


async def test_a_warm_up_sends_its_plan_each_day_whoever_sends(book, store):
    """Two workers, the days of the plan's beginning: never more than the plan says."""
    book.add("192.0.2.1", pool="a", warm=False)
    workers = [book, Book(store)]
    for day in range(3):
        sent = 0
        for number in range(2 * PLAN[day]):
            worker = workers[number % 2]
            worker.now = NOW + day * DAY_MS
            sent += await worker.bind("a") == "192.0.2.1"
        assert sent == PLAN[day]
    waits = await book.ask("a")
    assert "warm up and sent enough today" in waits.reply.text


async def test_after_its_45_days_an_address_has_no_limit(book):
    book.add("192.0.2.1", pool="a", warm=False)
    book.now = NOW + WARMUP_MS
    assert {await book.bind("a") for _ in range(PLAN[0] + 1)} == {"192.0.2.1"}


async def test_what_a_warm_up_holds_back_goes_to_warm_addresses_of_the_same_pool(book):
    book.add("192.0.2.1", pool="a", warm=False)
    book.add("192.0.2.2", pool="a")
    book.add("192.0.2.3", account_id=None)
    found = [await book.bind("a") for _ in range(200)]
    assert (found.count("192.0.2.1"), found.count("192.0.2.2")) == (PLAN[0], 200 - PLAN[0])


async def test_mail_without_a_pool_overflows_to_the_shared_addresses(book):
    book.add("192.0.2.1", warm=False)
    book.add("192.0.2.3", account_id=None)
    found = [await book.bind() for _ in range(120)]
    assert (found.count("192.0.2.1"), found.count("192.0.2.3")) == (PLAN[0], 120 - PLAN[0])


async def test_a_percentage_that_is_set_counts_at_once(book):
    book.add("192.0.2.1", pool="a", warm=False)
    for _ in range(PLAN[0]):
        assert await book.bind("a") == "192.0.2.1"
    assert "sent enough" in await book.bind("a")
    book.change(dedicated_ips.set_warmup, ACCOUNT, "192.0.2.1", 50, now=NOW)
    assert await book.bind("a") == "192.0.2.1"


async def test_what_was_sent_and_what_overflowed_is_counted(book, store):
    book.add("192.0.2.1", pool="a", warm=False)
    for _ in range(PLAN[0] + 7):
        await book.bind("a")
    await book.book.close()
    with store.transaction() as conn:
        assert read_day(conn, NOW // DAY_MS) == {"192.0.2.1": (PLAN[0], 7)}


REFUSED, STARTED = Step("connect", 1, "421 4.4.1 Connection refused"), Step("EHLO", 1, "250 Ok")
ASKED = Step("MAIL", 1, "451 4.7.1 Greylisted")
LEFT, OTHER = "192.0.2.1", "192.0.2.2"


@pytest.mark.parametrize(
    ("attempt", "taken"),
    [
        pytest.param(Attempt(), 0, id="put back"),
        pytest.param(Attempt(source=LEFT, steps=(REFUSED,)), 0, id="not connected"),
        pytest.param(Attempt(source=LEFT, steps=(STARTED,)), 0, id="no TLS"),
        pytest.param(Attempt(source=LEFT, steps=(STARTED, ASKED)), 1, id="asked"),
        pytest.param(Attempt(source=OTHER, steps=(ASKED,)), 0, id="asked by another address"),
        pytest.param(
            Attempt(passed_over=(Attempt(source=LEFT, steps=(ASKED,)),)), 1, id="asked another host"
        ),
    ],
)
async def test_a_warm_up_counts_what_a_receiver_heard_of(book, store, attempt, taken):
    book.add(LEFT, pool="a", warm=False)
    await book.book.give_back(await book.ask("a"), attempt)
    with store.transaction() as conn:
        assert read_day(conn, NOW // DAY_MS) == {LEFT: (taken, 0)}


GOOGLE = Group(name="google", connections=9, listed=True)
BLOCKED = Reply(550, "5.7.1 mail sent from your IP address has been blocked", "5.7.1")


async def test_an_address_that_a_group_blocks_is_left_out_for_it_alone_and_for_a_while(book, store):
    book.add("192.0.2.1", pool="a", bind="10.0.0.1")
    book.add("192.0.2.2", pool="a")
    await book.ask("a")
    assert await book.book.take_out("10.0.0.1", GOOGLE, BLOCKED)
    assert not await book.book.take_out("10.0.0.1", GOOGLE, BLOCKED)
    another = Book(store)
    for worker in (book, another):
        assert {await worker.bind("a", GOOGLE) for _ in range(4)} == {"192.0.2.2"}
        assert len({await worker.bind("a") for _ in range(4)}) == 2
    ((address, group),) = book.change(
        lambda conn: [(one.address, one.group) for one in blocked_addresses(conn, NOW)]
    )
    assert (address, group) == ("192.0.2.1", "google")
    book.now += 3_600_001
    assert len({await book.bind("a", GOOGLE) for _ in range(4)}) == 2


async def test_mail_waits_visibly_while_all_addresses_of_its_pool_are_blocked(book):
    book.add("192.0.2.1", pool="a")
    await book.ask("a")
    await book.book.take_out("192.0.2.1", GOOGLE, BLOCKED)
    assert await book.bind("a", GOOGLE) == "451 4.3.5 google blocks the addresses of pool a"
    book.change(reset_group, "google")
    assert await book.bind("a", GOOGLE) == "192.0.2.1"


async def test_where_nobody_gave_addresses_the_systems_own_is_left_out(book):
    assert await book.ask(group=GOOGLE) is None
    await book.book.take_out("", GOOGLE, BLOCKED)
    assert await book.bind(group=GOOGLE) == "451 4.3.5 google blocks the addresses of this system"
    assert await book.ask() is None
