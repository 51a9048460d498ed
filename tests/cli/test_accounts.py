"""`pillarbox accounts`: made, listed, changed."""

import pytest


def test_the_default_account_is_there_from_the_start(run):
    (account,) = run("accounts", "list", "--json").json
    assert (account["id"], account["name"]) == ("123456789012", "default")
    assert run("accounts", "list").out == (
        "123456789012  default  production  active  no daily limit\n"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "111111111111  111111111111  production  active  no daily limit\n"),
        (("--name", "shop"), "111111111111  shop  production  active  no daily limit\n"),
        (("--sandbox",), "111111111111  111111111111  sandbox  active  200 a day\n"),
    ],
)
def test_an_account_is_made_and_listed(run, arguments, line):
    assert run("accounts", "create", "--id", "111111111111", *arguments).out == line
    assert line in run("accounts", "list").out


def test_an_account_without_an_id_gets_one(run):
    (account,) = run("accounts", "create", "--json").json
    assert len(account["id"]) == 12
    assert account["id"].isdecimal()


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        (("--sandbox",), {"production": False}),
        (("--sandbox", "--production"), {"production": True}),
        (("--max-24h", "500"), {"max_24h": 500.0}),
        (("--max-24h", "-1"), {"max_24h": -1.0}),
        (("--max-rate", "0.5"), {"max_rate": 0.5}),
        (("--suspend",), {"status": "suspended"}),
        (("--restrict",), {"status": "restricted"}),
        (("--close",), {"status": "closed"}),
        (("--suspend", "--restore"), {"status": "active"}),
        ((), {}),
    ],
)
def test_an_account_is_changed_and_nothing_else_of_it(run, arguments, changes):
    (before,) = run("accounts", "list", "--json").json
    (after,) = run("accounts", "set", "123456789012", *arguments, "--json").json
    grown = {"generation": before["generation"] + bool(changes)}
    assert after == before | changes | grown
    assert run("accounts", "list", "--json").json == [after]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("create", "--id", "1"), "An account id is 12 digits."),
        (("create", "--id", "123456789012"), "Account 123456789012 exists already."),
        (("set", "000000000000", "--suspend"), "Account 000000000000 does not exist."),
    ],
)
def test_what_can_not_be_done_is_one_line_and_exit_code_1(run, arguments, words):
    ran = run("accounts", *arguments)
    assert (ran.code, ran.out, ran.err) == (1, "", f"pillarbox: {words}\n")


def test_a_wrong_option_is_exit_code_2(run):
    ran = run("accounts", "set", "123456789012", "--max-24h", "many")
    assert ran.code == 2
    assert "'many' is not a valid float" in ran.err
