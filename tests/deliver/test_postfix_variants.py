"""Postfix in many moods as the receiving MX: one instance, an address of loopback for each mood."""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

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
from tests.peers import postfix
from tests.peers.authority import Certified
from tests.peers.postfix import Postfix

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(not postfix.available(), reason="needs Debian's postfix, and root"),
]

DOMAIN, HOST = "there.example", "mx.there.example"
SEVEN_BIT = [b"Subject: s\r\n\r\n", b"hi\r\n" * 100]
EIGHT_BIT = [b"Subject: s\r\n\r\n", "grüße\r\n".encode() * 100]
OK = Envelope(return_path="b@us.example", recipient=f"ok@{DOMAIN}", size=414)
UNKNOWN = replace(OK, recipient=f"unknown@{DOMAIN}")
LATER = replace(OK, recipient=f"later@{DOMAIN}")
EIGHT = replace(OK, eight_bit=True, size=814)
SECURE = replace(OK, tls_required=True)
ROOT = Certified.issue("root", authority=True)
SHOWN = Certified.issue("mx", ROOT, hosts=[HOST])

LIMIT = {"message_size_limit": "200"}
MOODS = {
    "usual": {},
    "without TLS": {"smtpd_tls_security_level": "none"},
    "TLS 1.2 alone": {"smtpd_tls_protocols": "TLSv1.2"},
    "TLS or nothing": {"smtpd_tls_security_level": "encrypt"},
    "no PIPELINING": {"smtpd_discard_ehlo_keywords": "pipelining"},
    "no 8BITMIME": {"smtpd_discard_ehlo_keywords": "8bitmime, smtputf8"},
    "no extensions": {
        "smtpd_discard_ehlo_keywords": "pipelining, 8bitmime, smtputf8, size, starttls,"
        " enhancedstatuscodes, dsn, chunking, vrfy, etrn"
    },
    "strict about pipelining": {"smtpd_data_restrictions": "reject_unauth_pipelining"},
    "small SIZE": LIMIT,
    "small, and says no SIZE": LIMIT | {"smtpd_discard_ehlo_keywords": "size"},
    "greylisting": {
        "smtpd_recipient_restrictions": "check_client_access static:{450 4.2.0 Greylisted}"
    },
    "slow": {"smtpd_recipient_restrictions": "sleep 1, reject_unauth_destination"},
    "hangs up at DATA": {"smtpd_data_restrictions": "check_client_access static:{421 4.3.2 Bye}"},
    "hangs up after DATA": {
        "smtpd_end_of_data_restrictions": "check_client_access static:{421 4.3.2 Bye}"
    },
    "refuses content": {
        "smtpd_end_of_data_restrictions": "check_client_access static:{554 5.7.1 Spam}"
    },
    "easily tired": {"smtpd_hard_error_limit": "1"},
    "refuses clients": {
        "smtpd_client_restrictions": "check_client_access static:{521 5.3.2 No mail here}",
        "smtpd_delay_reject": "no",
    },
}
ADDRESSES = {mood: f"127.0.1.{number}" for number, mood in enumerate(MOODS, 1)}

#: (the mood, the messages in turn, what becomes of each: its kind and status, TLS of the last)
CASES: list[tuple[str, Sequence[Envelope], Sequence[tuple[type[Outcome], str]], str]] = [
    ("usual", (OK, EIGHT), ((Delivered, "2.0.0"), (Delivered, "2.0.0")), "TLSv1.3"),
    ("without TLS", (OK,), ((Delivered, "2.0.0"),), ""),
    ("without TLS", (SECURE,), ((Failed, "5.7.10"),), ""),
    ("TLS 1.2 alone", (OK,), ((Delivered, "2.0.0"),), "TLSv1.2"),
    ("TLS 1.2 alone", (SECURE,), ((Delivered, "2.0.0"),), "TLSv1.2"),
    ("TLS or nothing", (OK,), ((Delivered, "2.0.0"),), "TLSv1.3"),
    ("no PIPELINING", (OK, EIGHT), ((Delivered, "2.0.0"), (Delivered, "2.0.0")), "TLSv1.3"),
    ("no 8BITMIME", (EIGHT, OK), ((Failed, "5.6.3"), (Delivered, "2.0.0")), "TLSv1.3"),
    ("no extensions", (OK, UNKNOWN), ((Delivered, "2.0.0"), (Failed, "5.1.1")), ""),
    ("strict about pipelining", (OK, OK), ((Delivered, "2.0.0"), (Delivered, "2.0.0")), "TLSv1.3"),
    ("small SIZE", (OK,), ((Failed, "5.3.4"),), "TLSv1.3"),
    ("small, and says no SIZE", (OK,), ((Failed, "5.3.4"),), "TLSv1.3"),
    ("greylisting", (OK,), ((Deferred, "4.2.0"),), "TLSv1.3"),
    ("slow", (OK,), ((Delivered, "2.0.0"),), "TLSv1.3"),
    ("hangs up at DATA", (OK, OK), ((Deferred, "4.3.2"), (Deferred, "4.3.2")), "TLSv1.3"),
    ("hangs up after DATA", (OK, OK), ((Deferred, "4.3.2"), (Deferred, "4.3.2")), "TLSv1.3"),
    ("refuses content", (OK,), ((Failed, "5.7.1"),), "TLSv1.3"),
    ("refuses clients", (OK,), ((Failed, "5.3.2"),), ""),
    (
        "easily tired",
        (UNKNOWN, OK, UNKNOWN, OK),
        ((Failed, "5.1.1"), (Delivered, "2.0.0"), (Failed, "5.1.1"), (Delivered, "2.0.0")),
        "TLSv1.3",
    ),
    (
        "usual",
        (OK, UNKNOWN, LATER, OK),
        ((Delivered, "2.0.0"), (Failed, "5.1.1"), (Deferred, "4.7.1"), (Delivered, "2.0.0")),
        "TLSv1.3",
    ),
]


