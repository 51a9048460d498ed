"""The commands of one transaction, and whether a server can take it at all.

Takes an envelope and what EHLO offered, hands on command lines or the reply that says why not (RFC
5321 §3.3; SIZE RFC 1870, 8BITMIME RFC 6152).
"""

from collections.abc import Mapping

from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Reply
from pillarbox.proto.smtp.address import refused_recipient, refused_return_path
from pillarbox.proto.smtp.events import Verb


def commands(envelope: Envelope, extensions: Mapping[str, str]) -> list[tuple[Verb, bytes]]:
    """Write MAIL, RCPT and DATA for an envelope that `unsendable` had nothing against."""
    size = f" SIZE={envelope.size}" if "SIZE" in extensions else ""
    body = " BODY=8BITMIME" if envelope.eight_bit else ""
    return [
        (Verb.MAIL, f"MAIL FROM:<{envelope.return_path}>{size}{body}\r\n".encode("ascii")),
        (Verb.RCPT, f"RCPT TO:<{envelope.recipient}>\r\n".encode("ascii")),
        (Verb.DATA, b"DATA\r\n"),
    ]


def unsendable(envelope: Envelope, extensions: Mapping[str, str]) -> Reply | None:
    """Say why this message can't go over a session with these extensions, or None."""
    refused = refused_return_path(envelope.return_path) or refused_recipient(envelope.recipient)
    if refused is not None:
        return refused
    limit = extensions.get("SIZE", "")
    if limit.isdecimal() and len(limit) <= 18 and 0 < int(limit) < envelope.size:
        text = f"5.3.4 The message is larger than the {int(limit)} octets the server takes"
        return Reply(552, text, "5.3.4")
    if envelope.eight_bit and "8BITMIME" not in extensions:
        text = "5.6.3 The message has 8-bit content and the server does not offer 8BITMIME"
        return Reply(554, text, "5.6.3")
    return None
