"""`pillarbox doctor` finds what is amiss and changes nothing."""

from pathlib import Path

import pytest

from tests.cli.calling import Call
from tests.cli.doctoring import GOOD_MX, GOOD_ZONE, greeting, states
from tests.peers.certificate import write_certificate
from tests.peers.dnslib_server import DnslibServer, Records

DIRECT = {
    "PILLARBOX_DELIVER_MODE": "direct",
    "PILLARBOX_SERVICE_DOMAIN": "mail.test",
    "PILLARBOX_DNS_RESOLVER": "127.0.0.1:9",
}


IN_CLEAR = {"PILLARBOX_SUBMISSION_ALLOW_PLAIN_AUTH_ON_LOOPBACK": "true"}


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILLARBOX_LISTEN_API", "127.0.0.1:9")


@pytest.mark.usefixtures("nothing_yet")
def test_before_the_first_start_nothing_is_a_problem_and_nothing_is_made(
    call: Call, tmp_path: Path
) -> None:
    found = call("doctor")
    assert found.code == 0
    assert "problem" not in found.out
    assert not (tmp_path / "data").exists()


def test_after_it_the_store_is_fine(call: Call) -> None:
    call("keys", "list")
    found = states(call)
    assert (found["data"][0], found["store"][0]) == ("ok", "ok")
    assert "nothing answers at 127.0.0.1:9" in found["service"][1]


@pytest.mark.parametrize(
    ("name", "value", "subject", "why"),
    [
        ("PILLARBOX_STORE_URL", "postgresql+psycopg://u:secret@127.0.0.1:9/x", "store", "refused"),
        ("PILLARBOX_MASTER_KEY", "A" * 43 + "=", "store", "not the master key"),
    ],
)
def test_a_store_that_does_not_fit_is_a_problem(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str, value: str, subject: str, why: str
) -> None:
    call("keys", "list")
    monkeypatch.setenv(name, value)
    assert call("doctor").code == 1
    state, text = states(call)[subject]
    assert state == "problem"
    assert why in text
    assert "u:***@" in text or "@" not in text


def test_a_lost_master_key_is_a_problem(call: Call, tmp_path: Path) -> None:
    call("keys", "list")
    (tmp_path / "data" / "master.key").unlink()
    assert states(call)["store"][0] == "problem"


def test_a_data_directory_that_others_can_read_is_a_warning(call: Call, tmp_path: Path) -> None:
    call("keys", "list")
    (tmp_path / "data").chmod(0o755)
    assert states(call)["data"] == (
        "warning",
        f"others can look into {tmp_path / 'data'}: chmod 700 {tmp_path / 'data'}",
    )


@pytest.mark.parametrize(
    ("variables", "state", "words"),
    [
        ({}, "ok", "http://127.0.0.1:8026"),
        ({"DELIVER_MODE": "direct"}, "warning", "[track] url is not set"),
        (
            {"DELIVER_MODE": "direct", "TRACK_URL": "http://email.mail.example"},
            "warning",
            "no HTTPS",
        ),
        (
            {"DELIVER_MODE": "direct", "TRACK_URL": "https://email.mail.example"},
            "ok",
            "https://email.mail.example",
        ),
    ],
)
def test_it_says_whether_recipients_reach_the_tracking_host(
    call: Call, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], state: str, words: str
) -> None:
    with DnslibServer({}) as dns:
        given = {"SERVICE_DOMAIN": "mail.example", "DNS_RESOLVER": dns.address}
        for name, value in (given | variables).items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        found = states(call)["tracking"]
    assert found[0] == state
    assert words in found[1]


