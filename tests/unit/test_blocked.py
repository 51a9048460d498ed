"""Replies by which a provider blocks our address, and for how long the address is left out."""

import pytest

from pillarbox.deliver.blocked import FIRST_MS, LONGEST_MS, is_block, next_block
from pillarbox.deliver.groups import load_groups
from pillarbox.model.outcome import Deferred, Delivered, Failed, Reply

NOW = 1_800_000_000_000
GROUPS = load_groups(10)

GOOGLES = (
    "5.7.1 [192.0.2.1] Our system has detected an unusual rate of unsolicited mail originating "
    "from your IP address. To protect our users from spam, mail sent from your IP address has been "
    "blocked."
)
MICROSOFTS = (
    "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet "
    "service provider since part of their network is on our block list (S3140)."
)
REPLIES = [
    ("google", 550, GOOGLES, True),
    ("microsoft", 550, MICROSOFTS, True),
    ("microsoft", 550, "5.7.606 Access denied, banned sending IP [192.0.2.1]", True),
    ("yahoo", 421, "4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred", True),
    ("comcast", 554, "Client host [192.0.2.1] blocked using zen.spamhaus.org", True),
    ("yahoo", 550, "5.7.606 Access denied, banned sending IP [192.0.2.1]", False),
    ("example.org", 554, "Client host [192.0.2.1] blocked using zen.spamhaus.org", False),
    ("google", 550, "5.1.1 The email account that you tried to reach does not exist", False),
    ("google", 550, "5.7.1 This message has been blocked because its content is a problem", False),
    ("google", 421, "4.7.28 unusual rate of unsolicited mail", False),
]


@pytest.mark.parametrize(
    ("group", "code", "text", "blocked"), REPLIES, ids=[str(n) for n in range(len(REPLIES))]
)
def test_a_known_wording_of_a_listed_group_is_a_block(group, code, text, blocked):
    kind = Deferred if code < 500 else Failed
    assert is_block(GROUPS.named(group), kind(Reply(code, text))) is blocked


def test_who_takes_a_message_blocks_nothing():
    said = Reply(250, "not blocked using anything")
    assert not is_block(GROUPS.named("google"), Delivered(said))


def test_a_block_lasts_an_hour_then_twice_as_long_up_to_a_day():
    block, now, hours = None, NOW, []
    for _ in range(7):
        block = next_block(block, "192.0.2.1", "google", "550 no", now)
        hours.append((block.until - now) / FIRST_MS)
        now = block.until + 1
    assert hours == [1, 2, 4, 8, 16, 24, 24]
    assert next_block(block, "192.0.2.1", "google", "550 no", block.until + LONGEST_MS).times == 1


def test_a_reply_to_what_was_under_way_makes_no_block_longer():
    block = next_block(None, "192.0.2.1", "google", "550 no", NOW)
    assert next_block(block, "192.0.2.1", "google", "550 no", NOW + 1) is block
