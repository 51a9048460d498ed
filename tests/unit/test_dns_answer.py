"""Authoritative answers: any octets are survived, each question gets what RFC 1034 §4.3.2 says."""

import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdatatype
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.dns.answer import (
    MAX_UDP,
    ZoneRecord,
    answer_query,
    parse_query,
    question_name,
    soa_record,
    to_wire,
)

ZONE = "mail.example"
TXT = ZoneRecord(f"t.dkim.{ZONE}", "TXT", '"v=DKIM1; p=abc"')
MX = ZoneRecord(f"t.dkim.{ZONE}", "MX", "10 mta.mail.example.")


def ask(name, kind="TXT", found=(TXT,), *, exists=True, udp=True, rdclass="IN", edns=None):
    """Put one question through wire format both ways."""
    query = dns.message.make_query(name, kind, rdclass, use_edns=0 if edns else None, payload=edns)
    received = parse_query(query.to_wire())
    wire = to_wire(answer_query(received, ZONE, found, exists=exists), received, udp=udp)
    response = dns.message.from_wire(wire)
    assert query.is_response(response)
    return response


def mutated(wire: bytes):
    """Octets near to a real query."""
    size = len(wire)
    return st.lists(st.tuples(st.integers(0, size - 1), st.integers(0, 255)), max_size=6).map(
        lambda changes: _changed(wire, changes)
    )


def _changed(wire: bytes, changes) -> bytes:
    data = bytearray(wire)
    for place, octet in changes:
        data[place] = octet
    return bytes(data)


QUERY = dns.message.make_query(f"t.dkim.{ZONE}", "TXT", use_edns=0, payload=1232, id=4711).to_wire()


@given(st.binary(max_size=600) | mutated(QUERY), st.booleans(), st.booleans())
def test_any_octets_are_answered_within_the_limit_or_ignored(wire, udp, exists):
    query = parse_query(wire)
    if query is None:
        return
    name = question_name(query)
    found = [ZoneRecord(name, "TXT", '"x"')] if exists else []
    answer = to_wire(answer_query(query, ZONE, found, exists=exists), query, udp=udp)
    assert answer[:2] == wire[:2]
    assert answer[2] & 0x80  # QR: never a query, so two servers can't play ping-pong
    assert len(answer) <= (MAX_UDP if udp else 65_535)


@pytest.mark.parametrize(
    "wire",
    [b"", b"\0" * 11, b"\xff" * 12, dns.message.make_response(parse_query(QUERY)).to_wire()],
)
def test_what_is_no_query_gets_no_answer(wire):
    assert parse_query(wire) is None


def test_a_record_is_answered_with_authority():
    response = ask(TXT.name)
    assert response.rcode() == dns.rcode.NOERROR
    assert response.flags & dns.flags.AA
    (rrset,) = response.answer
    assert rrset.to_text() == f't.dkim.{ZONE}. 3600 IN TXT "v=DKIM1; p=abc"'


@pytest.mark.parametrize(
    ("kind", "found", "exists", "rcode", "kinds"),
    [
        ("TXT", [TXT, MX], True, "NOERROR", ["TXT"]),
        ("ANY", [TXT, MX], True, "NOERROR", ["TXT", "MX"]),
        ("A", [TXT], True, "NOERROR", []),
        ("TXT", [], True, "NOERROR", []),
        ("TXT", [], False, "NXDOMAIN", []),
        ("ANY", [], False, "NXDOMAIN", []),
        ("TYPE65280", [TXT], True, "NOERROR", []),
    ],
)
def test_a_name_that_exists_has_no_data_and_one_that_does_not_is_nxdomain(
    kind, found, exists, rcode, kinds
):
    response = ask(TXT.name, kind, found, exists=exists)
    assert dns.rcode.to_text(response.rcode()) == rcode
    assert [dns.rdatatype.to_text(one.rdtype) for one in response.answer] == kinds
    negative = [one.to_text() for one in response.authority]
    soa = f"{ZONE}. 60 IN SOA ns.{ZONE}. hostmaster.{ZONE}. 1 3600 600 604800 60"
    assert negative == ([] if kinds else [soa])


@pytest.mark.parametrize("name", ["example.", "other.example.", "notmail.example.", "."])
def test_outside_the_zone_we_refuse(name):
    response = ask(name, found=(), exists=False)
    assert response.rcode() == dns.rcode.REFUSED
    assert not response.flags & dns.flags.AA
    assert not response.answer
    assert not response.authority


def test_another_class_is_refused():
    assert ask(TXT.name, rdclass="CH").rcode() == dns.rcode.REFUSED


@pytest.mark.parametrize("opcode", [1, dns.opcode.STATUS, dns.opcode.NOTIFY, dns.opcode.UPDATE])
def test_another_opcode_is_not_implemented(opcode):
    wire = bytearray(dns.message.make_query(ZONE, "SOA").to_wire())
    wire[2] |= opcode << 3
    query = parse_query(bytes(wire))
    answer = to_wire(answer_query(query, ZONE, [soa_record(ZONE)], exists=True), query, udp=True)
    response = dns.message.from_wire(answer)
    assert (response.opcode(), response.rcode()) == (opcode, dns.rcode.NOTIMP)
    assert not response.answer


def test_a_query_without_a_question_is_a_format_error():
    query = parse_query(dns.message.QueryMessage().to_wire())
    assert answer_query(query, ZONE, [], exists=False).rcode() == dns.rcode.FORMERR


def test_the_case_of_the_question_is_kept():
    """Resolvers that mix cases compare the answer's name with what they asked."""
    asked = "T.dKiM.MAIL.example."
    response = ask(asked)
    assert response.question[0].name.to_text() == asked
    assert response.answer[0].name.to_text() == asked


@pytest.mark.parametrize(
    ("edns", "length", "udp", "cut"),
    [
        (None, 100, True, False),
        (None, 600, True, True),
        (None, 600, False, False),
        (1232, 600, True, False),
        (4096, 1300, True, True),
        (100, 400, True, False),
        (1232, 1300, False, False),
    ],
)
def test_an_answer_that_does_not_fit_is_cut_and_says_so(edns, length, udp, cut):
    pieces = " ".join(f'"{"x" * size}"' for size in [200] * (length // 200) or [length])
    response = ask(TXT.name, found=[ZoneRecord(TXT.name, "TXT", pieces)], edns=edns, udp=udp)
    assert bool(response.flags & dns.flags.TC) is cut
    assert bool(response.answer) is not cut


def test_the_zone_has_an_soa():
    assert ask(f"{ZONE}.", "SOA", [soa_record(ZONE)]).answer[0].rdtype == dns.rdatatype.SOA