def test_the_addresses_of_this_node_are_looked_at(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    records: Records = {
        ("out.mail.test", "A"): ["127.0.0.2"],
        ("2.0.0.127.in-addr.arpa", "PTR"): ["out.mail.test."],
    }
    with DnslibServer(GOOD_ZONE | GOOD_MX | records) as dns:
        for name, value in {
            "DELIVER_MODE": "direct",
            "DELIVER_SMTP_PORT": "9",
            "SERVICE_DOMAIN": "mail.test",
            "DNS_RESOLVER": dns.address,
        }.items():
            monkeypatch.setenv(f"PILLARBOX_{name}", value)
        call("ips", "add", "127.0.0.2", "--helo", "out.mail.test")
        assert states(call, "--probe", "far.test")["address"] == (
            "ok",
            "127.0.0.2: greets as out.mail.test",
        )
        call("ips", "remove", "127.0.0.2")
        call("ips", "add", "192.0.2.9", "--helo", "out.mail.test")
        state, text = states(call, "--probe", "far.test")["address"]
    assert state == "warning"
    assert "out.mail.test A should be 192.0.2.9, DNS has 127.0.0.2" in text
    assert "can't bind 192.0.2.9" in text


@pytest.mark.parametrize(
    ("environ", "state", "text"),
    [
        ({}, "ok", "a self-made certificate"),
        (DIRECT, "warning", "has no certificate: it offers no STARTTLS"),
        (DIRECT | IN_CLEAR, "warning", "it takes passwords in the clear, on loopback only"),
        ({"PILLARBOX_TLS_CERT_FILE": "/nowhere.pem"}, "problem", "can't use /nowhere.pem"),
    ],
)
def test_it_says_how_mail_can_be_handed_in_over_smtp(
    call: Call, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], state: str, text: str
) -> None:
    with DnslibServer({}) as dns:
        for name, value in (environ | {"PILLARBOX_DNS_RESOLVER": dns.address}).items():
            monkeypatch.setenv(name, value)
        assert (found := states(call)["smtp"])[0] == state
    assert text in found[1]


@pytest.mark.parametrize(
    ("days", "state", "text"),
    [
        (100, "ok", "is good for 99 days"),
        (3, "warning", "ends in 2 days"),
        (-1, "problem", "ended"),
    ],
)
def test_it_says_when_the_certificate_ends(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: int, state: str, text: str
) -> None:
    write_certificate(tmp_path / "cert.pem", "smtp.example", days)
    monkeypatch.setenv("PILLARBOX_TLS_CERT_FILE", str(tmp_path / "cert.pem"))
    assert (found := states(call)["smtp"])[0] == state
    assert text in found[1]


ROOT: Records = {("", "NS"): ["a.root-servers.test."]}


@pytest.mark.parametrize(
    ("records", "off", "state", "words"),
    [
        (ROOT, "", "ok", "the resolver validates"),
        ({}, "", "warning", "does not validate, or is not on loopback"),
        ({("", "NS"): ["SERVFAIL"]}, "", "warning", "no DNS server gave a usable answer"),
        (ROOT, "false", "ok", "off"),
    ],
    ids=["validates", "does not", "trouble", "off"],
)
def test_it_says_whether_dane_can_be_used(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    records: Records,
    off: str,
    state: str,
    words: str,
) -> None:
    with DnslibServer(GOOD_ZONE | GOOD_MX | records) as dns:
        for name, value in (DIRECT | {"PILLARBOX_DELIVER_SMTP_PORT": "9"}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PILLARBOX_DNS_RESOLVER", dns.address)
        monkeypatch.setenv("PILLARBOX_DELIVER_DANE", off or "true")
        found = states(call, "--probe", "far.test")["dane"]
    assert found[0] == state
    assert words in found[1]


@pytest.mark.parametrize(
    ("reply", "state", "says"),
    [
        (b"PONG\0", "ok", "answers"),
        (b"what?\0", "problem", "unexpected reply: what?"),
        (None, "problem", "not reached"),
    ],
)
def test_it_says_whether_the_content_scanner_answers(
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    reply: bytes | None,
    state: str,
    says: str,
) -> None:
    with greeting(reply or b"") as port:
        found = port if reply is not None else 9
        monkeypatch.setenv("PILLARBOX_SCAN_CLAMD", f"127.0.0.1:{found}")
        diagnosis = states(call)["scanner"]
    assert diagnosis[0] == state
    assert says in diagnosis[1]


def test_without_a_scanner_none_is_looked_at(call: Call) -> None:
    assert "scanner" not in states(call)
