"""The one table of bounce types: order of its rules, its texts, and where its rows come from."""

import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.report.bounce_class import classify

TABLE = tomllib.loads(
    files("pillarbox.proto.report").joinpath("bounce_rules.toml").read_text("utf-8")
)
#: Documented by SES (facts §11).
SUBTYPES = {
    "Permanent": {"General", "NoEmail", "Suppressed", "OnAccountSuppressionList"},
    "Transient": {
        "General",
        "MailboxFull",
        "MessageTooLarge",
        "ContentRejected",
        "AttachmentRejected",
    },
}


@pytest.mark.parametrize(
    ("status", "code", "text", "kind", "sub_kind"),
    [
        ("5.1.1", 550, "user unknown", "Permanent", "General"),
        ("5.1.1", 550, "spamhaus says so", "Permanent", "General"),
        ("5.2.2", None, "", "Transient", "MailboxFull"),
        ("5.7.1", 550, "no", "Transient", "ContentRejected"),
        ("5.7.1", 550, "Relaying denied", "Permanent", "General"),
        ("5.0.0", 550, "The mailbox is over quota", "Transient", "MailboxFull"),
        ("5.0.0", 550, "Attachment blocked: x.exe", "Transient", "AttachmentRejected"),
        ("5.0.0", 554, "message identified as SPAM", "Transient", "ContentRejected"),
        ("5.7.0", 554, "192.0.2.1 is on a blocklist", "Transient", "General"),
        ("5.0.0", 550, "", "Permanent", "General"),
        ("4.4.7", 554, "expired", "Transient", "General"),
        (None, 550, "", "Permanent", "General"),
        (None, 450, "", "Transient", "General"),
        (None, 552, "", "Transient", "MailboxFull"),
        (None, None, "Unknown\n  user", "Permanent", "General"),
        (None, None, "nobody knows why", "Undetermined", "Undetermined"),
        ("4.1.1", 450, "user unknown", "Transient", "General"),
        (None, 450, "unknown user", "Transient", "General"),
        (None, None, "could not be delivered for 3 days", "Transient", "General"),
        (None, None, "not be delivered for this reason: no such user", "Permanent", "General"),
        (None, None, "unused for 180 days: account closed", "Permanent", "General"),
        (None, None, "seit 48 Stunden nicht zugestellt", "Transient", "General"),
        (None, None, "3 日間再送しました", "Transient", "General"),
        (None, 554, "Sender address rejected: Domain not found", "Transient", "General"),
        (None, None, "Giving up on 192.0.2.9.", "Transient", "General"),
        (None, None, "This is a permanent error; I've given up.", "Permanent", "General"),
    ],
)
def test_a_failure_has_a_type(status, code, text, kind, sub_kind):
    found = classify(status, code, text)
    assert (found.bounce_type, found.bounce_sub_type) == (kind, sub_kind)


@pytest.mark.parametrize("row", [*TABLE["status"], *TABLE["text"], *TABLE["code"]])
def test_a_row_gives_a_documented_type_and_says_where_it_comes_from(row):
    assert row["subtype"] in SUBTYPES[row["type"]]
    assert row["from"]


@pytest.mark.parametrize(
    ("phrase", "row"), [(phrase, row) for row in TABLE["text"] for phrase in row["phrases"]]
)
def test_a_phrase_is_written_as_texts_are_compared_and_no_earlier_row_takes_it(phrase, row):
    assert phrase == " ".join(phrase.lower().split())
    found = classify(None, None, phrase)
    assert (found.bounce_type, found.bounce_sub_type) == (row["type"], row["subtype"])


@given(st.none() | st.text(max_size=20), st.none() | st.integers(), st.text())
def test_anything_has_a_type(status, code, text):
    found = classify(status, code, text)
    assert found.bounce_type in {*SUBTYPES, "Undetermined"}


def test_a_reply_of_the_global_suppression_list_is_told_before_its_status():
    text = "Amazon SES has suppressed sending to this address because it has a recent history"
    found = classify("5.1.1", 550, text)
    assert (found.bounce_type, found.bounce_sub_type) == ("Permanent", "Suppressed")
