"""PROXY headers, versions 1 and 2: examples of each kind, and what holds for any bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.smtp.proxy_protocol import BROKEN, ProxyHeader, read_proxy_header

V2 = b"\r\n\r\n\x00\r\nQUIT\n"
IPV4 = bytes((192, 0, 2, 9, 192, 0, 2, 1)) + b"\x12\x67\x00\x50"
IPV6 = b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01" + bytes(16) + b"\x12\x67\x00\x50"
EXAMPLES = [
    b"PROXY TCP4 192.0.2.9 192.0.2.1 4711 80\r\n",
    b"PROXY TCP6 2001:db8::1 2001:db8::2 4711 80\r\n",
    b"PROXY UNKNOWN\r\n",
    V2 + b"\x21\x11\x00\x0c" + IPV4,
    V2 + b"\x21\x21\x00\x24" + IPV6,
    V2 + b"\x20\x00\x00\x00",
]


@pytest.mark.parametrize(
    ("data", "client_ip"),
    [
        (EXAMPLES[0], "192.0.2.9"),
        (EXAMPLES[1], "2001:db8::1"),
        (EXAMPLES[2], None),
        (b"PROXY UNKNOWN ffff:f...f ffff:f...f 65535 65535\r\n", None),
        (EXAMPLES[3], "192.0.2.9"),
        (EXAMPLES[4], "2001:db8::1"),
        (EXAMPLES[5], None),
        (V2 + b"\x21\x11\x00\x10" + IPV4 + b"\x04\x00\x01x", "192.0.2.9"),
        (V2 + b"\x21\x12\x00\x0c" + IPV4, None),
        (V2 + b"\x21\x31\x00\xd8" + bytes(216), None),
    ],
)
def test_a_header_names_the_client_and_its_own_length(data, client_ip):
    assert read_proxy_header(data + b"GET / HTTP/1.1\r\n") == ProxyHeader(client_ip, len(data))


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"PROXY TCP4 192.0.2.9 192.0.2.1 4711\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 4711 80\r\n",
        b"PROXY TCP5 192.0.2.9 192.0.2.1 4711 80\r\n",
        b"PROXY TCP4 192.0.2.999 192.0.2.1 4711 80\r\n",
        b"PROXY \r\n",
        b"PROXY " + b"x" * 200,
        V2 + b"\x31\x11\x00\x0c" + IPV4,
        V2 + b"\x22\x11\x00\x0c" + IPV4,
        V2 + b"\x21\x11\x00\x04" + IPV4,
        V2 + b"\x21\x11\xff\xff" + IPV4,
    ],
)
def test_anything_else_is_broken(data):
    assert read_proxy_header(data) is BROKEN


@pytest.mark.parametrize("data", EXAMPLES)
def test_a_part_of_a_header_waits_for_the_rest(data):
    assert all(read_proxy_header(data[:end]) is None for end in range(len(data)))


@given(
    st.binary(max_size=300)
    | st.binary(max_size=300).map(lambda rest: V2 + rest)
    | st.binary(max_size=120).map(lambda rest: b"PROXY " + rest)
)
def test_any_bytes_are_a_header_within_them_or_broken_or_unfinished(data):
    found = read_proxy_header(data)
    if isinstance(found, ProxyHeader):
        assert 0 < found.length <= len(data)
        assert read_proxy_header(data[: found.length]) == found
        assert all(read_proxy_header(data[:end]) is None for end in range(found.length))
    else:
        assert found is BROKEN or len(data) < 4112
