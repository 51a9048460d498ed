"""`pillarbox segments`: saved rules, and recipients as CSV and as JSON Lines."""

import csv
import io
import json

import pytest
from sqlalchemy import insert

from pillarbox.model.engagement import KINDS
from pillarbox.store.tables import engagement, engagement_attributes
from tests.store.rows import ACCOUNT, NOW

APP = "shop"


def fill(conn, application=APP):
    nothing = {name: 0 for kind in KINDS for name in (kind, f"{kind}_at")}
    for address, sent, opened in (("Ann@x.org", 3, 1), ("bob@x.org", 5, 0), ("=1+1@x.org", 1, 0)):
        row = {
            "account_id": ACCOUNT,
            "application": application,
            "folded": address.lower(),
            "address": address,
            "since": NOW,
            "sent": sent,
            "sent_at": NOW,
            "opened": opened,
            "opened_at": NOW * opened,
        }
        conn.execute(insert(engagement).values(nothing | row))
    tag = {"folded": "ann@x.org", "name": "plan", "value": 'go"ld', "at": NOW}
    where = {"account_id": ACCOUNT, "application": application}
    conn.execute(insert(engagement_attributes).values(where | tag))


@pytest.fixture
def filled(kept):
    """A deployment that knows three recipients of one application."""
    kept.read(fill)
    return kept


def test_a_segment_is_saved_listed_shown_and_deleted(run, filled):
    assert run("segments", "create", "idle", "never opened after 5 sends").code == 0
    found = run("segments", "list", "--json").json
    assert found["applications"] == [{"application": "shop", "recipients": 3}]
    (idle,) = found["segments"]
    assert (idle["name"], idle["application"], idle["recipients"]) == ("idle", "shop", 1)
    assert run("segments", "list").out == (
        "application shop: 3 recipients\nidle  1 recipients of shop  never opened after 5 sends\n"
    )
    assert run("segments", "show", "idle").out == (
        "1 recipients\nbob@x.org  sent 5 (last 2027-01-15)\n"
    )
    shown = run("segments", "show", "--rule", "opened", "--json").json
    assert shown["count"] == 1
    assert shown["recipients"][0]["opened"] == {"count": 1, "last": "2027-01-15T08:00:00.000Z"}
    assert run("segments", "delete", "idle").code == 0
    gone = run("segments", "show", "idle")
    assert (gone.code, gone.err) == (1, "pillarbox: There is no segment idle.\n")


def test_a_page_says_how_to_go_on(run, filled):
    assert run("segments", "show", "--limit", "2").out.endswith("--after Ann@x.org\n")
    assert run("segments", "show", "--after", "Ann@x.org").out.splitlines()[1:] == [
        "bob@x.org  sent 5 (last 2027-01-15)"
    ]


def test_an_export_has_every_recipient_once_over_all_pages(run, filled, monkeypatch, tmp_path):
    monkeypatch.setattr("pillarbox.cli.segments.PORTION", 1)
    told = run("segments", "export")
    assert told.err == "3 recipients exported\n"
    rows = list(csv.DictReader(io.StringIO(told.out)))
    assert [one["address"] for one in rows] == ["'=1+1@x.org", "Ann@x.org", "bob@x.org"]
    ann = rows[1]
    assert (ann["opened"], ann["last_opened"]) == ("1", "2027-01-15T08:00:00.000Z")
    assert json.loads(ann["attributes"]) == {"plan": 'go"ld'}
    assert rows[2]["last_opened"] == ""
    file = tmp_path / "out.jsonl"
    assert run("segments", "export", "--format", "jsonl", "--output", str(file)).out == ""
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [one["address"] for one in lines] == ["=1+1@x.org", "Ann@x.org", "bob@x.org"]
    assert lines[1]["attributes"] == {"plan": 'go"ld'}
    assert lines[2]["opened"] == {"count": 0, "last": None}


def test_a_rule_that_is_none_is_refused_with_the_reason(run, filled):
    told = run("segments", "show", "--rule", "opened in 30 weeks")
    assert told.code == 1
    assert told.err == "pillarbox: No rule: weeks stands where 'days' or 'hours' must be.\n"


def test_of_several_applications_one_must_be_named(run, filled):
    filled.read(lambda conn: fill(conn, "club"))
    told = run("segments", "show")
    assert (told.code, told.err) == (1, "pillarbox: Which application: club, shop?\n")
    assert run("segments", "show", "--application", "club").out.startswith("3 recipients")


def test_a_recipient_is_forgotten(run, filled):
    assert run("segments", "forget", "ANN@x.org").out == "1 forgotten\n"
    assert run("segments", "show").out.startswith("2 recipients")
    assert run("segments", "forget", "ann@x.org").code == 1
