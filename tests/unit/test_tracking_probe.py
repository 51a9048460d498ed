"""The signed path of a tracking host: only we can answer it, and what is amiss has a name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.identity.tracking_probe import (
    PROBE_PREFIX,
    Challenge,
    bare_host,
    probe_page,
    read_answer,
)
from pillarbox.model.page import PageRequest

KEY = b"k" * 32
HOST, OURS = "track.example.com", "email.mail.test"
CHALLENGE = Challenge(PROBE_PREFIX + "ab" * 16, "again=" + "cd" * 8)


async def asked(host=HOST, path=CHALLENGE.path, query=CHALLENGE.query, key=KEY, method="GET"):
    return await probe_page(key)(PageRequest(method=method, path=path, query=query, host=host))


async def test_a_right_answer_is_known_by_its_nonce():
    first, second = [await asked() for _ in range(2)]
    readings = [read_answer(KEY, CHALLENGE, HOST, one.body) for one in (first, second)]
    assert [one.problem for one in readings] == ["", ""]
    assert readings[0].nonce != readings[1].nonce


@pytest.mark.parametrize("host", [f"{HOST}:8026", HOST.upper(), f"{HOST}."])
async def test_the_host_is_the_name_alone(host):
    answer = await asked(host)
    assert read_answer(KEY, CHALLENGE, HOST, answer.body).problem == ""


@pytest.mark.parametrize(
    ("asking", "problem"),
    [
        ({"host": OURS}, f"what stands in front of us sends the Host {OURS}: pass it on"),
        (
            {"host": OURS, "query": ""},
            f"what stands in front of us sends the Host {OURS}: pass it on",
        ),
        ({"query": ""}, "what stands in front of us drops the query: pass it on"),
        ({"key": b"x" * 32}, "the answer is not signed with this deployment's key"),
        ({"host": "other.example"}, "the answer is not signed with this deployment's key"),
        (
            {"path": PROBE_PREFIX + "00" * 16},
            "the answer is not signed with this deployment's key",
        ),
    ],
)
async def test_what_stands_in_between_is_named(asking, problem):
    answer = await asked(**asking)
    assert read_answer(KEY, CHALLENGE, HOST, answer.body, [OURS]).problem == problem


@pytest.mark.parametrize(
    "asking",
    [
        {"path": PROBE_PREFIX},
        {"path": PROBE_PREFIX + "ab" * 15},
        {"path": PROBE_PREFIX + "ab" * 16 + "/"},
        {"path": PROBE_PREFIX + "AB" * 16},
        {"query": "x=1"},
        {"query": "again=" + "cd" * 8 + "&x=1"},
        {"method": "POST"},
    ],
)
async def test_nothing_but_a_challenge_is_signed(asking):
    answer = await asked(**asking)
    assert (answer.status, b"pillarbox" in answer.body) == (404, False)


def test_challenges_are_never_the_same():
    assert len({Challenge.make() for _ in range(100)}) == 100


@given(st.binary(max_size=300))
def test_bytes_of_anybody_else_are_never_right(body):
    reading = read_answer(KEY, CHALLENGE, HOST, body, [OURS])
    assert (reading.nonce, bool(reading.problem)) == ("", True)


@given(st.text(max_size=50))
def test_a_host_header_never_raises(text):
    assert "\n" not in bare_host(text) or "\n" in text


@given(st.integers(0, 200), st.integers(0, 255))
async def test_a_changed_answer_is_not_right(place, byte):
    body = bytearray((await asked()).body)
    place %= len(body) - 1
    if body[place] == byte:
        return
    body[place] = byte
    reading = read_answer(KEY, CHALLENGE, HOST, bytes(body))
    assert reading.nonce == ""
