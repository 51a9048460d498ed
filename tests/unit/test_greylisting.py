"""Greylisting replies: which they are, and when they say to come again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.outcome import Reply
from pillarbox.proto.smtp.greylisting import LONGEST_MS, USUAL_MS, greylisted, visit_again_ms
from pillarbox.queue.retry import AFTER_GREYLISTING_MS, next_attempt

SAID = [
    ("450 4.2.0 <u@x.org>: Recipient address rejected: Greylisted for 300 seconds", 300),
    ("450 4.7.1 Greylisting in action, please come back in 00:04:59", 299),
    ("451 4.7.1 Greylisted, try again in 5 minutes", 300),
    ("451 4.7.1 Please try again in 180 seconds", 180),
    ("450 4.7.1 please retry after 1 hour", 3600),
    ("451 Graylisted. Try again after 1m 30s", 90),
    ("450 Come again in 4:59", 299),
    ("451 4.3.0 Greylisted, see http://postgrey.schweikert.ch/help/x.org.html", USUAL_MS // 1000),
    ("450 4.2.0 greylisted for 90000000 seconds", USUAL_MS // 1000),
    ("450 4.2.0 greylisted for 0 seconds", USUAL_MS // 1000),
    ("450 4.2.1 Mailbox busy, try again later", None),
    ("451 4.3.2 Please try again later (12 messages)", None),
    ("421 4.7.0 Try again in 5 minutes", None),
    ("550 5.7.1 Greylisted for 300 seconds", None),
    ("452 4.5.3 Too many recipients", None),
]


def reply(text):
    code, _, rest = text.partition(" ")
    first = rest.partition(" ")[0]
    return Reply(int(code), rest, first if first.count(".") == 2 else None)


@pytest.mark.parametrize(("text", "seconds"), SAID, ids=[str(n) for n in range(len(SAID))])
def test_a_reply_says_when_to_come_again(text, seconds):
    assert visit_again_ms(reply(text)) == (None if seconds is None else seconds * 1000)


@given(st.text(max_size=400), st.integers(200, 599))
def test_whatever_a_reply_says_the_time_is_within_bounds(text, code):
    ms = visit_again_ms(Reply(code, text))
    assert (ms is None) == (not greylisted(Reply(code, text)))
    assert ms is None or 0 < ms <= LONGEST_MS


def test_a_long_reply_is_read_in_no_time():
    assert visit_again_ms(Reply(450, "try in " * 100_000 + "5 minutes")) is None


@pytest.mark.parametrize("attempts", [1, 4])
@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_the_next_attempt_comes_when_greylisting_ends(attempts, jitter):
    again = next_attempt(
        attempts=attempts,
        deadline=10**9,
        now=0,
        jitter=jitter,
        reply=reply("450 4.2.0 Greylisted for 120 seconds"),
    )
    assert again.due_at == AFTER_GREYLISTING_MS + 120_000 * (1 + jitter / 10)
