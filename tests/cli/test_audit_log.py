"""What the command line changes is in the audit log, once each."""

import pytest

from pillarbox.manage.deployment import DEFAULT_ACCOUNT
from pillarbox.manage.people.audit import list_audit
from tests.cli.test_segments import fill


def actions(kept):
    found = kept.read(lambda conn: list_audit(conn, account_id=None, limit=50))
    return [(one.via, one.actor, one.action, one.subject, one.account_id) for one in found]


@pytest.mark.parametrize(
    ("command", "action", "subject"),
    [
        (("topics", "create", "bounces"), "topic.create", "bounces"),
        (("tracking", "settings", "set", "--opens"), "tracking.set", "account"),
        (("tracking", "settings", "disable"), "tracking.disable", "account"),
        (("accounts", "set", DEFAULT_ACCOUNT, "--suspend"), "account.set", DEFAULT_ACCOUNT),
        (("ips", "add", "192.0.2.9", "--helo", "out.example.net"), "ip.add", "192.0.2.9"),
    ],
)
def test_a_command_that_changes_something_is_noted(run, kept, command, action, subject):
    assert run(*command).code == 0
    assert actions(kept) == [("cli", "operator", action, subject, DEFAULT_ACCOUNT)]


def test_a_key_is_noted_without_its_secret(run, kept):
    key = run("keys", "create", "--json").json
    run("keys", "revoke", key["AccessKeyId"])
    found = actions(kept)
    assert [one[2:4] for one in found] == [
        ("key.revoke", key["AccessKeyId"]),
        ("key.create", key["AccessKeyId"]),
    ]
    assert key["SecretAccessKey"] not in str(found)


def test_looking_and_what_fails_is_not_noted(run, kept):
    for command in (("accounts", "list"), ("topics", "list"), ("queue", "list")):
        assert run(*command).code == 0
    assert run("queue", "retry").code == 0
    assert run("keys", "revoke", "AKIANONE").code == 1
    assert actions(kept) == []


def test_suppression_and_segments_are_noted_with_the_account(run, kept, tmp_path):
    kept.read(fill)
    file = tmp_path / "list.csv"
    file.write_text("address\nc@x.org\nd@x.org\n")
    for command in (
        ("suppression", "add", "a@x.org", "b@x.org"),
        ("suppression", "remove", "a@x.org"),
        ("suppression", "import", str(file)),
        ("segments", "create", "idle", "never opened"),
        ("segments", "delete", "idle"),
        ("segments", "forget", "bob@x.org"),
    ):
        assert run(*command).code == 0
    assert [one[2:] for one in reversed(actions(kept))] == [
        ("suppression.add", "a@x.org", DEFAULT_ACCOUNT),
        ("suppression.add", "b@x.org", DEFAULT_ACCOUNT),
        ("suppression.remove", "a@x.org", DEFAULT_ACCOUNT),
        ("suppression.import", str(file), DEFAULT_ACCOUNT),
        ("segment.create", "idle", DEFAULT_ACCOUNT),
        ("segment.delete", "idle", DEFAULT_ACCOUNT),
        ("segment.forget", "bob@x.org", DEFAULT_ACCOUNT),
    ]
