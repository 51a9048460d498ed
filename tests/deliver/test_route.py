"""Where mail for a domain goes, or why nowhere: decided from the DNS's answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.deliver.route import Host, Router, hosts_of, is_public, unroutable
from pillarbox.model.outcome import Deferred, Failed
from tests.deliver.fake_dns import FakeAnswer, FakeResolver


def names(answer: FakeAnswer) -> list[str]:
    hosts = hosts_of("b.example", answer, lambda: 0.5)
    assert isinstance(hosts, tuple)
    return [host.name for host in hosts]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (FakeAnswer("nodata"), ["b.example"]),
        (FakeAnswer(records=("10 MX.b.example",)), ["mx.b.example"]),
        (FakeAnswer(records=("20 b", "5 a", "100 c")), ["a", "b", "c"]),
        (FakeAnswer(records=("10 a", "0 .")), ["a"]),
    ],
)
def test_hosts_are_tried_by_preference_or_the_domain_itself(answer, expected):
    assert names(answer) == expected


@pytest.mark.parametrize(
    ("answer", "kind", "status"),
    [
        (FakeAnswer("nxdomain"), Failed, "5.1.2"),
        (FakeAnswer("trouble"), Deferred, "4.4.3"),
        (FakeAnswer(records=("0 .",)), Failed, "5.1.10"),
    ],
)
def test_a_domain_without_hosts_says_why(answer, kind, status):
    found = hosts_of("b.example", answer, lambda: 0.5)
    assert isinstance(found, kind)
    assert found.reply.enhanced == status


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcdef")), min_size=1), st.randoms())
def test_only_hosts_of_equal_preference_are_shuffled(records, chance):
    answer = FakeAnswer(records=tuple(f"{number} {name}" for number, name in records))
    hosts = hosts_of("b.example", answer, chance.random)
    assert isinstance(hosts, tuple)
    assert [host.preference for host in hosts] == sorted(number for number, _ in records)
    assert sorted((one.preference, one.name) for one in hosts) == sorted(records)


@pytest.mark.parametrize("recipient", ["a@[192.0.2.1]", "a@[IPv6:::1]", "a@", "a", "@"])
def test_address_literals_and_bare_names_are_refused(recipient):
    refused = unroutable(recipient)
    assert refused is not None
    assert refused.reply.enhanced == "5.1.3"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_places_on_the_internet(address, public):
    assert is_public(address) is public


@pytest.mark.parametrize(
    ("answers", "ipv6", "expected"),
    [
        ({"A": FakeAnswer(records=("1.1.1.1", "10.0.0.1"))}, False, ("1.1.1.1",)),
        ({"A": FakeAnswer(records=("10.0.0.1",))}, False, (Failed, "5.4.4")),
        ({"A": FakeAnswer("nodata")}, False, (Failed, "5.4.4")),
        ({"A": FakeAnswer("trouble")}, False, (Deferred, "4.4.3")),
        (
            {
                "A": FakeAnswer(records=("1.1.1.1",)),
                "AAAA": FakeAnswer(records=("2606:4700::1111",)),
            },
            True,
            ("2606:4700::1111", "1.1.1.1"),
        ),
        (
            {"A": FakeAnswer("trouble"), "AAAA": FakeAnswer("nodata")},
            True,
            (Deferred, "4.4.3"),
        ),
    ],
)
async def test_a_hosts_addresses_are_those_we_may_and_can_reach(answers, ipv6, expected):
    resolver = FakeResolver({("mx", rdtype): answer for rdtype, answer in answers.items()})
    found = await Router(resolver, ipv6=ipv6).addresses(Host("mx", 10))
    if isinstance(found, tuple):
        assert found == expected
    else:
        assert (type(found), found.reply.enhanced) == expected
