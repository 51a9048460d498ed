"""What always holds for any bytes: a request is signed, or refused with a declared problem."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.aws.query_string import MalformedQuery, canonical_query, parse_query
from pillarbox.proto.aws.sigv4 import SignatureProblem
from tests.unit.signing import sign
from tests.unit.test_sigv4 import judge

HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"Authorization", b"host", b"x-amz-date", b"date", b"x-amz-security-token"]
        )
        | st.binary(),
        st.binary()
        | st.sampled_from([b"20260105T100000Z"])
        | st.builds(
            lambda a, b, c: (
                b"AWS4-HMAC-SHA256 Credential=%s,SignedHeaders=%s,Signature=%s" % (a, b, c)
            ),
            st.binary() | st.just(b"a/20260105/us-east-1/ses/aws4_request"),
            st.binary() | st.just(b"host"),
            st.binary(),
        ),
    )
)
NAMES = [b"Algorithm", b"Date", b"Expires", b"Credential", b"Signature", b"SignedHeaders"]
VALUES = [b"AWS4-HMAC-SHA256", b"99991231T235959Z", b"604800", b"host", b"a/b/c/d/e"]
QUERIES = st.binary() | st.lists(
    st.builds(
        lambda name, value: b"X-Amz-%s=%s" % (name, value),
        st.sampled_from(NAMES),
        st.binary() | st.sampled_from(VALUES),
    )
).map(b"&".join)


@given(path=st.binary(), query=QUERIES, headers=HEADERS)
def test_no_bytes_raise_anything_but_a_problem(path, query, headers):
    with pytest.raises(SignatureProblem):
        judge(("GET", path, query, headers, b""))


@given(st.binary())
def test_a_query_is_read_or_refused_and_its_canonical_form_means_the_same(query):
    try:
        pairs = parse_query(query)
    except MalformedQuery:
        return
    assert sorted(parse_query(canonical_query(pairs).encode())) == sorted(pairs)


SIGNED = sign("POST", "/v1/email/identities/a%40b.c?x=1", b"body")


@given(at=st.integers(1, 4), index=st.integers(0, 500), byte=st.integers(0, 255))
def test_no_change_of_one_byte_passes(at, index, byte):
    changed = list(SIGNED)
    target, free = changed[at], False
    if at == 3:
        name, value = target[index % len(target)]
        other = _with_byte(value, index, byte)
        # Free are the name of the key and what stands between the parts, and white space.
        free = name == b"authorization" or value.split() == other.split()
        changed[3] = [(n, other if n == name else v) for n, v in target]
    else:
        changed[at] = _with_byte(target, index, byte)
    try:
        judge(tuple(changed))
    except SignatureProblem:
        assert changed != list(SIGNED)
        return
    assert changed == list(SIGNED) or free


def _with_byte(value, index, byte):
    spot = index % len(value)
    return value[:spot] + bytes([byte]) + value[spot + 1 :]
