"""Routes: what the DNS says of a domain decides which hosts are tried, or what the sender hears."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.public_address import is_public
from pillarbox.base.resolver import Answer
from pillarbox.deliver.route import Host, Router, domain_of, hosts_of, in_turn, unroutable
from pillarbox.model.outcome import Deferred, Failed

NODATA, NXDOMAIN, TROUBLE = Answer("nodata"), Answer("nxdomain"), Answer("trouble")
HOST = Host("mx.there.example", 10)


class Dns:
    """Answers from a table and notes what it was asked; what is not in the table has no data."""

    def __init__(self, answers: Mapping[tuple[str, str], Answer]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    async def query(self, name: str, rdtype: str, /) -> Answer:
        self.asked.append((name, rdtype))
        return self.answers.get((name, rdtype), NODATA)


def ok(*records: str) -> Answer:
    return Answer("ok", records, ttl=300)


def by_name(*records: str) -> list[str]:
    hosts = hosts_of("there.example", ok(*records), lambda: 0.0)
    assert isinstance(hosts, tuple)
    return [host.name for host in hosts]


@pytest.mark.parametrize(
    ("records", "names"),
    [
        (("10 a.example",), ["a.example"]),
        (("20 b.example", "10 a.example"), ["a.example", "b.example"]),
        (("100 c.example", "20 b.example", "3 a.example"), ["a.example", "b.example", "c.example"]),
        (("0 a.example", "65535 b.example"), ["a.example", "b.example"]),
        (("10 MX.There.Example",), ["mx.there.example"]),
        (("0 .", "10 a.example"), ["a.example"]),
    ],
)
def test_hosts_come_in_the_order_of_their_preference(records, names):
    assert by_name(*records) == names


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 1)), min_size=1, max_size=8))
def test_hosts_of_equal_preference_come_in_the_order_that_was_drawn(drawn):
    records = [f"{preference} h{number}.example" for number, (preference, _) in enumerate(drawn)]
    ranks = iter([rank for _, rank in drawn])
    hosts = hosts_of("there.example", ok(*records), lambda: next(ranks))
    assert isinstance(hosts, tuple)
    expected = sorted(range(len(drawn)), key=lambda number: drawn[number])
    assert [host.name for host in hosts] == [f"h{number}.example" for number in expected]


@pytest.mark.parametrize(
    ("answer", "kind", "code", "enhanced"),
    [
        pytest.param(ok("0 ."), Failed, 556, "5.1.10", id="null MX"),
        pytest.param(NXDOMAIN, Failed, 550, "5.1.2", id="no such domain"),
        pytest.param(TROUBLE, Deferred, 451, "4.4.3", id="DNS trouble"),
    ],
)
async def test_a_domain_without_hosts_says_why(answer, kind, code, enhanced):
    outcome = await Router(Dns({("there.example", "MX"): answer})).hosts("there.example")
    assert isinstance(outcome, kind)
    assert (outcome.reply.code, outcome.reply.enhanced) == (code, enhanced)
    assert outcome.reply.text.startswith(f"{enhanced} ")
    assert "there.example" in outcome.reply.text


async def test_a_domain_without_mx_is_its_own_host():
    dns = Dns({})
    assert await Router(dns).hosts("there.example") == (Host("there.example", 0),)
    assert dns.asked == [("there.example", "MX")]


@pytest.mark.parametrize(
    ("a", "aaaa", "ipv6", "addresses"),
    [
        (ok("8.8.8.8", "9.9.9.9"), NODATA, True, ("8.8.8.8", "9.9.9.9")),
        (ok("8.8.8.8"), ok("2606:4700::1"), True, ("2606:4700::1", "8.8.8.8")),
        (ok("8.8.8.8"), ok("2606:4700::1"), False, ("8.8.8.8",)),
        (ok("8.8.8.8"), TROUBLE, True, ("8.8.8.8",)),
        (TROUBLE, ok("2606:4700::1"), True, ("2606:4700::1",)),
        (ok("10.0.0.1", "8.8.8.8"), NODATA, True, ("8.8.8.8",)),
        (ok("8.8.8.8"), ok("fd00::1"), True, ("8.8.8.8",)),
    ],
)
async def test_a_host_is_tried_at_its_public_addresses(a, aaaa, ipv6, addresses):
    dns = Dns({(HOST.name, "A"): a, (HOST.name, "AAAA"): aaaa})
    versions = (6, 4) if ipv6 else (4,)
    assert await Router(dns).addresses(HOST, versions) == addresses


@pytest.mark.parametrize(
    ("a", "aaaa", "kind", "enhanced"),
    [
        pytest.param(NODATA, NODATA, Failed, "5.4.4", id="no address"),
        pytest.param(NXDOMAIN, NXDOMAIN, Failed, "5.4.4", id="no such host"),
        pytest.param(TROUBLE, NODATA, Deferred, "4.4.3", id="trouble with A"),
        pytest.param(NODATA, TROUBLE, Deferred, "4.4.3", id="trouble with AAAA"),
        pytest.param(ok("127.0.0.1"), NODATA, Failed, "5.4.4", id="loopback"),
        pytest.param(ok("10.1.2.3", "192.168.1.1"), ok("::1"), Failed, "5.4.4", id="private"),
    ],
)
async def test_a_host_without_public_addresses_says_why(a, aaaa, kind, enhanced):
    dns = Dns({(HOST.name, "A"): a, (HOST.name, "AAAA"): aaaa})
    outcome = await Router(dns).addresses(HOST, (6, 4))
    assert isinstance(outcome, kind)
    assert outcome.reply.enhanced == enhanced
    assert HOST.name in outcome.reply.text


def test_addresses_of_two_versions_take_turns():
    assert in_turn([["::1", "::2", "::3"], ["10.0.0.1"]]) == ["::1", "10.0.0.1", "::2", "::3"]


async def test_private_addresses_are_tried_where_that_is_allowed():
    dns = Dns({(HOST.name, "A"): ok("127.0.0.1", "10.0.0.1")})
    addresses = await Router(dns, allow_private=True).addresses(HOST)
    assert addresses == ("127.0.0.1", "10.0.0.1")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("2002:808:808::1", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.0.2.1", False),
        ("192.168.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fc00::1", False),
        ("fe80::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:7f00:1::1", False),
        ("2002:a00:1::1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b:1::808:808", False),
        ("::7f00:1", False),
        ("64:ff9b::808:808", True),
    ],
)
def test_mail_goes_to_addresses_of_the_public_internet_only(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("recipient", "domain"),
    [
        ("you@There.Example", "there.example"),
        ("you@there.example.", "there.example"),
        ('"a@b"@there.example', "there.example"),
    ],
)
def test_a_recipients_domain_is_what_follows_the_last_at_sign(recipient, domain):
    assert domain_of(recipient) == domain
    assert unroutable(recipient) is None


@pytest.mark.parametrize("recipient", ["a@[192.0.2.1]", "a@[IPv6:::1]", "a@", "postmaster", ""])
def test_what_has_no_domain_to_look_up_is_refused(recipient):
    refused = unroutable(recipient)
    assert refused is not None
    assert (refused.reply.code, refused.reply.enhanced) == (553, "5.1.3")
