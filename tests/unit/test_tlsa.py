"""TLSA records as values, and whether a server's certificates are those they name."""

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.dns.dane import NO_MATCH, NO_PATH, objection, public_key_of
from pillarbox.proto.dns.tlsa import Tlsa, parse_tlsa, usable_records
from tests.peers.authority import Certified

HOST, NOW = "mx.a.example", dt.datetime.now(dt.UTC)
ONE, TWO = "ab" * 32, "cd" * 64


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (f"3 1 1 {ONE}", Tlsa(3, 1, 1, b"\xab" * 32)),
        (f"3 1 1 {ONE[:10]} {ONE[10:].upper()}", Tlsa(3, 1, 1, b"\xab" * 32)),
        ("255 255 255 00", Tlsa(255, 255, 255, b"\x00")),
        ("256 1 1 00", None),
        ("3 1 1 0", None),
        ("3 1 1 xx", None),
        ("3 1 1 ", None),
        ("3 1 1", None),
        ("\\# 4 0301", None),
        ("", None),
    ],
)
def test_a_record_is_read_or_is_none(record, found):
    assert parse_tlsa(record) == found


@pytest.mark.parametrize(
    ("records", "kinds"),
    [
        ([f"3 1 1 {ONE}"], [(3, 1, 1)]),
        ([f"2 0 2 {TWO}"], [(2, 0, 2)]),
        (["3 0 0 00"], [(3, 0, 0)]),
        ([f"0 0 1 {ONE}", f"1 1 1 {ONE}"], []),
        ([f"3 2 1 {ONE}"], []),
        ([f"3 1 3 {ONE}"], []),
        ([f"4 1 1 {ONE}"], []),
        ([f"3 1 1 {TWO}"], []),
        ([f"3 1 2 {ONE}"], []),
        ([f"3 1 1 {ONE}", f"1 1 1 {ONE}"], [(3, 1, 1)]),
        ([f"3 1 1 {ONE}", f"3 1 2 {TWO}"], [(3, 1, 2)]),
        ([f"3 1 1 {ONE}", f"3 0 2 {TWO}"], [(3, 0, 2), (3, 1, 1)]),
        (["3 1 0 00", f"3 1 1 {ONE}", f"3 1 2 {TWO}"], [(3, 1, 0), (3, 1, 2)]),
        (["nonsense"], []),
        ([], []),
    ],
    ids=str,
)
def test_what_smtp_can_go_by_is_usable_and_the_strongest_digest_counts(records, kinds):
    found = usable_records(records)
    assert [(one.usage, one.selector, one.matching) for one in found] == kinds


ROOT = Certified.issue("root", authority=True)
MIDDLE = Certified.issue("middle", ROOT, authority=True)
LEAF = Certified.issue(HOST, MIDDLE, hosts=[HOST])
NO_AUTHORITY = Certified.issue("no authority", ROOT)
SHOWN = {
    "self-signed": Certified.issue(HOST),
    "another self-signed": Certified.issue(HOST),
    "self-signed, expired, of another name": Certified.issue("x.example", days=-1),
    "chain": LEAF,
    "chain without its end": Certified.issue(HOST, MIDDLE, hosts=[HOST], show_issuer=False),
    "chain, another name": Certified.issue("x.example", MIDDLE, hosts=["x.example"]),
    "chain, the domain's name": Certified.issue("a.example", MIDDLE, hosts=["a.example"]),
    "chain, no name but the subject's": Certified.issue(HOST, MIDDLE),
    "chain, expired": Certified.issue(HOST, MIDDLE, hosts=[HOST], days=-1),
    "chain over what is no authority": Certified.issue(HOST, NO_AUTHORITY, hosts=[HOST]),
}


@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize(
    ("usage", "named", "shown", "why"),
    [
        (3, "self-signed", "self-signed", ""),
        (3, "self-signed", "another self-signed", NO_MATCH),
        (3, "chain", "chain", ""),
        (3, "self-signed, expired, of another name", "self-signed, expired, of another name", ""),
        (3, "root", "chain", NO_MATCH),
        (2, "root", "chain", ""),
        (2, "middle", "chain", ""),
        (2, "chain", "chain", NO_MATCH),
        (2, "root", "self-signed", NO_MATCH),
        (2, "root", "chain without its end", NO_MATCH),
        (2, "root", "chain, another name", NO_PATH),
        (2, "root", "chain, the domain's name", ""),
        (2, "root", "chain, no name but the subject's", NO_PATH),
        (2, "root", "chain, expired", NO_PATH),
        (2, "root", "chain over what is no authority", NO_PATH),
    ],
)
def test_the_server_is_the_one_that_its_records_name(usage, named, shown, why, selector, matching):
    meant = {"root": ROOT, "middle": MIDDLE}.get(named) or SHOWN[named]
    records = usable_records([meant.tlsa(usage, selector, matching)])
    assert objection(records, SHOWN[shown].chain, (HOST, "a.example"), NOW) == why


def test_one_record_that_matches_is_enough_so_keys_can_be_rolled_over():
    old, new = SHOWN["self-signed"], SHOWN["another self-signed"]
    records = usable_records([old.tlsa(3, 1, 1), new.tlsa(3, 1, 1)])
    for shown in (old, new):
        assert objection(records, shown.chain, (HOST,), NOW) == ""
    assert objection(records, LEAF.chain, (HOST,), NOW) == NO_MATCH


def test_an_authority_that_was_shown_but_signed_nothing_is_no_path():
    other = Certified.issue("other", authority=True)
    records = usable_records([other.tlsa(2, 0, 1)])
    assert objection(records, (*LEAF.chain, other.der), (HOST,), NOW) == NO_PATH


def test_without_a_certificate_nothing_matches():
    assert objection(usable_records([LEAF.tlsa(3, 1, 1)]), (), (HOST,), NOW)


@given(st.text(max_size=80))
def test_any_text_is_a_usable_record_or_none(text):
    for one in usable_records([text]):
        assert one.usage in {2, 3}
        assert one.data


@given(st.binary(max_size=60), st.integers(0, 400), st.integers(0, 255))
def test_whatever_a_server_shows_is_no_exception(noise, at, octet):
    changed = bytearray(LEAF.der)
    changed[at % len(changed)] = octet
    records = usable_records([LEAF.tlsa(3, 1, 1), ROOT.tlsa(2, 1, 1)])
    for der in (noise, bytes(changed), LEAF.der[:at]):
        objection(records, (der, ROOT.der), (HOST,), NOW)
        with contextlib.suppress(ValueError):
            assert public_key_of(der) in der
