"""Exim as the receiving MX, in many moods: another server than Postfix, another TLS library."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings
from pillarbox.deliver.tls_choice import StsFound
from pillarbox.deliver.tls_policies import TlsPolicies
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Delivered, Failed, Outcome
from pillarbox.proto.dns.mta_sts import StsPolicy
from tests.deliver.fake_dns import FakeAnswer, FakeResolver
from tests.peers.authority import Certified
from tests.peers.exim import EximMx, exim_mx, why_not
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = pytest.mark.skipif(bool(why_not()), reason=f"Exim: {why_not()}")

DOMAIN, HOST = "there.example", "mx.there.example"
SEVEN_BIT = (b"Subject: s\r\n\r\n", b"hi\r\n" * 100)
EIGHT_BIT = (b"Subject: s\r\n\r\n", "grüße\r\n".encode() * 100)
#: What a transfer may spoil: dots, blanks at the end of a line, long lines, empty ones at the end.
DELICATE = (
    b"Subject: a\r\n  folded one\r\nX-Own:  two blanks,\ta tab \r\n\r\n",
    b".\r\n..\r\n.hidden\r\n \t \r\n" + b"x" * 998 + b"\r\n" + b"." * 998 + b"\r\nend\r\n\r\n\r\n",
)
OK = Envelope(return_path="b@us.example", recipient=f"ok@{DOMAIN}", size=414)
UNKNOWN = replace(OK, recipient=f"unknown@{DOMAIN}")
GREY_ONE = replace(OK, recipient=f"later@{DOMAIN}")
EIGHT = replace(OK, eight_bit=True, size=814)
SECURE = replace(OK, tls_required=True)
ROOT = Certified.issue("root", authority=True)
SHOWN = Certified.issue("mx", ROOT, hosts=[HOST])
OTHER = Certified.issue("mx", ROOT, hosts=["mx.other.example"])

PLAIN, IN_TURN = {"tls_advertise_hosts": ""}, {"pipelining_advertise_hosts": ""}
Expected = tuple[type[Outcome], str | None]
GOT: Expected = (Delivered, None)
LOST: Expected = (Failed, None)
WAITS: Expected = (Deferred, None)
GREY: Expected = (Deferred, "4.7.1")
#: By mood: its settings, the messages in turn, what becomes of each, the TLS of the last.
CASES: dict[str, tuple[dict[str, str], Sequence[Envelope], Sequence[Expected], str]] = {
    "usual": ({}, (OK, UNKNOWN, GREY_ONE, EIGHT), (GOT, LOST, GREY, GOT), "TLSv1.3"),
    "usual, TLS required": ({}, (SECURE,), (GOT,), "TLSv1.3"),
    "no STARTTLS": (PLAIN, (OK,), (GOT,), ""),
    "no STARTTLS, TLS required": (PLAIN, (SECURE,), ((Failed, "5.7.10"),), ""),
    "TLS 1.2": ({"tls_require_ciphers": "NORMAL:-VERS-TLS1.3"}, (OK,), (GOT,), "TLSv1.2"),
    "no PIPELINING": (IN_TURN, (OK, UNKNOWN, OK), (GOT, LOST, GOT), "TLSv1.3"),
    "no CHUNKING": ({"chunking_advertise_hosts": ""}, (OK, EIGHT), (GOT, GOT), "TLSv1.3"),
    "no 8BITMIME": ({"accept_8bitmime": "no"}, (EIGHT, OK), ((Failed, "5.6.3"), GOT), "TLSv1.3"),
    "small SIZE": ({"message_size_limit": "200"}, (OK,), ((Failed, "5.3.4"),), "TLSv1.3"),
    "two a connection": ({"smtp_accept_max_per_connection": "2"}, [OK] * 5, [GOT] * 5, "TLSv1.3"),
    "refuses clients": ({"acl_smtp_connect": "deny"}, (OK,), (LOST,), ""),
    "drops at MAIL": ({"acl_smtp_mail": "drop"}, (OK, OK), (LOST, LOST), "TLSv1.3"),
    "not now at DATA": ({"acl_smtp_predata": "defer"}, (OK, OK), (WAITS, WAITS), "TLSv1.3"),
    "refuses content": ({"acl_smtp_data": "deny"}, (OK,), (LOST,), "TLSv1.3"),
}


@dataclass(frozen=True)
class World:
    """An Exim of some mood, and what delivers to it."""

    mx: EximMx
    sending: MxDeliverer
    dns: FakeResolver

    async def deliver(self, *letters: tuple[Envelope, Sequence[bytes]]) -> list[Outcome]:
        try:
            return [await self.sending.deliver(*one) for one in letters]
        finally:
            await self.sending.close()

    def kept(self, number: int) -> list[bytes]:
        """The mailbox, once it has so many messages: Exim delivers after its 250."""
        until(lambda: len(self.mx.delivered("ok")) >= number, ARRIVAL_SECONDS, f"{number} messages")
        return self.mx.delivered("ok")


@contextmanager
def world(
    folder: Path,
    settings: Mapping[str, str],
    *,
    shown: Certified = SHOWN,
    sts: Any = None,
    tlsa: str = "",
) -> Iterator[World]:
    authorities = folder / "root.pem"
    authorities.write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    chain = {"tls_certificate": str(shown.write(folder / "shown.pem"))}
    with exim_mx(chain | dict(settings)) as mx:
        answers = {
            (DOMAIN, "MX"): FakeAnswer(records=(f"10 {HOST}",), authenticated=True),
            (HOST, "A"): FakeAnswer(records=("127.0.0.1",), authenticated=True),
        }
        if tlsa:
            answers[f"_{mx.port}._tcp.{HOST}", "TLSA"] = FakeAnswer("ok", (tlsa,), True)
        dns = FakeResolver(answers)
        chosen = DeliverSettings(
            hello="us.example", smtp_port=mx.port, allow_private_destinations=True
        )
        policies = TlsPolicies(dns, mx.port, sts=sts) if sts else TlsPolicies(dns, mx.port)
        tls = TlsContexts(str(authorities))
        yield World(mx, MxDeliverer(dns, chosen, tls=tls, policies=policies), dns)


@pytest.mark.parametrize("mood", CASES)
async def test_each_message_has_the_outcome_that_the_server_gave_it(
    tmp_path: Path, mood: str
) -> None:
    settings, envelopes, expected, tls = CASES[mood]
    letters = [(one, EIGHT_BIT if one.eight_bit else SEVEN_BIT) for one in envelopes]
    with world(tmp_path, settings) as here:
        outcomes = await here.deliver(*letters)
        assert [(type(one), one.reply.enhanced) for one in outcomes] == list(expected)
        assert outcomes[-1].attempt.tls == tls
        taken = [
            b"".join(content)
            for (_, content), (kind, _) in zip(letters, expected, strict=True)
            if kind is Delivered
        ]
        assert sorted(here.kept(len(taken))) == sorted(taken)
        assert "synchronization error" not in here.mx.log()


@pytest.mark.parametrize("settings", [{}, PLAIN | IN_TURN], ids=["usual", "plain, in turn"])
async def test_not_an_octet_is_changed_on_the_way(tmp_path: Path, settings: dict[str, str]) -> None:
    with world(tmp_path, settings) as here:
        (outcome,) = await here.deliver((OK, DELICATE))
        assert isinstance(outcome, Delivered)
        assert here.kept(1) == [b"".join(DELICATE)]


class Enforced:
    """The domain's MTA-STS policy, enforced."""

    async def of_domain(self, domain: str) -> StsFound:
        return StsFound(domain, StsPolicy("enforce", (HOST,), 86_400))

    async def close(self) -> None:
        """Nothing is under way."""


