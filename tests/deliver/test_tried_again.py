"""A host that was found down is tried again when somebody has mail tried again by hand."""

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.model.outcome import Deferred, Delivered
from tests.deliver.test_mx_delivery import CONTENT, ENVELOPE, one_host, settings
from tests.peers.scripted_smtp import DROP, MESSAGE, SESSION, scripted_smtp

DOWN = ((DROP,), (DROP,))


class ByHand:
    """How often somebody had mail tried again; None: the store can't be reached."""

    times: int | None = 0

    async def __call__(self) -> int:
        if self.times is None:
            raise ServiceUnavailable
        return self.times


async def test_a_host_that_is_down_is_tried_once_somebody_asks_for_it() -> None:
    by_hand = ByHand()
    async with scripted_smtp(*DOWN, (*SESSION, *MESSAGE)) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port), retried=by_hand)
        outcomes = [await deliverer.deliver(ENVELOPE, CONTENT) for _ in range(4)]
        by_hand.times = 1
        after = await deliverer.deliver(ENVELOPE, CONTENT)
        await deliverer.close()
    assert all(isinstance(one, Deferred) for one in outcomes)
    assert ["Not tried" in one.reply.text for one in outcomes] == [False, False, True, True]
    assert isinstance(after, Delivered)


async def test_who_asked_once_has_it_tried_until_it_is_down_again() -> None:
    by_hand = ByHand()
    async with scripted_smtp(*DOWN, *DOWN) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port), retried=by_hand)
        outcomes = [await deliverer.deliver(ENVELOPE, CONTENT) for _ in range(2)]
        by_hand.times = 1
        outcomes += [await deliverer.deliver(ENVELOPE, CONTENT) for _ in range(4)]
        await deliverer.close()
    assert ["Not tried" in one.reply.text for one in outcomes] == [False] * 4 + [True] * 2


async def test_while_nobody_can_be_asked_a_host_stays_down() -> None:
    by_hand = ByHand()
    by_hand.times = None
    async with scripted_smtp(*DOWN) as peer:
        deliverer = MxDeliverer(one_host(), settings(peer.port), retried=by_hand)
        outcomes = [await deliverer.deliver(ENVELOPE, CONTENT) for _ in range(3)]
        await deliverer.close()
    assert "Not tried" in outcomes[-1].reply.text
