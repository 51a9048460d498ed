"""`pillarbox reports`: what proved nothing is listed and shown."""

import pytest

from pillarbox.inbound.keeping import KeptReports, kept_report
from pillarbox.proto.report.reading import read_report
from tests.inbound_reports import arf, dsn
from tests.store.rows import NOW


@pytest.fixture
def reports(kept) -> None:
    """Two that were kept: a bounce, then a complaint."""

    def keep(conn) -> None:
        for at, content in enumerate((dsn(), arf() + b"\x1b[31m")):
            report = kept_report(
                read_report(content),
                content,
                sender="mx@example.org",
                sent_to=["feedback@bounce.example.net"],
                now=NOW + at,
            )
            KeptReports().keep(conn, report, NOW)

    kept.read(keep)


def test_none_is_said(run, kept):
    assert run("reports", "list").out == "No report is kept.\n"


def test_they_are_listed_the_newest_first_with_what_they_claim(run, reports):
    first, second = run("reports", "list", "--json").json
    assert [one["kind"] for one in (first, second)] == ["complaint", "bounce"]
    assert second["recipients"] == ["to@example.org"]
    assert (second["status"], second["diagnostic"]) == ("5.1.1", "550 5.1.1 user unknown")
    assert (second["sender"], second["sent_to"]) == (
        "mx@example.org",
        ["feedback@bounce.example.net"],
    )
    assert first["feedback_type"] == "abuse"
    lines = run("reports", "list").out.splitlines()
    assert [line.split()[2] for line in lines] == ["complaint", "bounce"]
    after = run("reports", "list", "--json", "--after", first["id"]).json
    assert [one["id"] for one in after] == [second["id"]]


def test_one_is_shown_with_its_mail_and_nothing_reaches_the_terminal(run, reports):
    first, second = run("reports", "list", "--json").json
    shown = run("reports", "show", second["id"])
    assert "5.1.1" in shown.out
    assert "Reporting-MTA: dns; mx.example.org" in shown.out
    assert "\x1b" not in run("reports", "show", first["id"]).out
    assert run("reports", "show", "--raw", second["id"]).out.encode() == dsn()


@pytest.mark.parametrize("report_id", ["x", bytes(16).hex()])
def test_what_is_not_kept_is_told(run, reports, report_id):
    told = run("reports", "show", report_id)
    assert (told.code, "is not kept here" in told.err) == (1, True)
