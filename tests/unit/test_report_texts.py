"""Reports without a standard form, as the programs write them: tests/cases/report_texts.toml."""

import tomllib
from pathlib import Path

import pytest

from pillarbox.proto.report.bounce_class import classify
from pillarbox.proto.report.reading import read_report

CASES = Path(__file__).parent.parent / "cases" / "report_texts.toml"
TEXTS = tomllib.loads(CASES.read_text("utf-8"))["report"]


@pytest.mark.parametrize("row", TEXTS, ids=[row["name"] for row in TEXTS])
def test_a_text_is_of_its_kind_and_names_its_recipients(row):
    null = "Return-Path: <>\n" if row["kind"] in {"bounce", "delay"} else ""
    head = f"From: {row['from']}\nTo: x@bounce.mail.example\nSubject: {row['subject']}\n"
    head += f"{row['fields']}\n" if "fields" in row else ""
    charset = f"Content-Type: text/{row.get('html', 'plain')}; charset=utf-8\n"
    report = read_report(f"{null}{head}{charset}\n{row['text']}".encode())
    assert report.kind == row["kind"]
    assert [one.address for one in report.recipients] == row.get("recipients", [])
    for one in report.recipients if report.kind == "bounce" else ():
        found = classify(one.status, one.code, one.diagnostic or "")
        assert found.bounce_type == row["type"]
