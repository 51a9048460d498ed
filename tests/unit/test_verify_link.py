"""Verification links say what was signed, and nothing to anybody else."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.links.verify_link import VerifyLink, decode, encode

KEY, OTHER = b"k" * 32, b"o" * 32
LINKS = st.builds(
    VerifyLink,
    account_id=st.from_regex(r"[0-9]{12}", fullmatch=True),
    address=st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=120
    ),
    issued_at=st.integers(0, 2**48 - 1),
)


@given(LINKS)
def test_what_is_written_is_read(link):
    token = encode(link, KEY)
    assert decode(token, KEY) == link
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert decode(token, OTHER) is None


@given(LINKS, st.data())
def test_a_changed_or_cut_token_says_nothing(link, data):
    token = encode(link, KEY)
    place = data.draw(st.integers(0, len(token) - 2))
    instead = data.draw(st.sampled_from("Ab0-_").filter(lambda one: one != token[place]))
    assert decode(token[:place] + instead + token[place + 1 :], KEY) is None
    assert decode(token[:place], KEY) is None
    assert decode(token + "AAAA", KEY) is None


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_read_or_refused(text):
    assert decode(text, KEY) is None


def test_a_token_longer_than_any_of_ours_costs_nothing():
    assert decode("A" * 100_000_000, KEY) is None
