"""`pillarbox keys`: made, listed, revoked."""

import pytest

from pillarbox.proto.smtp.password import smtp_password


def test_a_key_is_printed_for_programs(run):
    key = run("keys", "create", "--json").json
    assert set(key) == {"AccessKeyId", "SecretAccessKey", "SmtpUsername", "SmtpPassword"}
    assert key["SmtpUsername"] == key["AccessKeyId"]
    assert key["SmtpPassword"] == smtp_password(key["SecretAccessKey"], "us-east-1")


def test_a_temporary_key_has_a_token(run):
    key = run("keys", "create", "--session", "60", "--json").json
    assert key["AccessKeyId"].startswith("ASIA")
    assert len(key["SessionToken"]) == 120


def test_a_key_is_printed_for_people_with_a_warning_beside(run):
    ran = run("keys", "create")
    assert [line.split()[0] for line in ran.out.splitlines()] == [
        "AccessKeyId",
        "SecretAccessKey",
        "SmtpUsername",
        "SmtpPassword",
    ]
    assert ran.err == "The secret is not shown again.\n"


def test_keys_are_listed_without_their_secrets(run):
    made = run("keys", "create", "--allow", "SendRawEmail", "--allow", "SendEmail", "--json").json
    ran = run("keys", "list", "--json")
    listed = {one["AccessKeyId"]: one for one in ran.json}
    row = listed[made["AccessKeyId"]]
    assert (row["State"], row["Expires"]) == ("active", None)
    assert row["Operations"] == ["SendEmail", "SendRawEmail"]
    assert made["SecretAccessKey"] not in ran.out
    assert made["AccessKeyId"] in run("keys", "list").out


def test_keys_are_listed_by_account(run):
    run("accounts", "create", "--id", "111111111111")
    made = run("keys", "create", "--account", "111111111111", "--json").json
    (row,) = run("keys", "list", "--account", "111111111111", "--json").json
    assert (row["AccessKeyId"], row["Account"]) == (made["AccessKeyId"], "111111111111")


def test_a_revoked_key_is_listed_as_such_and_not_revoked_again(run):
    name = run("keys", "create", "--json").json["AccessKeyId"]
    assert run("keys", "revoke", name).out == f"{name} is revoked.\n"
    states = {one["AccessKeyId"]: one["State"] for one in run("keys", "list", "--json").json}
    assert states[name] == "revoked"
    again = run("keys", "revoke", name)
    assert (again.code, again.out) == (1, "")
    assert again.err == (f"pillarbox: Access key {name} does not exist or is revoked already.\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "--account", "000000000000"), "Account 000000000000 does not exist."),
        (("create", "--session", "0"), "A session lasts from 1 to 129600 seconds."),
        (("revoke", "AKIANOTHING"), "Access key AKIANOTHING does not exist"),
    ],
)
def test_what_can_not_be_done_is_one_line_and_exit_code_1(run, arguments, words):
    ran = run("keys", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1)
    assert ran.err.startswith(f"pillarbox: {words}")


def test_the_key_works_in_the_region_that_is_set(run):
    key = run("keys", "create", "--json", environ={"PILLARBOX_SERVICE_REGION": "eu-west-1"}).json
    assert key["SmtpPassword"] == smtp_password(key["SecretAccessKey"], "eu-west-1")
