"""Which host mail goes to, and what becomes of it when there is none: as a domain's DNS says."""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import RECEIVER, SECOND, World
from tests.e2e.letters import simple
from tests.peers.dns_zone import DnsZone
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = pytest.mark.postfix
Records = Callable[[DnsZone, str], None]
"""Sets the records of a domain, given an address that nobody listens on."""


def send(world: World, domain: str, to: str) -> str:
    """Send a message from a verified domain; its id."""
    world.verify(domain)
    sent = world.node.client("sesv2").send_email(**simple(f"me@{domain}", to))
    return str(sent["MessageId"])


def test_the_next_host_takes_what_the_first_does_not_answer_for(
    world: World, domain: str, dead: str
) -> None:
    world.zone.set(f"down.{SECOND}", "A", dead)
    world.zone.set(SECOND, "MX", f"10 down.{SECOND}", f"20 mx.{RECEIVER}")
    message_id = send(world, domain, f"ok@{SECOND}")
    world.node.events_when(message_id, "Send", "Delivery")
    world.arrived("ok", message_id)


def no_mail(zone: DnsZone, _dead: str) -> None:
    zone.set("null.example", "MX", "0 .")


def down_and_gone(zone: DnsZone, dead: str) -> None:
    zone.set("down.half.example", "A", dead)
    zone.set("half.example", "MX", "10 down.half.example", "20 gone.half.example")


def gone_and_down(zone: DnsZone, dead: str) -> None:
    zone.set("down.otherhalf.example", "A", dead)
    zone.set("otherhalf.example", "MX", "10 gone.otherhalf.example", "20 down.otherhalf.example")


def broken(zone: DnsZone, _dead: str) -> None:
    zone.fail("broken.example")


def nothing(_zone: DnsZone, _dead: str) -> None:
    """A domain that does not exist."""


@pytest.mark.parametrize(
    ("to", "records", "status"),
    [("null.example", no_mail, "5.1.10"), ("none.example", nothing, "5.1.2")],
)
def test_a_domain_that_never_takes_mail_bounces_at_once(
    world: World, domain: str, dead: str, to: str, records: Records, status: str
) -> None:
    records(world.zone, dead)
    events = world.node.events_when(send(world, domain, f"a@{to}"), "Send", "Bounce")
    (bounce,) = [one["bounce"] for one in events if one["eventType"] == "Bounce"]
    assert bounce["bounceType"] == "Permanent"
    assert bounce["bouncedRecipients"][0]["status"] == status


@pytest.mark.parametrize(
    ("to", "records", "reply"),
    [
        ("half.example", down_and_gone, "4.4.1"),
        ("otherhalf.example", gone_and_down, "4.4.1"),
        ("broken.example", broken, "4.4.3"),
    ],
)
def test_while_there_is_hope_mail_stays_queued(
    world: World, domain: str, dead: str, to: str, records: Records, reply: str
) -> None:
    records(world.zone, dead)
    message_id = send(world, domain, f"a@{to}")

    def tried() -> bool:
        events = [one["eventType"] for one in world.node.events(message_id)]
        assert events == ["Send"]
        return [reply in (last or "") for *_, last in world.waiting(message_id)] == [True]

    until(tried, ARRIVAL_SECONDS, f"an attempt that ends with {reply}")


def test_a_host_that_is_known_to_be_down_is_tried_when_an_operator_asks_for_it(
    world: World, domain: str, dead: str
) -> None:
    world.zone.set("asked-for.example", "A", dead)

    def last_reply(message_id: str, attempts: int) -> str:
        """The reply of an attempt, once it was made."""
        replies: list[str] = []

        def tried() -> bool:
            replies[:] = [last for _, n, last in world.waiting(message_id) if n == attempts]
            return bool(replies)

        until(tried, ARRIVAL_SECONDS, f"attempt {attempts}")
        return replies[0]

    message_id = send(world, domain, "a@asked-for.example")
    while "Not tried again so soon" not in last_reply(message_id, 1):
        message_id = send(world, domain, "a@asked-for.example")
    world.node.run("queue", "retry", "--message", message_id)
    refused = "4.4.1 Unable to connect to remote host: Connection refused"
    assert refused in last_reply(message_id, 2)
