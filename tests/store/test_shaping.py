"""Shaping by several workers at once: one limit, one memory of what hosts said, real hosts."""

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from pillarbox.deliver import adaptive, shaping_keeper
from pillarbox.deliver.adaptive import GROW_EVERY_MS, ONE_SIGN_MS, GroupState
from pillarbox.deliver.groups import load_groups
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.deliver.shaping import Learned, Shaping
from pillarbox.deliver.shaping_gauges import FactorGauges
from pillarbox.deliver.shaping_keeper import REMEMBER_MS, ShapingKeeper, fold
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered
from pillarbox.observe.gauges import gauge_exposition
from pillarbox.store.addresses.shaping import all_states, forget_state
from pillarbox.store.portion_keeper import PortionKeeper
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.scripted_mx import HungUp, Mx, ended

NOW = 1_800_000_000_000
BOUND = 60
DNS = FakeResolver(
    {
        ("b.example", "MX"): FakeAnswer(records=("10 mx.acme.example",)),
        ("mx.acme.example", "A"): FakeAnswer(records=("127.0.0.1",)),
    }
)
MAIL = Envelope(return_path="me@a.example", recipient="you@b.example", size=18)


@dataclass
class Strict(Mx):
    """A host that greets no more than `limit` sessions at once; it tells the others so."""

    limit: int = 2
    turned_away: int = 0

    async def converse(self, reader, writer):
        if self.open > self.limit:
            self.turned_away += 1
            writer.write(b"421 4.7.0 Too many concurrent connections\r\n")
            await writer.drain()
            raise HungUp
        await super().converse(reader, writer)


@dataclass
class Workers:
    """Workers of one deployment, each with its own portions and its own connections."""

    peer: Mx
    store: object
    groups: object
    port: int
    deliverers: list[MxDeliverer] = field(default_factory=list)
    shapings: list[Shaping] = field(default_factory=list)
    tasks: list[asyncio.Task] = field(default_factory=list)

    def start(self, count):
        for number in range(count):
            keeper = PortionKeeper(self.store, f"n/{number}")
            shaping = Shaping(self.groups, keeper.portions)
            how = DeliverSettings(
                hello="me.test", smtp_port=self.port, allow_private_destinations=True, wait_s=1.0
            )
            deliverer = MxDeliverer(DNS, how, shaping=shaping)
            keeper.renewed = deliverer.pool.renewed
            self.tasks.append(asyncio.create_task(keeper.run()))
            self.tasks.append(asyncio.create_task(ShapingKeeper(self.store, shaping).run()))
            self.deliverers.append(deliverer)
            self.shapings.append(shaping)

    async def send(self, deliverer):
        """Deliver one message as the queue does: put back, it comes again."""
        while True:
            outcome = await deliverer.deliver(MAIL, [b"Subject: x\r\n\r\n", b"hi\r\n"])
            if isinstance(outcome, Delivered):
                return
            assert isinstance(outcome, Deferred)
            delay = outcome.own_delay
            await asyncio.sleep(0.1 if delay is None else delay.at_most_ms / 1000)

    async def stop(self):
        for task in self.tasks:
            task.cancel()
        for task in self.tasks:
            with suppress(asyncio.CancelledError):
                await task
        for deliverer in self.deliverers:
            await deliverer.close()


@asynccontextmanager
async def workers(store, peer, tmp_path, row, count):
    table = tmp_path / "groups.toml"
    table.write_text(f'[group.acme]\nmx = ["acme.example"]\n{row}')
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    here = Workers(peer, store, load_groups(10, str(table)), server.sockets[0].getsockname()[1])
    here.start(count)
    try:
        yield here
    finally:
        await here.stop()
        await ended(peer, server)


async def test_two_workers_together_open_no_more_than_the_limit(store, tmp_path):
    async with workers(store, Mx(), tmp_path, "connections = 3", 2) as here:
        sending = [here.send(here.deliverers[number % 2]) for number in range(60)]
        async with asyncio.timeout(BOUND):
            await asyncio.gather(*sending)
        assert here.peer.most <= 3
        assert len(here.peer.messages) == 60


