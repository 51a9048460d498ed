"""Gauges that one worker works out for all: shown while somebody writes them."""

import os

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
