"""`pillarbox doctor` looks at the ways out to receivers and back for bounces."""

import socket

import pytest

from pillarbox.cli.doctor_inbound import _passes
from tests.cli.calling import Call
from tests.cli.doctoring import GOOD_MX, GOOD_ZONE, greeting, smart_host, states, taking
from tests.peers.dnslib_server import DnslibServer, Records

HOST: Records = {("mta.mail.test", "A"): ["127.0.0.1"]}
SPF: Records = {("bounce.mail.test", "TXT"): ['"v=spf1 a:mta.mail.test -all"']}
TWO: Records = {("bounce.mail.test", "TXT"): ['"v=spf1 -all"', '"v=spf1 a:mta.mail.test -all"']}


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILLARBOX_LISTEN_API", "127.0.0.1:9")


@pytest.mark.parametrize(
    ("records", "line", "zone", "way_out"),
    [
        (GOOD_ZONE | GOOD_MX, b"220 hello\r\n", "ok", "ok"),
        (GOOD_ZONE | GOOD_MX, b"554 go away\r\n", "ok", "warning"),
        (GOOD_MX, b"220 hello\r\n", "problem", "ok"),
        (GOOD_ZONE, b"220 hello\r\n", "ok", "problem"),
        ({("bounce.mail.test", "MX"): ["5 other.test."]} | GOOD_MX, b"220 h\r\n", "problem", "ok"),
        ({("bounce.mail.test", "MX"): ["SERVFAIL"]} | GOOD_MX, b"220 h\r\n", "problem", "ok"),
    ],
)
def test_zone_and_way_out_are_looked_at_in_direct_mode(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    records: Records,
    line: bytes,
    zone: str,
    way_out: str,
) -> None:
    with DnslibServer(records) as dns, greeting(line) as port:
        for name, value in {
            "DELIVER_MODE": "direct",
            "DELIVER_SMTP_PORT": str(port),
            "SERVICE_DOMAIN": "mail.test",
            "DNS_RESOLVER": dns.address,
        }.items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        found = states(call, "--probe", "far.test")
    assert (found["zone"][0], found["way out"][0]) == (zone, way_out)


def test_a_closed_port_25_says_what_to_do(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with DnslibServer(GOOD_ZONE | GOOD_MX) as dns:
        for name, value in {
            "DELIVER_MODE": "direct",
            "DELIVER_SMTP_PORT": "9",
            "SERVICE_DOMAIN": "mail.test",
            "DNS_RESOLVER": dns.address,
        }.items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        state, text = states(call, "--probe", "far.test")["way out"]
    assert state == "problem"
    assert "mx.far.test port 9" in text
    assert "ask your provider" in text


def test_a_port_that_nobody_answers_on_is_called_blocked(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pillarbox.cli.doctor_way_out.PROBE_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent, DnslibServer(GOOD_ZONE | GOOD_MX) as dns:
        port = silent.getsockname()[1]
        for name, value in {
            "DELIVER_MODE": "direct",
            "DELIVER_SMTP_PORT": str(port),
            "SERVICE_DOMAIN": "mail.test",
            "DNS_RESOLVER": dns.address,
        }.items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        state, text = states(call, "--probe", "far.test")["way out"]
    assert state == "problem"
    assert f"all connections to port {port} time out" in text
    assert 'mode = "relay"' in text


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (b"235 2.7.0 welcome\r\n", "ok", "takes the login of me"),
        (b"535 5.7.8 wrong\r\n", "problem", "refused the login: 535 5.7.8 wrong"),
    ],
    ids=["taken", "refused"],
)
def test_the_smart_host_is_logged_in_to(
    call: Call, monkeypatch: pytest.MonkeyPatch, answer: bytes, state: str, words: str
) -> None:
    with smart_host(answer) as port, DnslibServer(GOOD_ZONE) as dns:
        for name, value in {
            "DELIVER_MODE": "relay",
            "RELAY_HOST": "127.0.0.1",
            "RELAY_PORT": str(port),
            "RELAY_TLS": "none",
            "RELAY_USERNAME": "me",
            "RELAY_PASSWORD": "correct horse",
            "SERVICE_DOMAIN": "mail.test",
            "DNS_RESOLVER": dns.address,
        }.items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        found = states(call)["way out"]
    assert found[0] == state
    assert words in found[1]
    assert "horse" not in found[1]


@pytest.mark.parametrize(
    ("records", "code", "way_in", "spf"),
    [
        (HOST | SPF, b"250", "ok", "ok"),
        (HOST | SPF, b"550", "warning", "ok"),
        (SPF, b"250", "problem", "ok"),
        (HOST, b"250", "ok", "warning"),
        (HOST | TWO, b"250", "ok", "problem"),
    ],
    ids=["fine", "refused", "no address", "no SPF", "two SPF records"],
)
def test_it_says_whether_bounces_can_come_back(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    records: Records,
    code: bytes,
    way_in: str,
    spf: str,
) -> None:
    with DnslibServer(GOOD_ZONE | records) as dns, taking(code) as port:
        for name, value in {
            "DELIVER_MODE": "direct",
            "DELIVER_SMTP_PORT": str(port),
            "SERVICE_DOMAIN": "mail.test",
            "DNS_RESOLVER": dns.address,
        }.items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        found = states(call, "--probe", "far.test")
    assert (found["way in"][0], found["spf"][0]) == (way_in, spf), found


@pytest.mark.parametrize(
    ("record", "address", "passes"),
    [
        ("v=spf1 a:mta.x -all", "192.0.2.1", True),
        ("v=spf1 a:mta.x -all", "192.0.2.2", False),
        ("v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.2", True),
        ("v=spf1 ip6:2001:db8::/32 -all", "2001:db8::1", True),
        ("v=spf1 ip4:nonsense -all", "192.0.2.2", False),
        ("v=spf1 include:other.example -all", "192.0.2.2", True),
        ("v=spf1 -all", "192.0.2.2", False),
    ],
)
def test_an_spf_record_is_read_as_far_as_it_goes(record: str, address: str, passes: bool) -> None:
    assert _passes(record, "mta.x", ["192.0.2.1"], address) is passes
