"""Delivery streams on disk: whole lines, whatever a crash cut."""

import gzip
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.destinations import stream_file
from pillarbox.destinations.stream_file import StreamFile, recover, whole_members
from pillarbox.destinations.streams import StreamDriver
from pillarbox.model.event_destination import Firehose
from pillarbox.model.publishing import NotYet, Place, Published, Record, Refused

NOW = 1_767_607_200_000
FIRST, SECOND = [b'{"a":1}', b'{"a":2}'], [b'{"a":3}']


def lines(folder):
    files = sorted(folder.rglob("*.gz"))
    return b"".join(gzip.decompress(one.read_bytes()) for one in files).splitlines()


def test_batches_are_lines_of_one_file_once_it_is_closed(tmp_path):
    file = StreamFile(tmp_path / "a.gz", NOW)
    file.append(FIRST)
    file.append(SECOND)
    assert lines(tmp_path) == []
    file.close()
    assert lines(tmp_path) == FIRST + SECOND


def test_a_file_that_nothing_was_written_to_goes(tmp_path):
    StreamFile(tmp_path / "a.gz", NOW).close()
    assert list(tmp_path.iterdir()) == []


def leave(folder, data):
    """Leave what a process that was killed leaves."""
    folder.mkdir(exist_ok=True)
    (folder / "a.gz.part").write_bytes(data)


def batch(found):
    return gzip.compress(b"".join(one + b"\n" for one in found))


@given(st.data())
def test_wherever_a_crash_cuts_what_is_left_is_whole_batches(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("cut")
    whole = batch(FIRST)
    both = whole + batch(SECOND)
    cut = data.draw(st.integers(0, len(both)))
    leave(folder, both[:cut])
    assert recover(folder) == 1
    wanted = FIRST + SECOND if cut == len(both) else FIRST if cut >= len(whole) else []
    assert lines(folder) == wanted
    assert list(folder.glob("*.part")) == []


@given(st.binary(max_size=200))
def test_whatever_follows_whole_batches_is_cut_off(tmp_path_factory, rest):
    folder = tmp_path_factory.mktemp("rest")
    leave(folder, batch(FIRST) + rest)
    found = whole_members(folder / "a.gz.part")
    assert found >= len(batch(FIRST))
    assert gzip.decompress((batch(FIRST) + rest)[:found]).startswith(b"\n".join(FIRST))


def test_a_file_that_is_being_written_is_left_alone(tmp_path):
    file = StreamFile(tmp_path / "a.gz", NOW)
    file.append(FIRST)
    assert recover(tmp_path) == 0
    file.close()
    assert lines(tmp_path) == FIRST


def test_a_file_that_a_recovery_took_away_is_not_written_to(tmp_path, monkeypatch):
    lock = stream_file.fcntl.flock

    def late(descriptor, how):
        (tmp_path / "a.gz.part").unlink()
        lock(descriptor, how)

    with monkeypatch.context() as patch:
        patch.setattr(stream_file.fcntl, "flock", late)
        with pytest.raises(FileNotFoundError):
            StreamFile(tmp_path / "a.gz", NOW)


def record(number):
    return Record(
        event_id=b"%d" % number,
        message_id=b"m",
        account_id="123456789012",
        type="Send",
        created_at=NOW,
        body={"number": number},
    )


def place(name):
    arn = f"arn:aws:firehose:us-east-1:123456789012:deliverystream/{name}"
    return Place("123456789012", Firehose("role", arn))


@pytest.fixture
async def driver(tmp_path):
    class Clock:
        now = NOW

    made = StreamDriver(tmp_path, most_bytes=80, most_seconds=60, clock=lambda: Clock.now)
    made.time = Clock
    yield made
    await made.close()


def numbers(folder):
    return [json.loads(line)["number"] for line in lines(folder)]


async def test_files_are_closed_at_their_size_and_at_their_age(driver, tmp_path):
    for number in range(4):
        assert await driver.publish(place("mail"), [record(number)]) == {
            b"%d" % number: Published()
        }
    await driver.publish(place("other"), [record(9)])
    await driver.close_old()
    assert numbers(tmp_path) == [0, 1, 2]
    driver.time.now += 60_000
    await driver.close_old()
    assert sorted(numbers(tmp_path)) == [0, 1, 2, 3, 9]
    (first, *_) = sorted(tmp_path.rglob("mail-1-*.jsonl.gz"))
    assert first.relative_to(tmp_path).parts[:6] == (
        "123456789012",
        "mail",
        "2026",
        "01",
        "05",
        "10",
    )


async def test_a_disk_that_takes_no_more_loses_nothing_that_was_written(
    driver, tmp_path, monkeypatch
):
    await driver.publish(place("mail"), [record(0)])

    def full(descriptor, data):
        os.write(descriptor, data[:5])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(stream_file, "_write_all", full)
        found = await driver.publish(place("mail"), [record(1)])
    assert found == {b"1": NotYet("the file can't be written: No space left on device")}
    await driver.publish(place("mail"), [record(1)])
    driver.time.now += 60_000
    await driver.close_old()
    assert sorted(numbers(tmp_path)) == [0, 1]


@pytest.mark.parametrize("name", [".", ".."])
async def test_no_stream_leaves_its_folder(driver, tmp_path, name):
    found = await driver.publish(place(name), [record(0)])
    assert isinstance(found[b"0"], Refused)
    assert list(tmp_path.iterdir()) == []
