"""The table of TLS: what DANE, MTA-STS and the sender ask, what the host offers, what happens.

Each case plays the real choice and the real SMTP session, without sockets; the oracle below is
written from the RFCs and knows neither.
"""

import itertools

import pytest

from pillarbox.deliver.tls_choice import DaneFound, StsFound, TlsChoice, choose, fall_back
from pillarbox.model.outcome import Deferred
from pillarbox.proto.dns.mta_sts import StsPolicy
from pillarbox.proto.dns.tlsa import Tlsa
from pillarbox.proto.smtp.client import SmtpClient
from pillarbox.proto.smtp.events import Ready, Refused, StartTls, Tls

HOST = "mx.a.example"
RECORD = Tlsa(3, 1, 1, b"x" * 32)
DANE = {
    "none": DaneFound(),
    "insecure": DaneFound(),
    "unusable": DaneFound("unusable", HOST),
    "usable": DaneFound("secure", HOST, (RECORD,), (HOST,)),
    "bogus": DaneFound("trouble", HOST),
}


def sts(mode, mx=HOST):
    return StsFound("a.example", StsPolicy(mode, (mx,), 86_400))


# Without a policy to go by (absent, expired, of mode none, or never fetched) the book gives None.
STS = {
    "absent": None,
    "enforce": sts("enforce"),
    "enforce, not named": sts("enforce", "other.example"),
    "testing": sts("testing"),
    "testing, not named": sts("testing", "other.example"),
}
# What the host does: no STARTTLS; a broken handshake; TLS with a certificate that ... .
OFFERS = ("no STARTTLS", "broken TLS", "no good", "valid", "DANE's", "valid and DANE's")


def oracle(dane, policy, required, offer):
    """What happens, by RFC 7672 §2.1-2.2, RFC 8461 §5 and what the sender asked for."""
    if dane == "bogus":
        return "later"
    if dane == "usable":
        return "secured" if "DANE's" in offer else "later"
    if policy == "enforce, not named":
        return "later"
    if policy == "enforce":
        return "secured" if "valid" in offer else "later"
    encrypted = offer not in {"no STARTTLS", "broken TLS"}
    if dane == "unusable":
        return "encrypted" if encrypted else "later"
    if policy == "testing" and "valid" in offer:
        return "secured"
    if encrypted:
        return "encrypted"
    if not required:
        return "plain"
    return "never" if offer == "no STARTTLS" else "later"


def happens(choice, offer):
    """Play connections until one is set up or refused."""
    if isinstance(choice, Deferred):
        return "later"
    tls = choice.tls
    while True:
        client = SmtpClient(hello="us", tls=tls, now=0, required_by=choice.required_by)
        client.receive(b"220 mx\r\n", 0)
        starttls = offer != "no STARTTLS"
        events = client.receive(b"250-mx\r\n250 STARTTLS\r\n" if starttls else b"250 mx\r\n", 0)
        if not events:
            events = client.receive(b"220 go\r\n", 0)
        (event, *_) = events
        if isinstance(event, Refused):
            return "later" if isinstance(event.outcome, Deferred) else "never"
        if isinstance(event, Ready):
            return "plain"
        assert isinstance(event, StartTls)
        if handshake(choice, offer):
            return "encrypted" if choice.certificate == "any" else "secured"
        less = fall_back(tls, choice)
        if less is None:
            return "later"
        tls, choice = less


def handshake(choice, offer):
    good = {"any": offer != "broken TLS", "valid": "valid" in offer, "dane": "DANE's" in offer}
    return good[choice.certificate]


@pytest.mark.parametrize("required", [False, True], ids=["OPTIONAL", "REQUIRE"])
@pytest.mark.parametrize("policy", STS)
@pytest.mark.parametrize("dane", DANE)
def test_what_happens_is_what_the_standards_say(dane, policy, required):
    choice = choose(HOST, DANE[dane], STS[policy], required=required)
    for offer in OFFERS:
        assert happens(choice, offer) == oracle(dane, policy, required, offer), offer


def test_the_table_has_every_ending():
    cases = itertools.product(DANE, STS, (False, True), OFFERS)
    ends = {oracle(*case) for case in cases}
    assert ends == {"secured", "encrypted", "plain", "later", "never"}


@pytest.mark.parametrize(
    ("dane", "policy", "required", "words"),
    [
        ("usable", "enforce", True, "the TLSA records (DANE) of mx.a.example"),
        ("unusable", "absent", True, "the TLSA records (DANE) of mx.a.example"),
        ("unusable", "enforce", True, "the MTA-STS policy of a.example"),
        ("none", "enforce", True, "the MTA-STS policy of a.example"),
        ("none", "testing", True, "TlsPolicy REQUIRE of the configuration set"),
        ("none", "absent", True, "TlsPolicy REQUIRE of the configuration set"),
        ("none", "testing", False, ""),
        ("none", "absent", False, ""),
    ],
)
def test_the_strongest_policy_is_the_one_that_is_named(dane, policy, required, words):
    choice = choose(HOST, DANE[dane], STS[policy], required=required)
    assert isinstance(choice, TlsChoice)
    assert choice.required_by == words


@pytest.mark.parametrize(
    ("dane", "policy", "status", "words"),
    [
        ("bogus", "enforce", "4.4.3", "TLSA records (DANE) of mx.a.example"),
        ("none", "enforce, not named", "4.7.5", "the MTA-STS policy of a.example does not name it"),
    ],
)
def test_a_host_that_must_not_be_used_says_by_which_policy(dane, policy, status, words):
    refused = choose(HOST, DANE[dane], STS[policy], required=False)
    assert isinstance(refused, Deferred)
    assert refused.reply.enhanced == status
    assert words in refused.reply.text


@pytest.mark.parametrize(
    ("policy", "reports", "objects"),
    [
        ("testing", "a.example", False),
        ("testing, not named", "a.example", True),
        ("enforce", "", False),
        ("absent", "", False),
    ],
)
def test_only_a_policy_in_testing_is_reported(policy, reports, objects):
    choice = choose(HOST, DaneFound(), STS[policy], required=False)
    assert isinstance(choice, TlsChoice)
    assert (choice.reports, bool(choice.objection)) == (reports, objects)


@pytest.mark.parametrize("tls", [Tls.REQUIRED, Tls.ENFORCED])
def test_a_refusal_names_what_requires_tls(tls):
    client = SmtpClient(hello="us", tls=tls, now=0, required_by="the moon")
    client.receive(b"220 mx\r\n", 0)
    (refused, _) = client.receive(b"250 mx\r\n", 0)
    assert isinstance(refused, Refused)
    text = "7.10 TLS is required by the moon and the server does not offer it"
    assert refused.outcome.reply.text[2:] == text
    assert refused.outcome.reply.text[0] == ("5" if tls is Tls.REQUIRED else "4")
