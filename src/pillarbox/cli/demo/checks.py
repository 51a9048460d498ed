"""Checking what arrived, from outside: dkimpy through the demo's DNS, Python's `email`."""

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import dkim
import dns.message
import dns.query
import dns.rdatatype

from pillarbox.cli.demo.narrator import expect
from pillarbox.cli.demo.world import LOOPBACK, Arrived


def check_signature(arrived: Arrived, dns_port: int) -> str:
    """Let dkimpy verify the signature, the key looked up in the demo's DNS; give the selector.

    Raises StepFailed when it does not pass.
    """

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        query = dns.message.make_query(name.decode(), dns.rdatatype.TXT)
        answer = dns.query.udp(query, LOOPBACK, timeout=timeout, port=dns_port)
        for rrset in answer.answer:
            if rrset.rdtype == dns.rdatatype.TXT:
                strings: Any = rrset[0]
                return b"".join(strings.strings)
        return None

    verifier = dkim.DKIM(arrived.content)
    expect(verifier.verify(dnsfunc=look_up), f"the signature to {arrived.recipient} does not pass")
    return str(verifier.selector.decode())


def read(arrived: Arrived) -> EmailMessage:
    """Read a message with Python's `email`.

    Raises StepFailed for one with defects, or with a Bcc header.
    """
    message = email.message_from_bytes(arrived.content, policy=email.policy.default)
    expect(isinstance(message, EmailMessage), "Python's email does not read it")
    expect(not message.defects, f"Python's email finds defects: {message.defects}")
    expect(message["Bcc"] is None, "there is a Bcc header")
    return message


def part(message: EmailMessage, kind: str) -> Any:
    """Give the content of the part of one type.

    Raises StepFailed when there is none.
    """
    for one in message.walk():
        if one.get_content_type() == kind and isinstance(one, EmailMessage):
            return one.get_content()
    expect(False, f"there is no {kind} part")
    return None
