"""What always holds of policies over TLS that strangers publish: MTA-STS, TLSA, certificates."""

import contextlib
import datetime as dt

from pillarbox.proto.dns.dane import objection, public_key_of
from pillarbox.proto.dns.mta_sts import MAX_AGE, parse_policy, policy_id
from pillarbox.proto.dns.tlsa import parse_tlsa, usable_records
from tests.peers.authority import Certified

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
ROOT = Certified.issue("root", authority=True)
LEAF = Certified.issue("mx.a.example", ROOT, hosts=["mx.a.example"])
POLICIES = (
    b"version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmx: *.b.example\r\nmax_age: 604800\r\n",
    b"version: STSv1\nmode: none\nmax_age: 0\n",
)
RECORDS = (b"v=STSv1; id=20260101;", b"v=STSv1;id=1;x=y")
TLSA = (b"3 1 1 " + b"ab" * 32, b"2 0 2 " + b"cd " * 64, b"3 0 0 00")
CERTIFICATES = (LEAF.der, ROOT.der)
_NAMED = usable_records([LEAF.tlsa(3, 1, 2), ROOT.tlsa(2, 1, 1)])


def sts_policy(data: bytes) -> None:
    """A policy has bounds and, unless it is `none`, hosts; its own patterns are what it names."""
    policy = parse_policy(data)
    if policy is None:
        return
    assert 0 <= policy.max_age <= MAX_AGE
    assert policy.mode == "none" or policy.mx
    for pattern in policy.mx:
        assert policy.names(pattern.replace("*", "label"))
        assert "\n" not in pattern


def sts_record(data: bytes) -> None:
    """An id is short and plain, and no two records have one together."""
    text = data.decode("latin-1")
    found = policy_id([text])
    if found is not None:
        assert found.isalnum()
        assert len(found) <= 32
        assert policy_id([text, text]) is None


def tlsa(data: bytes) -> None:
    """A record is read as it was written, and only what SMTP can go by is usable."""
    text = data.decode("latin-1")
    record = parse_tlsa(text)
    if record is not None:
        written = f"{record.usage} {record.selector} {record.matching} {record.data.hex()}"
        assert parse_tlsa(written) == record
    assert all(one.usage in {2, 3} and one.matching <= 2 for one in usable_records([text]))


def certificate(data: bytes) -> None:
    """Whatever a server shows is judged; only the certificate that was named passes."""
    with contextlib.suppress(ValueError):
        assert public_key_of(data) in data
    if not objection(_NAMED, (data, ROOT.der), ("mx.a.example",), NOW):
        assert public_key_of(data) == public_key_of(LEAF.der)
