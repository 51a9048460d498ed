"""What the commands print, and how they fail: one line, and exit code 1 or 2."""

import json
import stat
from pathlib import Path

import pytest

from pillarbox.proto.smtp.password import smtp_password
from tests.cli.calling import Call

ACCOUNT = "123456789012"


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        ("keys create --account 999999999999", 1, "Account 999999999999 does not exist."),
        ("keys create --session -5", 1, "A session lasts from 1 to 129600 seconds."),
        ("keys create --session soon", 2, "'soon' is not a valid integer"),
        ("keys create --allow send_email", 2, "'send_email' is no operation"),
        ("keys create --allow SendEmail,,GetAccount", 2, "'' is no operation"),
        ("keys revoke NOPE", 1, "Access key NOPE does not exist or is revoked already."),
        ("keys creat", 2, "Did you mean 'create'?"),
        ("accounts set 1 --sandbox", 1, "Account 1 does not exist."),
        ("accounts create --id 12", 1, "An account id is 12 digits."),
        ("accounts create --id 123456789012", 1, "123456789012"),
        ("send --from nobody --to you@example.org", 1, "Missing final '@domain'"),
        ("send --from me@example.com --to you@example.org", 1, "is not verified"),
        ("send --to you@example.org", 2, "Missing option '--from'"),
        ("dns records example.com", 1, "example.com is not a domain identity of this account"),
        ("dns check example.com", 1, "example.com is not a domain identity of this account"),
        ("serve --config /nonexistent", 2, "'/nonexistent' does not exist"),
        ("serve --workers 0", 2, "0 is not in the range"),
    ],
)
def test_a_user_error_is_told_without_a_traceback(
    call: Call, arguments: str, code: int, why: str
) -> None:
    failed = call(*arguments.split())
    assert (failed.code, failed.out) == (code, "")
    assert why in failed.err
    assert "Traceback" not in failed.err
    assert code == 2 or failed.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("PILLARBOX_LISTEN_APY", "x", "did you mean PILLARBOX_LISTEN_API?"),
        ("PILLARBOX_LISTEN_API", "x", "listen.api must be host:port, not 'x'"),
        ("PILLARBOX_DELIVER_MODE", "direct", "[service] domain is missing"),
        ("PILLARBOX_STORE_URL", "mysql://u:secret@h/d", "[store] url must begin with sqlite:///"),
        ("PILLARBOX_STORE_URL", "sqlite:////dev/null/x", "the store can't be used"),
        ("PILLARBOX_DATA", "/dev/null/x", "Not a directory"),
        ("PILLARBOX_MASTER_KEY", "dG9vIHNob3J0", "32 bytes"),
    ],
)
def test_a_setting_that_cannot_work_is_told_in_one_line(
    call: Call, monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(name, value)
    failed = call("keys", "list")
    assert (failed.code, failed.out) == (1, "")
    assert failed.err.startswith("pillarbox: ")
    assert why in failed.err
    assert failed.err.count("\n") == 1
    assert "secret" not in failed.err


def test_a_bug_of_ours_is_not_hidden(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("pillarbox.store.people.keys.list_keys", broken)
    with pytest.raises(ZeroDivisionError):
        call("keys", "list")


@pytest.mark.parametrize(
    ("options", "members", "prefix"),
    [
        ([], {"AccessKeyId", "SecretAccessKey", "SmtpUsername", "SmtpPassword"}, "AKIA"),
        (
            ["--session", "60"],
            {"AccessKeyId", "SecretAccessKey", "SessionToken", "SmtpUsername", "SmtpPassword"},
            "ASIA",
        ),
    ],
)
def test_a_new_key_is_json_for_programs(
    call: Call, options: list[str], members: set[str], prefix: str
) -> None:
    made = call("keys", "create", "--json", *options)
    key = json.loads(made.out)
    assert (made.code, made.err, set(key)) == (0, "", members)
    assert key["AccessKeyId"].startswith(prefix)
    assert key["SmtpUsername"] == key["AccessKeyId"]
    assert key["SmtpPassword"] == smtp_password(key["SecretAccessKey"], "us-east-1")


def test_the_first_key_made_is_the_only_one(call: Call) -> None:
    assert call("accounts", "list").out.startswith(f"{ACCOUNT}  default  production  active")
    key = json.loads(call("keys", "create", "--json").out)["AccessKeyId"]
    assert [one["AccessKeyId"] for one in json.loads(call("keys", "list", "--json").out)] == [key]


@pytest.mark.parametrize(
    ("options", "operations"),
    [
        ([], None),
        (["--allow", "SendEmail,GetAccount"], ["GetAccount", "SendEmail"]),
        (["--allow", "SendEmail", "--allow", "GetAccount"], ["GetAccount", "SendEmail"]),
    ],
)
def test_the_list_of_keys_says_what_each_may_do(
    call: Call, options: list[str], operations: list[str] | None
) -> None:
    secret = json.loads(call("keys", "create", "--json", *options).out)["SecretAccessKey"]
    listed = call("keys", "list", "--json")
    (key,) = json.loads(listed.out)
    assert (key["Operations"], key["State"], key["Expires"]) == (operations, "active", None)
    assert secret not in listed.out
    shown = ",".join(operations) if operations else "all operations"
    assert call("keys", "list").out == (
        f"{key['AccessKeyId']}  {ACCOUNT}  active  for ever  {shown}\n"
    )


def test_a_revoked_key_is_listed_as_such(call: Call) -> None:
    key = json.loads(call("keys", "create", "--json").out)["AccessKeyId"]
    assert call("keys", "revoke", key).out == f"{key} is revoked.\n"
    assert json.loads(call("keys", "list", "--json").out)[0]["State"] == "revoked"


@pytest.mark.parametrize(
    ("options", "changed"),
    [
        (["--sandbox"], {"production": False}),
        (["--max-24h", "5", "--max-rate", "2"], {"max_24h": 5.0, "max_rate": 2.0}),
        (["--suspend"], {"status": "suspended"}),
        (["--restrict"], {"status": "restricted"}),
        (["--close"], {"status": "closed"}),
        (["--suspend", "--restore"], {"status": "active"}),
    ],
)
def test_set_changes_what_it_is_told_and_nothing_else(
    call: Call, options: list[str], changed: dict[str, object]
) -> None:
    (before,) = json.loads(call("accounts", "list", "--json").out)
    (after,) = json.loads(call("accounts", "set", ACCOUNT, "--json", *options).out)
    assert {name: after[name] for name in changed} == changed
    kept = [name for name in before if name not in {*changed, "generation"}]
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_the_zone_is_a_zone_file(call: Call) -> None:
    assert call("dns", "zone").out.startswith(
        "bounce.pillarbox.localhost. 3600 IN MX 10 mta.pillarbox.localhost.\n"
    )


@pytest.mark.usefixtures("nothing_yet")
def test_db_upgrade_says_from_where_to_where(call: Call) -> None:
    first, second = call("db", "upgrade").out, call("db", "upgrade").out
    assert first.startswith("from nothing to ")
    assert second == first.replace("from nothing to ", "at ")


@pytest.mark.usefixtures("nothing_yet")
def test_nobody_else_can_look_into_the_data(call: Call, tmp_path: Path) -> None:
    call("db", "upgrade")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
