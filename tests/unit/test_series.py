"""Counters with labels of others: kept over restarts, added up, bounded, always well-formed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.observe.series import OTHER, WorkerSeries, series_exposition

LINE = re.compile(r'[a-z_]+(\{(\w+="([^"\\\n]|\\.)*",?)*\})? \d+')


def one(value, name="aws_ses_send_total"):
    return name, (("campaign", value),)


def test_workers_add_up_and_a_restart_keeps_counting(tmp_path):
    WorkerSeries(tmp_path, 0, 10).add([one("a"), one("a"), one("b")])
    WorkerSeries(tmp_path, 0, 10).add([one("a")])
    WorkerSeries(tmp_path, 1, 10).add([one("a")])
    assert series_exposition(tmp_path).splitlines() == [
        "# HELP aws_ses_send_total Counted for event destinations.",
        "# TYPE aws_ses_send_total counter",
        'aws_ses_send_total{campaign="a"} 4',
        'aws_ses_send_total{campaign="b"} 1',
    ]


def test_past_the_limit_the_total_is_kept_in_one_series(tmp_path):
    series = WorkerSeries(tmp_path, 0, 2)
    assert series.add([one("a"), one("b")]) == 0
    assert series.add([one(str(number)) for number in range(100)] + [one("a")]) == 100
    found = series_exposition(tmp_path)
    assert f'{{campaign="{OTHER}"}} 100' in found
    assert '{campaign="a"} 2' in found
    assert len(found.splitlines()) == 5


def test_what_could_not_be_kept_is_not_counted(tmp_path):
    series = WorkerSeries(tmp_path, 0, 10)
    series.add([one("a")])
    (tmp_path / "0.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        series.add([one("a")])
    (tmp_path / "0.new").rmdir()
    series.add([one("a")])
    assert '{campaign="a"} 2' in series_exposition(tmp_path)


def test_a_file_that_is_no_file_of_ours_counts_for_nothing(tmp_path):
    (tmp_path / "0.series").write_bytes(b"\x00")
    assert series_exposition(tmp_path) == ""


@given(st.text(max_size=50))
def test_no_value_breaks_a_line(tmp_path_factory, value):
    folder = tmp_path_factory.mktemp("series")
    WorkerSeries(folder, 0, 10).add([one(value)])
    *_, line = series_exposition(folder).split("\n")[:-1]
    assert LINE.fullmatch(line)
