"""MTA-STS as values: which TXT record announces a policy, what a policy says, whom it names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.dns.mta_sts import MAX_AGE, MAX_POLICY, StsPolicy, parse_policy, policy_id

GOOD = (
    b"version: STSv1\r\nmode: enforce\r\nmx: mx1.a.example\r\nmx: *.b.example\r\nmax_age: 86400\r\n"
)
HOSTS = ("mx1.a.example", "*.b.example")
ANY_ORDER = b"max_age:5\nmx:A.Example.\nmode:testing\nversion:STSv1"


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"),
        (["v=STSv1;id=1"], "1"),
        (["v=STSv1 ; id=1 ; x=y"], "1"),
        (["v=STSv1; x=id=2; id=1"], "1"),
        (["v=spf1 -all", "v=STSv1; id=1;"], "1"),
        (["v=STSv1; id=1;", "v=STSv1; id=1;"], None),
        (["v=STSv1; id=1;", "v=STSv1; id=2;"], None),
        ([], None),
        (["v=STSv1"], None),
        (["v=STSv1;"], None),
        (["v=STSv2; id=1;"], None),
        (["v=stsv1; id=1;"], None),
        ([" v=STSv1; id=1;"], None),
        (["v=STSv1; id=;"], None),
        (["v=STSv1; id=a-b;"], None),
        (["v=STSv1; id=" + "1" * 33], None),
        (["v=STSv1; ID=1;"], None),
    ],
    ids=lambda value: "-".join(value)[:40] if isinstance(value, list) else str(value),
)
def test_one_record_announces_a_policy_by_its_id(records, found):
    assert policy_id(records) == found


@pytest.mark.parametrize(
    ("body", "policy"),
    [
        (GOOD, StsPolicy("enforce", HOSTS, 86400)),
        (GOOD.replace(b"\r\n", b"\n"), parse_policy(GOOD)),
        (GOOD.rstrip(), parse_policy(GOOD)),
        (
            b"max_age:5\nmx:A.Example.\nmode:testing\nversion:STSv1",
            StsPolicy("testing", ("a.example",), 5),
        ),
        (b"version: STSv1\nmode: none\nmax_age: 0", StsPolicy("none", (), 0)),
        (GOOD + b"mode: none\nmax_age: 1\n", parse_policy(GOOD)),
        (GOOD + b"x-new.field: anything at: all\n", parse_policy(GOOD)),
        (GOOD + b"mx: mx1.a.example\n", parse_policy(GOOD)),
        (
            GOOD.replace(b"86400", b"9999999999"),
            StsPolicy("enforce", HOSTS, MAX_AGE),
        ),
        (b"", None),
        (b"\xff\xfe", None),
        (GOOD.replace(b"STSv1", b"STSv2"), None),
        (GOOD.replace(b"enforce", b"Enforce"), None),
        (GOOD.replace(b"mode: enforce\r\n", b""), None),
        (GOOD.replace(b"max_age: 86400", b""), None),
        (GOOD.replace(b"86400", b"-1"), None),
        (GOOD.replace(b"86400", b"12345678901"), None),
        (GOOD.replace(b"mx: ", b"x: "), None),
        (GOOD + b"mx: *\n", None),
        (GOOD + b"mx: a.*.example\n", None),
        (GOOD + b"mx: a b\n", None),
        (GOOD + b"mx: \xc3\xbc.example\n", None),
        (GOOD + b"no field\n", None),
        (b"<html>no policy here</html>", None),
        (GOOD + b"mx: " + b"a" * MAX_POLICY, None),
    ],
    ids=lambda value: repr(value)[-40:] if isinstance(value, bytes) else "",
)
def test_a_policy_is_read_or_is_none(body, policy):
    assert parse_policy(body) == policy


@pytest.mark.parametrize(
    ("pattern", "host", "named"),
    [
        ("mx.a.example", "mx.a.example", True),
        ("mx.a.example", "MX.A.Example.", True),
        ("mx.a.example", "b.mx.a.example", False),
        ("*.a.example", "mx.a.example", True),
        ("*.a.example", "a.example", False),
        ("*.a.example", "b.mx.a.example", False),
        ("*.a.example", "xa.example", False),
        ("a.example", "a.example.evil.example", False),
        ("*.example", "example", False),
    ],
)
def test_a_star_stands_for_one_label(pattern, host, named):
    assert StsPolicy("enforce", (pattern,), 1).names(host) is named


@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.sampled_from([*GOOD.splitlines(), b"mx: x", b"a", b"mode: none"])).map(
            b"\n".join
        ),
    )
)
def test_whatever_a_host_sends_is_a_policy_in_bounds_or_none(body):
    policy = parse_policy(body)
    if policy is not None:
        assert 0 <= policy.max_age <= MAX_AGE
        assert policy.mode == "none" or policy.mx
        assert all(one == one.lower() and " " not in one for one in policy.mx)


@pytest.mark.parametrize(
    "body",
    [
        b"a" * MAX_POLICY,
        b"a: \n" * (MAX_POLICY // 4),
        b" " * MAX_POLICY,
        b"mx:" + b" " * 65_000,
        b"a:x" + b" " * 65_000 + b"x",
    ],
    ids=["line", "lines", "blanks", "blank value", "blanks inside"],
)
def test_endless_lines_are_no_policy(body):
    assert parse_policy(body) is None