@dataclass(frozen=True)
class Moody:
    """The running server, and whom to believe about its certificate."""

    port: int
    authorities: Path


@pytest.fixture(scope="module")
def moody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moody]:
    folder = tmp_path_factory.mktemp("moody")
    (folder / "root.pem").write_text(ssl.DER_cert_to_PEM_cert(ROOT.der))
    settings = {
        "myhostname": HOST,
        "relay_domains": DOMAIN,
        "relay_transport": "discard:",
        "relay_recipient_maps": f"inline:{{ ok@{DOMAIN}=1, later@{DOMAIN}=1 }}",
        "smtpd_recipient_restrictions": "check_recipient_access inline:"
        f"{{ {{ later@{DOMAIN} = 451 4.7.1 Come back later }} }}, reject_unauth_destination",
        "smtpd_relay_restrictions": "reject_unauth_destination",
        "smtpd_tls_security_level": "may",
        "smtpd_tls_chain_files": str(SHOWN.write(folder / "mx.pem")),
        "smtpd_error_sleep_time": "0",
    }
    variants = {ADDRESSES[mood]: own for mood, own in MOODS.items()}
    with Postfix.start(settings, variants) as server:
        yield Moody(server.port, folder / "root.pem")


def deliverer(moody: Moody, mood: str, dns: FakeResolver, policies: TlsPolicies) -> MxDeliverer:
    dns.answers |= {
        (DOMAIN, "MX"): FakeAnswer(records=(f"10 {HOST}",), authenticated=True),
        (HOST, "A"): FakeAnswer(records=(ADDRESSES[mood],), authenticated=True),
    }
    settings = DeliverSettings(
        hello="us.example", smtp_port=moody.port, allow_private_destinations=True
    )
    tls = TlsContexts(str(moody.authorities))
    return MxDeliverer(dns, settings, tls=tls, policies=policies)


@pytest.mark.parametrize(
    ("mood", "letters", "expected", "tls"),
    CASES,
    ids=[f"{number}-{one[0]}" for number, one in enumerate(CASES)],
)
async def test_each_message_has_the_outcome_that_the_server_gave_it(
    moody: Moody,
    mood: str,
    letters: Sequence[Envelope],
    expected: Sequence[tuple[type[Outcome], str]],
    tls: str,
) -> None:
    dns = FakeResolver()
    sending = deliverer(moody, mood, dns, TlsPolicies(dns, moody.port))
    outcomes = [
        await sending.deliver(one, EIGHT_BIT if one.eight_bit else SEVEN_BIT) for one in letters
    ]
    await sending.close()
    assert [(type(one), one.reply.enhanced) for one in outcomes] == list(expected)
    assert outcomes[-1].attempt.tls == outcomes[-1].attempt.security.version == tls


class Enforced:
    """The domain's MTA-STS policy, enforced."""

    async def of_domain(self, domain: str) -> StsFound:
        return StsFound(domain, StsPolicy("enforce", (HOST,), 86_400))

    async def close(self) -> None:
        """Nothing is under way."""


@pytest.mark.parametrize(
    ("mood", "kind", "words"),
    [
        ("usual", Delivered, "queued"),
        ("TLS 1.2 alone", Delivered, "queued"),
        ("without TLS", Deferred, "required by the MTA-STS policy of there.example"),
    ],
)
async def test_an_enforced_policy_is_kept_to(moody, mood, kind, words) -> None:
    dns = FakeResolver()
    sending = deliverer(moody, mood, dns, TlsPolicies(dns, moody.port, sts=Enforced()))
    outcome = await sending.deliver(OK, SEVEN_BIT)
    await sending.close()
    assert isinstance(outcome, kind)
    assert words in outcome.reply.text
    assert outcome.attempt.security.policy == "MTA-STS"
    assert outcome.attempt.security.verified is (kind is Delivered)


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        (SHOWN.tlsa(3, 1, 1), Delivered),
        (ROOT.tlsa(2, 0, 1), Delivered),
        (ROOT.tlsa(3, 1, 1), Deferred),
    ],
    ids=["DANE-EE", "DANE-TA", "another"],
)
async def test_tlsa_records_are_kept_to(moody, named, kind) -> None:
    dns = FakeResolver({(f"_{moody.port}._tcp.{HOST}", "TLSA"): FakeAnswer("ok", (named,), True)})
    sending = deliverer(moody, "usual", dns, TlsPolicies(dns, moody.port))
    outcome = await sending.deliver(OK, SEVEN_BIT)
    await sending.close()
    assert isinstance(outcome, kind)
    assert outcome.attempt.security.policy == "DANE"
