"""Mail that comes back, in store tests: a message that was sent, and the intake of a worker."""

from concurrent.futures import Executor

from pillarbox.base.ids import row_id_of
from pillarbox.inbound.addresses import InboundAddresses
from pillarbox.inbound.intake import Intake, IntakeRules
from pillarbox.inbound.recording import Result
from pillarbox.observe.metrics import WorkerMetrics, exposition
from pillarbox.proto.links import verp
from pillarbox.store.lists.suppression import find_suppressed
from pillarbox.store.mail.recipients import held_states
from pillarbox.store.publishing.events import message_events
from pillarbox.store.store import Store
from tests.store.accepting import World, mail
from tests.store.rows import ACCOUNT, NOW

KEY = b"k" * 32
OTHER_KEY = b"o" * 32
LATER = NOW + 60_000
BOUNCES = "bounce.example.net"


def new_intake(store: Store, folder, threads: Executor, **rules) -> Intake:
    """The intake of a worker."""
    return Intake(
        store,
        InboundAddresses([KEY], BOUNCES),
        IntakeRules(region="us-east-1", **rules),
        clock=lambda: LATER,
        threads=threads,
        metrics=WorkerMetrics(folder, 0),
    )


class Back:
    """One message to two people of example.org and one elsewhere, and the intake of a worker."""

    def __init__(self, world: World, folder, threads) -> None:
        self.world = world
        self.folder = folder
        self.threads = threads
        self.intake = new_intake(world.store, folder, threads)
        self.message_id = ""
        self.send()

    def send(self, **parts) -> None:
        to = ("to@example.org", "Too@EXAMPLE.org", "far@example.net")
        (self.message_id,) = self.world.accept(mail("a@example.com", *to, **parts))

    @property
    def row_id(self) -> bytes:
        found = row_id_of(self.message_id)
        assert found is not None
        return found

    def path(self, position: int = 0, key: bytes = KEY, domain: str = BOUNCES) -> str:
        return f"{verp.encode(self.row_id, position, key)}@{domain}"

    async def take(self, content: bytes, *to: str) -> list[Result]:
        return await self.intake.take(to or (self.path(),), content)

    def events(self) -> list[dict]:
        """The events after Send."""
        with self.world.store.transaction() as conn:
            return message_events(conn, ACCOUNT, self.row_id)[1:]

    def suppressed(self, address: str = "to@example.org"):
        with self.world.store.transaction() as conn:
            return find_suppressed(conn, ACCOUNT, address)

    def state(self, position: int = 0) -> int:
        with self.world.store.transaction() as conn:
            return held_states(conn, [self.row_id])[self.row_id, position][0]

    def counted(self) -> dict[str, int]:
        lines = exposition(self.folder).splitlines()
        found = [one.split() for one in lines if one.startswith("pillarbox_inbound_mails_total{")]
        return {name.split('"')[1]: int(float(count)) for name, count in found if float(count)}
