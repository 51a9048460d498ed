"""Gauges that one worker works out for all: shown while somebody writes them."""

import os

from pillarbox.deliver.adaptive import GroupState
from pillarbox.deliver.shaping_gauges import FactorGauges
from pillarbox.observe.gauges import STALE_SECONDS, Gauge, gauge_exposition, write_gauges

RATE = "aws_ses_reputation_bounce_rate"
LABELS = (("account_id", "123456789012"), ("ses_configuration_set", 'a"b'))


def test_gauges_are_written_as_prometheus_reads_them(tmp_path):
    write_gauges(tmp_path, [Gauge(RATE, LABELS, 0.0625)])
    lines = gauge_exposition(tmp_path).splitlines()
    assert f'{RATE}{{account_id="123456789012",ses_configuration_set="a\\"b"}} 0.0625' in lines
    assert f"# TYPE {RATE} gauge" in lines


def test_what_nobody_writes_any_more_is_not_shown(tmp_path):
    write_gauges(tmp_path, [Gauge(RATE, LABELS, 0.5)])
    (file,) = tmp_path.iterdir()
    then = file.stat().st_mtime - STALE_SECONDS - 1
    os.utime(file, (then, then))
    assert gauge_exposition(tmp_path) == ""


def test_without_gauges_nothing_is_shown(tmp_path):
    write_gauges(tmp_path, [Gauge(RATE, LABELS, 0.5)])
    write_gauges(tmp_path, [])
    assert gauge_exposition(tmp_path) == ""
    (tmp_path / "reputation.gauges").write_bytes(b"broken")
    assert gauge_exposition(tmp_path) == ""


def test_subjects_are_shown_beside_each_other(tmp_path):
    write_gauges(tmp_path, [Gauge(RATE, LABELS, 0.5)])
    write_gauges(tmp_path, [Gauge("pillarbox_shaping_factor", (("group", "gmx"),), 0.25)], "other")
    write_gauges(tmp_path, [Gauge("pillarbox_shaping_factor", (("group", "qq"),), 1.0)], "shaping")
    lines = gauge_exposition(tmp_path).splitlines()
    assert sum(line.startswith(RATE) for line in lines) == 1
    assert lines[-2:] == [
        'pillarbox_shaping_factor{group="gmx"} 0.25',
        'pillarbox_shaping_factor{group="qq"} 1',
    ]


def test_large_groups_show_their_factor_and_the_others_the_least_of_them(tmp_path):
    gauges = FactorGauges(tmp_path, {"google", "gmx"})
    states = [("google", 0.5), ("small.example", 0.25), ("large.example", 0.75), ("yahoo", 0.9)]
    gauges.show([GroupState(name, factor) for name, factor in states])
    shown = gauge_exposition(tmp_path)
    assert 'factor{group="google"} 0.5\n' in shown
    assert 'factor{group="gmx"} 1\n' in shown
    assert 'factor{group="other"} 0.25\n' in shown
    gauges.show([])
    assert 'factor{group="google"} 1\n' in gauge_exposition(tmp_path)
