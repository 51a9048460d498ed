"""Our DNS listener on loopback, with dnspython as its client over UDP and TCP."""

import asyncio
import socket

import dns.asyncquery
import dns.flags
import dns.message
import dns.rcode
import pytest

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.identity.dns_listener import DnsListener
from pillarbox.identity.names import ServiceNames

ZONE = "mail.example"
SHORT_TOKEN, LONG_TOKEN, GONE_TOKEN = "s" * 32, "l" * 32, "g" * 32
LONG = "v=DKIM1; p=" + "A" * 1500


class Tokens:
    """What the store would know of DKIM tokens; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False

    async def find(self, token: str) -> str | None:
        self.asked.append(token)
        if self.down:
            raise ServiceUnavailable
        return {SHORT_TOKEN: "v=DKIM1; p=abc", LONG_TOKEN: LONG}.get(token)


def bound(kind: socket.SocketKind, port: int = 0) -> socket.socket:
    one = socket.socket(socket.AF_INET, kind)
    one.setblocking(False)
    try:
        one.bind(("127.0.0.1", port))
    except OSError:
        one.close()
        raise
    return one


@pytest.fixture
async def listening():
    """(port, tokens) of a listener; UDP and TCP have the same port."""
    for _ in range(20):
        udp = bound(socket.SOCK_DGRAM)
        try:
            tcp = bound(socket.SOCK_STREAM, udp.getsockname()[1])
            break
        except OSError:
            udp.close()
    tokens = Tokens()
    listener = DnsListener(ServiceNames(ZONE), tokens.find)
    await listener.start(udp, tcp)
    yield udp.getsockname()[1], tokens
    listener.close()
    await asyncio.sleep(0)


async def ask(port: int, name: str, kind: str = "TXT", *, tcp: bool = False):
    query = dns.message.make_query(name, kind)
    send = dns.asyncquery.tcp if tcp else dns.asyncquery.udp
    return await send(query, "127.0.0.1", timeout=60, port=port)


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "rcode", "answer"),
    [
        (f"{SHORT_TOKEN}.dkim.{ZONE}", "TXT", "NOERROR", '"v=DKIM1; p=abc"'),
        (f"{SHORT_TOKEN.upper()}.DKIM.{ZONE}", "TXT", "NOERROR", '"v=DKIM1; p=abc"'),
        (f"{SHORT_TOKEN}.dkim.{ZONE}", "A", "NOERROR", None),
        (f"{SHORT_TOKEN}._domainkey.{ZONE}", "TXT", "NOERROR", '"v=DKIM1; p=abc"'),
        (f"{GONE_TOKEN}._domainkey.{ZONE}", "TXT", "NXDOMAIN", None),
        (f"_domainkey.{ZONE}", "TXT", "NOERROR", None),
        (f"{GONE_TOKEN}.dkim.{ZONE}", "TXT", "NXDOMAIN", None),
        (f"a.{SHORT_TOKEN}.dkim.{ZONE}", "TXT", "NXDOMAIN", None),
        (f"dkim.{ZONE}", "TXT", "NOERROR", None),
        (f"bounce.{ZONE}", "MX", "NOERROR", f"10 mta.{ZONE}."),
        (f"bounce.{ZONE}", "TXT", "NOERROR", f'"v=spf1 a:mta.{ZONE} -all"'),
        (ZONE, "NS", "NOERROR", f"ns.{ZONE}."),
        (ZONE, "SOA", "NOERROR", f"ns.{ZONE}. hostmaster.{ZONE}. 1 3600 600 604800 60"),
        (ZONE, "A", "NOERROR", None),
        (f"nothing.{ZONE}", "TXT", "NXDOMAIN", None),
        ("other.example", "TXT", "REFUSED", None),
        (ZONE, "IXFR", "REFUSED", None),
    ],
)
async def test_questions_are_answered(listening, name, kind, rcode, answer, tcp):
    port, _ = listening
    response = await ask(port, name, kind, tcp=tcp)
    assert dns.rcode.to_text(response.rcode()) == rcode
    found = [rdata.to_text() for rrset in response.answer for rdata in rrset]
    assert found == ([answer] if answer else [])


async def test_a_long_key_is_cut_over_udp_and_whole_over_tcp(listening):
    port, _ = listening
    short = await ask(port, f"{LONG_TOKEN}.dkim.{ZONE}")
    assert short.flags & dns.flags.TC
    assert not short.answer
    whole = await ask(port, f"{LONG_TOKEN}.dkim.{ZONE}", tcp=True)
    assert b"".join(whole.answer[0][0].strings).decode() == LONG


async def test_questions_elsewhere_cost_no_look_up(listening):
    port, tokens = listening
    await ask(port, f"bounce.{ZONE}")
    await ask(port, f"{SHORT_TOKEN}.dkim.other.example")
    await ask(port, f"no-token.dkim.{ZONE}")
    assert tokens.asked == []


async def test_while_the_store_is_down_nobody_is_told_that_a_key_is_gone(listening):
    port, tokens = listening
    tokens.down = True
    response = await ask(port, f"{SHORT_TOKEN}.dkim.{ZONE}", tcp=True)
    assert dns.rcode.to_text(response.rcode()) == "SERVFAIL"
    tokens.down = False
    assert (await ask(port, f"{SHORT_TOKEN}.dkim.{ZONE}")).answer


async def test_several_questions_go_over_one_connection(listening):
    port, _ = listening
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    queries = [
        dns.message.make_query(f"{name}.dkim.{ZONE}", "TXT") for name in (SHORT_TOKEN, LONG_TOKEN)
    ]
    for query in queries:
        wire = query.to_wire()
        writer.write(len(wire).to_bytes(2, "big") + wire)
    for query in queries:
        length = int.from_bytes(await reader.readexactly(2), "big")
        assert query.is_response(dns.message.from_wire(await reader.readexactly(length)))
    writer.close()
    await writer.wait_closed()


async def test_rubbish_is_survived_in_silence(listening):
    port, _ = listening
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"\x00\x05hello")
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"hello", ("127.0.0.1", port))
        sender.sendto(b"", ("127.0.0.1", port))
    assert (await ask(port, f"{SHORT_TOKEN}.dkim.{ZONE}")).answer
