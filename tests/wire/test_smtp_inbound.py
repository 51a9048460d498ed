"""What the inbound listener answers when its intake can't do what was asked."""

import pytest

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.inbound.addresses import InboundAddresses
from pillarbox.inbound.recording import Result
from pillarbox.proto.links import verp
from pillarbox.proto.smtp_server.events import Authenticate, MailFrom, Message, RcptTo
from pillarbox.wire.smtp_inbound.owner import InboundOwner

KEY = b"k" * 32
PATH = f"{verp.encode(b'i' * 16, 3, KEY)}@bounce.example"


class Stand:
    """An intake that keeps what it takes, unless its store is down."""

    def __init__(self) -> None:
        self._addresses = InboundAddresses([KEY], "bounce.example")
        self.taken: list[tuple[tuple[str, ...], bytes]] = []
        self.down = False

    def takes(self, address: str) -> bool:
        return self._addresses.takes(address)

    async def take(self, recipients: tuple[str, ...], content: bytes, sender: str) -> list[Result]:
        if self.down:
            raise ServiceUnavailable
        self.taken.append((sender, recipients, content))
        return []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        (PATH, 250),
        (PATH.upper(), 250),
        ("feedback@BOUNCE.example", 250),
        ("feedback@example.org", 550),
        ("postmaster@bounce.example", 550),
        (f"{verp.encode(b'i' * 16, 3, b'o' * 32)}@bounce.example", 550),
        (PATH.partition("@")[0], 550),
        (f"{PATH.partition('@')[0]}@", 550),
        ("", 550),
    ],
)
def test_only_our_own_addresses_are_taken(address: str, code: int) -> None:
    assert InboundOwner(Stand()).rcpt_to(RcptTo(address)).code == code


async def test_anybody_may_send_and_nobody_logs_in() -> None:
    owner = InboundOwner(Stand())
    assert [(await owner.mail_from(MailFrom(one, 0))).code for one in ("", "a@b.example")] == [
        250,
        250,
    ]
    assert (await owner.log_in(Authenticate("AKID", "secret"))).code == 502


async def test_what_can_not_be_stored_is_to_come_again() -> None:
    stand = Stand()
    owner, mail = InboundOwner(stand), Message("back@b.example", (PATH,), b"hi")
    assert (await owner.message(mail)).code == 250
    stand.down = True
    assert (await owner.message(mail)).code == 451
    assert stand.taken == [("back@b.example", (PATH,), b"hi")]
