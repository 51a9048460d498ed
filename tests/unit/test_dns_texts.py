"""DKIM key records and SPF records as strangers' DNS gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.dns.dkim_record import published_key
from pillarbox.proto.dns.spf import includes, spf_records


@pytest.mark.parametrize(
    ("record", "key"),
    [
        ("v=DKIM1; k=rsa; p=QUJD", "QUJD"),
        ("p=QUJD", "QUJD"),
        ("v=DKIM1;k=rsa;t=s;p=QU JD\t==", "QUJD=="),
        (" v = DKIM1 ; p = QUJD ; ", "QUJD"),
        ("v=DKIM1; n=a note; p=", ""),
        ("v=DKIM1; k=ed25519; p=QUJD", None),
        ("v=DKIM2; p=QUJD", None),
        ("p=QUJD; p=QUJE", None),
        ("v=spf1 -all", None),
        ("", None),
        ("p=" + "A" * 20_000, None),
    ],
)
def test_the_key_of_a_record(record, key):
    assert published_key(record) == key


@pytest.mark.parametrize(
    ("record", "passes"),
    [
        ("v=spf1 include:b.mail.test ~all", True),
        ("v=spf1 +include:B.mail.test. -all", True),
        ("V=SPF1  a  include:b.mail.test", True),
        ("v=spf1 include:xb.mail.test", False),
        ("v=spf1 include:b.mail.test.evil.example", False),
        ("v=spf1 -include:b.mail.test", False),
        ("v=spf1 ?include:b.mail.test", False),
        ("v=spf1 ~include:b.mail.test", False),
        ("v=spf1", False),
        ("", False),
    ],
)
def test_an_spf_record_passes_what_it_includes(record, passes):
    assert includes(record, "b.mail.test") is passes


def test_spf_records_are_told_from_others():
    texts = ["v=spf1", "v=spf1 -all", "V=SPF1 a", "v=spf10 a", "v=spf1a", " v=spf1", "x"]
    assert spf_records(texts) == texts[:3]


@given(st.text())
def test_any_text_is_read_without_a_failure(text):
    key = published_key(text)
    assert key is None or not set(key) & set(" \t\r\n;")
    assert includes(text, "b.example") is False or "b.example" in text.lower()
    assert len(spf_records([text])) <= 1
