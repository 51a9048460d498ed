"""What always holds of what the tracking host reads: requests, PROXY headers, its own journal."""

import asyncio

from pillarbox.model.tracking import TokenKey, TrackingToken
from pillarbox.proto.journal_frames import frames, read_segment, segment_header
from pillarbox.proto.links.tracking_token import write_token
from pillarbox.proto.smtp.proxy_protocol import ProxyHeader, read_proxy_header
from pillarbox.track.client_ip import TrustedProxies
from pillarbox.track.connection import Connection
from pillarbox.track.site import Site

HOST = "email.example.com"
KEY = TokenKey(0, b"k" * 32)
TARGET = "https://example.com/a?b=c"
_CLICK = TrackingToken(message_id=bytes(16), position=1, link=0, target=TARGET)
_PATH = "/c/" + write_token(_CLICK, HOST, KEY)
REQUEST = f"GET {_PATH} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: a\r\n\r\n".encode()
PROXY_HEADERS = (
    b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 80\r\n",
    b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12),
)
SEGMENT = segment_header(b"mrkr") + frames(b"mrkr", (b"one", b"two" * 9, b"")) + bytes(9)


class _Transport:
    """Collects what is written."""

    def __init__(self) -> None:
        self.sent = b""
        self.closed = self.ended = False

    def get_extra_info(self, _name: str):
        return ("192.0.2.9", 1)

    def write(self, data: bytes) -> None:
        assert not self.closed
        assert not self.ended
        self.sent += data

    def write_eof(self) -> None:
        self.ended = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


class _Around:
    """What a connection needs; answers are kept at once."""

    date, proxy_protocol = b"x", False

    def __init__(self) -> None:
        self.kept = 0
        self.site = Site({0: KEY.secret}.get, self._keep, TrustedProxies(()))

    def _keep(self, _payload: bytes, done) -> None:
        self.kept += 1
        done()

    def count(self, kind: str) -> None:
        pass

    def add(self, connection: Connection) -> None:
        pass

    forget = add


def requests(data: bytes) -> None:
    """Whatever comes, no redirect leads elsewhere, no header is forged, nothing is raised."""
    asyncio.run(_requests(data))


async def _requests(data: bytes) -> None:
    around, transport = _Around(), _Transport()
    connection = Connection(around)
    connection.connection_made(transport)
    for start in range(0, len(data), 97):
        connection.data_received(data[start : start + 97])
    heads = [part.split(b"\r\n\r\n")[0] for part in transport.sent.split(b"HTTP/1.1 ")[1:]]
    leading = [head for head in heads if b"\r\nLocation: " in head]
    assert all(f"\r\nLocation: {TARGET}\r\n".encode() in head for head in leading)
    assert all(head.count(b"\r\nDate: ") == 1 for head in heads)
    assert len(leading) <= around.kept


def proxy_header(data: bytes) -> None:
    """A header lies within the bytes, and its parts alone are none."""
    found = read_proxy_header(data)
    if isinstance(found, ProxyHeader):
        assert 0 < found.length <= len(data)
        assert read_proxy_header(data[: found.length]) == found
        assert read_proxy_header(data[: found.length - 1]) is None


def journal(data: bytes) -> None:
    """Any file is read; what is read and what is damaged fit into it."""
    found = read_segment(data)
    assert sum(map(len, found.payloads)) + found.damaged <= len(data)
