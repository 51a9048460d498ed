"""What always holds of servers we talk to and DNS clients who talk to us."""

import dns.message
import dns.rcode

from pillarbox.identity.tracking_probe import Challenge, read_answer
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Reply
from pillarbox.proto.dns.answer import (
    MAX_UDP,
    ZoneRecord,
    answer_query,
    parse_query,
    question_name,
    to_wire,
)
from pillarbox.proto.smtp.client import SmtpClient
from pillarbox.proto.smtp.events import Finished, Refused, Tls
from pillarbox.proto.smtp.greylisting import LONGEST_MS, greylisted, visit_again_ms
from pillarbox.proto.smtp.reply import ProtocolError, ReplyParser

SESSION = (
    b"220 mx.example ESMTP\r\n",
    (
        b"220 mx\r\n250-mx.example\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"
        b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n250 2.0.0 queued\r\n"
    ),
    b"220 mx\r\n500 no\r\n250 mx\r\n250 ok\r\n550 5.1.1 no such user\r\n250 ok\r\n",
    b"421 4.7.0 later\r\n",
    b"220 mx\r\n250 mx\r\n451-4.3.0 a\r\n451 4.3.0 b\r\n",
)
QUERY = dns.message.make_query("token.dkim.pillarbox.test", "TXT", use_edns=True).to_wire()
QUERIES = (QUERY, dns.message.make_query("pillarbox.test", "ANY").to_wire())
ZONE = "pillarbox.test"
PROBES = (f"pillarbox {'ab' * 16} {'cd' * 32}\n".encode(), b"<html>another server</html>")


def replies(data: bytes) -> None:
    """However the bytes are cut, the same replies come out, bounded, and nothing after an error."""
    whole = ReplyParser().feed(data)
    parser = ReplyParser()
    pieces = [item for start in range(len(data)) for item in parser.feed(data[start : start + 1])]
    assert whole == pieces
    assert all(not isinstance(item, ProtocolError) for item in whole[:-1])


def session(data: bytes) -> None:
    """Whatever a server says, a transaction that began has exactly one outcome."""
    for tls in (Tls.NEVER, Tls.OFFERED):
        client = SmtpClient(hello="us.example", tls=tls, now=0)
        events = []
        begun = False
        for line in data.splitlines(keepends=True):
            events += client.receive(line, 1)
            if client.ready and not begun:
                begun = True
                envelope = Envelope(return_path="a@b.example", recipient="c@d.example", size=9)
                events += client.begin(envelope, [b"A: b\r\n\r\nc\r\n"], 2)
            client.output()
            while client.sending:
                events += client.content_chunk(3)[1]
        events += client.lost("gone", 4)
        verdicts = [event for event in events if isinstance(event, Finished)]
        refused = [event for event in events if isinstance(event, Refused)]
        assert len(verdicts) == (1 if begun else 0)
        assert len(refused) <= 1
        assert client.closed


def dns_query(data: bytes) -> None:
    """A datagram gets no answer, or one that fits, is a response, and has the query's id."""
    asked = parse_query(data)
    if asked is None:
        return
    records = [ZoneRecord(question_name(asked), "TXT", '"v=DKIM1; p=AAAA"')]
    for found in ([], records):
        reply = answer_query(asked, ZONE, found, exists=bool(found))
        wire = to_wire(reply, asked, udp=True)
        assert len(wire) <= MAX_UDP
        assert dns.message.from_wire(wire).id == asked.id
        inside = question_name(asked) == ZONE or question_name(asked).endswith(f".{ZONE}")
        assert inside or reply.rcode() != dns.rcode.NOERROR


def tracking_probe(data: bytes) -> None:
    """Nobody answers a challenge rightly without the key, whatever they send."""
    reading = read_answer(b"k" * 32, Challenge.make(), "track.example", data, ["email.example"])
    assert reading.problem
    assert not reading.nonce


GREYLISTING = (
    b"4.2.0 Greylisted for 300 seconds",
    b"4.7.1 try again in 00:04:59, or after 5 min 3s",
)


def greylisting(data: bytes) -> None:
    """When a host says to come again is a time within bounds, or nothing."""
    reply = Reply(450, data.decode("utf-8", "replace"))
    when = visit_again_ms(reply)
    assert (when is None) == (not greylisted(reply))
    assert when is None or 0 < when <= LONGEST_MS
