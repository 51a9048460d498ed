"""Bounce types (facts §11): the enhanced status decides where there is one, else the code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.events.bounce_type import BounceType, classify
from pillarbox.model.outcome import Reply


@pytest.mark.parametrize(
    ("code", "enhanced", "kind", "sub_kind", "status"),
    [
        (550, "5.1.1", "Permanent", "General", "5.1.1"),
        (550, "5.1.2", "Permanent", "General", "5.1.2"),
        (556, "5.1.10", "Permanent", "General", "5.1.10"),
        (550, "5.2.1", "Permanent", "General", "5.2.1"),
        (552, "5.2.2", "Transient", "MailboxFull", "5.2.2"),
        (452, "4.2.2", "Transient", "MailboxFull", "4.2.2"),
        (552, "5.2.3", "Transient", "MessageTooLarge", "5.2.3"),
        (552, "5.3.4", "Transient", "MessageTooLarge", "5.3.4"),
        (554, "4.4.7", "Transient", "General", "4.4.7"),
        (550, "5.6.1", "Transient", "ContentRejected", "5.6.1"),
        (554, "5.7.1", "Transient", "ContentRejected", "5.7.1"),
        (550, "5.7.26", "Permanent", "General", "5.7.26"),
        (550, None, "Permanent", "General", "5.0.0"),
        (552, None, "Transient", "MailboxFull", "5.0.0"),
        (451, None, "Transient", "General", "4.0.0"),
        (451, "4.9.9", "Transient", "General", "4.9.9"),
    ],
)
def test_a_reply_has_a_type(code, enhanced, kind, sub_kind, status):
    text = f"{enhanced} no" if enhanced else "no"
    assert classify(Reply(code, text, enhanced)) == BounceType(
        kind, sub_kind, status, f"smtp; {code} {text}"
    )


@given(st.integers(200, 599), st.text(), st.none() | st.text())
def test_any_reply_has_a_type(code, text, enhanced):
    found = classify(Reply(code, text, enhanced))
    assert found.bounce_type in {"Permanent", "Transient"}
    assert found.bounce_sub_type in {
        "General",
        "MailboxFull",
        "MessageTooLarge",
        "ContentRejected",
    }
    assert found.diagnostic_code.startswith(f"smtp; {code}")