async def test_two_workers_together_send_no_faster_than_the_limit(store, tmp_path):
    row = "connections = 9\nmessages_per_second = 10"
    async with workers(store, Mx(), tmp_path, row, 2) as here:
        begun = asyncio.get_running_loop().time()
        sending = [here.send(here.deliverers[number % 2]) for number in range(50)]
        async with asyncio.timeout(BOUND):
            await asyncio.gather(*sending)
        took = asyncio.get_running_loop().time() - begun
        assert took >= (50 - 2 * 10) / 10  # two bursts of a second at most


async def test_a_host_that_turns_sessions_away_is_asked_for_fewer_by_all_workers(
    store, tmp_path, monkeypatch
):
    monkeypatch.setattr(shaping_keeper, "QUIET_S", 0.1)
    for what in ("ONE_SIGN_MS", "GROW_EVERY_MS"):  # however long it takes, it is one sign
        monkeypatch.setattr(adaptive, what, 3_600_000)
    peer = Strict(limit=1)
    async with workers(store, peer, tmp_path, "connections = 8", 2) as here:
        sending = [here.send(here.deliverers[0]) for number in range(20)]
        async with asyncio.timeout(BOUND):
            await asyncio.gather(*sending)
            acme = here.shapings[1].groups.named("acme")
            while here.shapings[1].factor(acme) == 1.0:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.01)
        assert peer.turned_away > 0
        assert len(peer.messages) == 20
        ((name, factor, why, *_),) = await store.read(all_states)
        assert (name, factor) == ("acme", 0.5)
        assert why == "421 4.7.0 Too many concurrent connections"


@pytest.mark.parametrize("known", [[], [Learned("acme", "421 first")]], ids=["new", "known"])
def test_what_workers_learn_at_one_moment_counts_once(store, known):
    with store.transaction() as conn:
        fold(conn, known, NOW)
        for worker in range(3):
            fold(conn, [Learned("acme", f"421 {worker}")], NOW + ONE_SIGN_MS)
        ((_, factor, why, shrunk_at, _),) = all_states(conn)
    assert (factor, why, shrunk_at) == (0.5 / (1 + len(known)), "421 0", NOW + ONE_SIGN_MS)


def test_a_group_grows_back_whoever_delivers_and_is_forgotten_then(store):
    with store.transaction() as conn:
        fold(conn, [Learned("acme", "421 busy")], NOW)
        for minute in range(1, 6):
            for _worker in range(3):
                fold(conn, [Learned("acme", taken=9)], NOW + minute * GROW_EVERY_MS)
        assert GroupState(*all_states(conn)[0]).factor == pytest.approx(1.0)
        fold(conn, [], NOW + 5 * GROW_EVERY_MS + REMEMBER_MS + 1)
        assert all_states(conn) == []


def test_the_operator_may_forget_what_a_group_said(store):
    with store.transaction() as conn:
        fold(conn, [Learned("acme", "421 busy"), Learned("b", "421 busy")], NOW)
        assert forget_state(conn, "acme")
        assert not forget_state(conn, "acme")
        assert [row[0] for row in all_states(conn)] == ["b"]


async def test_what_any_worker_learned_is_shown_in_the_metrics_of_each(store, tmp_path):
    with store.transaction() as conn:
        fold(conn, [Learned("google", "421 busy"), Learned("small.example", "421 busy")], NOW)
    groups = load_groups(10)
    gauges = FactorGauges(tmp_path, {group.name for group in groups.listed})
    await ShapingKeeper(store, Shaping(groups), gauges.show).exchange()
    shown = gauge_exposition(tmp_path)
    assert 'pillarbox_shaping_factor{group="google"} 0.5\n' in shown
    assert 'pillarbox_shaping_factor{group="other"} 0.5\n' in shown
    assert 'pillarbox_shaping_factor{group="yahoo"} 1\n' in shown
