"""Metrics: all workers' numbers together, surviving restarts, in Prometheus' text format."""

import re

import pytest

from pillarbox.observe.metrics import METRICS, WorkerMetrics, exposition

ACCEPTED = "pillarbox_messages_accepted_total"
SETTLED = "pillarbox_recipients_settled_total"
IN_FLIGHT = "pillarbox_recipients_in_flight"
#: A line of the text format 0.0.4.
LINE = re.compile(
    r"# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge))|[a-z_]+(\{[a-z]+=\"\w+\"\})? [0-9.e+-]+"
)


def values(folder) -> dict[str, float]:
    """The series of the exposition with their values."""
    lines = exposition(folder).splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    }


def test_every_metric_is_there_from_the_start(tmp_path):
    lines = exposition(tmp_path / "nothing").splitlines()
    assert all(LINE.fullmatch(line) for line in lines), lines
    assert {line.split()[2] for line in lines if line.startswith("# TYPE")} == {
        metric.name for metric in METRICS
    }
    assert set(values(tmp_path).values()) == {0.0}
    assert exposition(tmp_path).endswith("\n")


def test_workers_add_up(tmp_path):
    one, two = WorkerMetrics(tmp_path, 0), WorkerMetrics(tmp_path, 1)
    one.add(ACCEPTED)
    one.add(ACCEPTED)
    two.add(ACCEPTED, amount=0.5)
    two.add(SETTLED, "bounced")
    one.set(IN_FLIGHT, 3)
    two.set(IN_FLIGHT, 4)
    found = values(tmp_path)
    assert (found[ACCEPTED], found[IN_FLIGHT]) == (2.5, 7)
    assert found[f'{SETTLED}{{outcome="bounced"}}'] == 1
    assert found[f'{SETTLED}{{outcome="delivered"}}'] == 0


def test_a_worker_that_starts_again_keeps_its_counters_and_begins_its_gauges_anew(tmp_path):
    before = WorkerMetrics(tmp_path, 0)
    before.add(ACCEPTED)
    before.set(IN_FLIGHT, 5)
    after = WorkerMetrics(tmp_path, 0)
    assert (values(tmp_path)[ACCEPTED], values(tmp_path)[IN_FLIGHT]) == (1, 0)
    after.add(ACCEPTED)
    assert values(tmp_path)[ACCEPTED] == 2


def test_a_count_beyond_a_million_is_written_whole(tmp_path):
    WorkerMetrics(tmp_path, 0).add(ACCEPTED, amount=123_456_789_012)
    assert f"{ACCEPTED} 123456789012\n" in exposition(tmp_path)


def test_a_file_that_is_cut_counts_for_nothing(tmp_path):
    WorkerMetrics(tmp_path, 0).add(ACCEPTED)
    (tmp_path / "1.metrics").write_bytes(b"\x01")
    assert values(tmp_path)[ACCEPTED] == 1


@pytest.mark.parametrize(("name", "value"), [("unknown", ""), (SETTLED, "lost"), (SETTLED, "")])
def test_an_unknown_series_is_a_bug_that_shows(tmp_path, name, value):
    with pytest.raises(KeyError):
        WorkerMetrics(tmp_path, 0).add(name, value)
