"""Authoritative DNS answers (RFC 1034 §4.3.2, RFC 2308): a query's octets in, an answer's out.

Pure: what must be looked up is asked for first (`question_name`) and handed in (`answer_query`).
Serves one zone; REFUSED outside it, NOTIMP for what is no query, silence for what is no DNS
message.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

MAX_UDP = 1232
PLAIN_UDP = 512
TTL = 3600
_TRANSFERS = frozenset({dns.rdatatype.AXFR, dns.rdatatype.IXFR})


@dataclass(frozen=True, slots=True)
class ZoneRecord:
    """One record of the zone, by absolute lower-case name without the last dot."""

    name: str
    type: str
    value: str


def parse_query(wire: bytes) -> dns.message.Message | None:
    """Read a query; None for octets that no answer is owed."""
    try:
        message = dns.message.from_wire(wire)
    except (dns.exception.DNSException, ValueError, IndexError, AttributeError):
        return None
    return None if message.flags & dns.flags.QR else message


def question_name(query: dns.message.Message) -> str:
    """Give the name that is asked for, lower-case and without the last dot; empty for none."""
    if len(query.question) != 1:
        return ""
    return query.question[0].name.to_text(omit_final_dot=True).lower()


def answer_query(
    query: dns.message.Message, zone: str, found: Sequence[ZoneRecord], *, exists: bool
) -> dns.message.Message:
    """Answer a query. `found`: all records of the name; `exists`: it or one below it has some."""
    response = dns.message.make_response(query, our_payload=MAX_UDP)
    name = question_name(query)
    if query.opcode() != dns.opcode.QUERY:
        response.set_rcode(dns.rcode.NOTIMP)
    elif not name or query.question[0].rdclass != dns.rdataclass.IN:
        response.set_rcode(dns.rcode.FORMERR if not name else dns.rcode.REFUSED)
    elif not _is_within(name, zone) or query.question[0].rdtype in _TRANSFERS:
        response.set_rcode(dns.rcode.REFUSED)
    else:
        _fill(response, query, zone, found, exists=exists)
    return response


def _is_within(name: str, zone: str) -> bool:
    return name == zone or name.endswith(f".{zone}")


def trouble(query: dns.message.Message) -> dns.message.Message:
    """Answer that we can't tell now (SERVFAIL): a resolver asks another server, or later."""
    response = dns.message.make_response(query, our_payload=MAX_UDP)
    response.set_rcode(dns.rcode.SERVFAIL)
    return response


def soa_record(zone: str) -> ZoneRecord:
    """Give the zone's SOA record; negative answers are kept for a minute."""
    return ZoneRecord(zone, "SOA", f"ns.{zone}. hostmaster.{zone}. 1 3600 600 604800 60")


def _fill(
    response: dns.message.Message,
    query: dns.message.Message,
    zone: str,
    found: Sequence[ZoneRecord],
    *,
    exists: bool,
) -> None:
    response.flags |= dns.flags.AA
    question = query.question[0]
    wanted = dns.rdatatype.to_text(question.rdtype)
    matching = [one for one in found if wanted in (one.type, "ANY")]
    for kind in dict.fromkeys(one.type for one in matching):
        values = [one.value for one in matching if one.type == kind]
        response.answer.append(dns.rrset.from_text(question.name, TTL, "IN", kind, *values))
    if not matching:
        soa = soa_record(zone)
        rrset = dns.rrset.from_text(f"{zone}.", 60, "IN", "SOA", soa.value)
        response.authority.append(rrset)
        if not exists:
            response.set_rcode(dns.rcode.NXDOMAIN)


def to_wire(response: dns.message.Message, query: dns.message.Message, *, udp: bool) -> bytes:
    """Write an answer; over UDP one that does not fit is cut, with the TC bit (RFC 2181 §9)."""
    limit = min(max(query.payload, PLAIN_UDP), MAX_UDP) if udp else 65_535
    try:
        return response.to_wire(max_size=limit)
    except dns.exception.TooBig:
        cut = dns.message.make_response(query, our_payload=MAX_UDP)
        cut.flags |= dns.flags.TC | dns.flags.AA
        return cut.to_wire(max_size=limit)