STARTS = "TLS is required by the MTA-STS policy of there.example"


@pytest.mark.parametrize(
    ("settings", "shown", "words"),
    [
        ({}, SHOWN, "OK id="),
        ({}, OTHER, f"4.7.5 {STARTS}: its certificate is not valid: Hostname mismatch"),
        (PLAIN, SHOWN, f"4.7.10 {STARTS} and the server does not offer it"),
    ],
    ids=["its certificate", "another's certificate", "no STARTTLS"],
)
async def test_an_enforced_policy_is_kept_to(
    tmp_path: Path, settings: dict[str, str], shown: Certified, words: str
) -> None:
    with world(tmp_path, settings, shown=shown, sts=Enforced()) as here:
        (outcome,) = await here.deliver((OK, SEVEN_BIT))
    assert outcome.reply.text.startswith(words)
    assert isinstance(outcome, Delivered if words == "OK id=" else Deferred)
    assert outcome.attempt.security.policy == "MTA-STS"
    assert outcome.attempt.security.verified is isinstance(outcome, Delivered)


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        (SHOWN.tlsa(3, 1, 1), Delivered),
        (ROOT.tlsa(2, 0, 1), Delivered),
        (ROOT.tlsa(3, 1, 1), Deferred),
    ],
    ids=["DANE-EE", "DANE-TA", "another"],
)
async def test_tlsa_records_are_kept_to(tmp_path: Path, named: str, kind: type[Outcome]) -> None:
    with world(tmp_path, {}, tlsa=named) as here:
        (outcome,) = await here.deliver((OK, SEVEN_BIT))
    assert isinstance(outcome, kind)
    assert outcome.attempt.security.policy == "DANE"
