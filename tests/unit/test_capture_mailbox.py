"""Capture mode's mailbox: a file for each recipient of each message, whole or not there at all."""

import asyncio
import base64
import json
import os
import threading

import pytest

from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.deliver.capture import CaptureMailbox, captured_files, day_of, read_captured
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Delivered
from pillarbox.model.queued import Claim
from tests.store.rows import ACCOUNT, NOW, accepted

DAY = 86_400_000


@pytest.fixture
async def mailbox(tmp_path):
    opened = CaptureMailbox(tmp_path / "captured", "us-east-1")
    yield opened
    await opened.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "captured"


async def deliver(mailbox, message, position=0, *, to="to@example.org", content=(b"a", b"b")):
    claim = Claim(
        message_id=message.id,
        position=position,
        account_id=message.account_id,
        address=to,
        lane="",
        size=0,
        attempts=0,
        token=uuid7(NOW),
        lease_until=NOW,
    )
    envelope = Envelope(return_path="v@bounce.example.net", recipient=to, size=2)
    return await mailbox.deliver(claim, message, envelope, content)


async def test_a_message_is_kept_as_it_would_have_been_sent(mailbox, folder):
    message = accepted().message
    outcome = await deliver(mailbox, message)
    assert isinstance(outcome, Delivered)
    assert outcome.reply.code == 250
    (file,) = captured_files(folder, ACCOUNT)
    assert json.loads(file.read_bytes()) == {
        "recipient": "to@example.org",
        "sender": "a@example.com",
        "message_id": ses_message_id(message.id, "us-east-1"),
        "return_path": "v@bounce.example.net",
        "captured_at": NOW,
        "raw": base64.b64encode(b"ab").decode(),
    }
    assert read_captured(file).raw == b"ab"


async def test_the_newest_come_first_over_days(mailbox, folder):
    times = [NOW, NOW + 1, NOW + DAY, NOW + 3 * DAY]
    for time in (times[2], times[0], times[3], times[1]):
        await deliver(mailbox, accepted(now=time).message)
    found = [read_captured(file).captured_at for file in captured_files(folder, ACCOUNT)]
    assert found == times[::-1]


@pytest.mark.parametrize("oldest_first", [False, True], ids=["newest", "oldest"])
async def test_a_list_goes_on_past_any_of_its_files_from_either_end(mailbox, folder, oldest_first):
    for time in (NOW, NOW + 1, NOW + DAY, NOW + 3 * DAY):
        message = accepted(now=time).message
        for position in (0, 1):
            await deliver(mailbox, message, position)
    files = list(captured_files(folder, ACCOUNT, oldest_first=oldest_first))
    assert [file.name for file in files] == sorted(
        (file.name for file in files), reverse=not oldest_first
    )
    for number, file in enumerate(files):
        past = file.name.removesuffix(f"-{ACCOUNT}.json")
        rest = captured_files(folder, ACCOUNT, past=past, oldest_first=oldest_first)
        assert list(rest) == files[number + 1 :]


async def test_days_that_a_list_is_past_are_not_read(mailbox, folder, monkeypatch):
    for time in (NOW, NOW + DAY, NOW + 2 * DAY):
        message = accepted(now=time).message
        await deliver(mailbox, message)
    read, scan = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda day: (read.append(day.name), scan(day))[1])
    past = f"{uuid7(NOW + DAY).hex()}-000"
    for oldest_first, others in ((False, {NOW}), (True, {NOW + 2 * DAY})):
        read.clear()
        list(captured_files(folder, ACCOUNT, past=past, oldest_first=oldest_first))
        assert {day for day in read if day[:2] == "20"} == {
            day_of(uuid7(time)) for time in (*others, NOW + DAY)
        }


async def test_a_message_delivered_again_is_there_once(mailbox, folder):
    message = accepted().message
    for content in ((b"first",), (b"second",)):
        await deliver(mailbox, message, content=content)
    (file,) = captured_files(folder, ACCOUNT)
    assert read_captured(file).raw == b"second"


async def test_two_workers_that_write_the_same_copy_at_once_both_end_well(
    mailbox, folder, monkeypatch
):
    """So it is when a worker stood still for so long that another one took over."""
    both, sync, message = threading.Barrier(2), os.fsync, accepted().message

    def sync_together(descriptor):
        both.wait(60)
        sync(descriptor)

    other = CaptureMailbox(folder, "us-east-1")
    monkeypatch.setattr(os, "fsync", sync_together)
    await asyncio.gather(deliver(mailbox, message), deliver(other, message))
    await other.close()
    (file,) = captured_files(folder, ACCOUNT)
    assert read_captured(file).raw == b"ab"
    assert list(file.parent.iterdir()) == [file]


async def test_each_recipient_has_a_copy(mailbox, folder):
    message = accepted().message
    for position, to in enumerate(["a@x.org", "b@x.org"]):
        await deliver(mailbox, message, position, to=to)
    found = {read_captured(file).recipient for file in captured_files(folder, ACCOUNT)}
    assert found == {"a@x.org", "b@x.org"}


async def test_an_account_sees_its_own_mail_only(mailbox, folder):
    await deliver(mailbox, accepted(account="111111111111").message)
    assert list(captured_files(folder, ACCOUNT)) == []
    assert len(list(captured_files(folder, "111111111111"))) == 1


async def test_half_a_file_is_never_seen(mailbox, folder):
    message = accepted().message
    await deliver(mailbox, message)
    (file,) = captured_files(folder, ACCOUNT)
    (file.parent / f"{uuid7(NOW).hex()}-000-{ACCOUNT}.new").write_bytes(b"{")
    assert list(captured_files(folder, ACCOUNT)) == [file]


def test_what_was_cleared_away_is_none(tmp_path):
    assert read_captured(tmp_path / "gone.json") is None
    assert list(captured_files(tmp_path / "nothing", ACCOUNT)) == []


def test_a_messages_day_is_that_of_its_acceptance_in_utc():
    assert day_of(uuid7(NOW)) == "2027-01-15"
    assert day_of(uuid7(0)) == "1970-01-01"
