"""`pillarbox users`: made, listed, given passwords, removed."""

PASSWORD = "correct horse battery"


def make(run, name="ada", *more):
    return run("users", "create", name, "--password-stdin", *more, typed=f"{PASSWORD}\n")


def test_a_user_is_made_and_listed_without_a_password(run):
    made = make(run, "Ada Lovelace", "--role", "admin", "--json").json
    assert [(one["name"], one["role"]) for one in made] == [("Ada Lovelace", "admin")]
    assert run("users", "list", "--json").json == made
    assert "argon2" not in run("users", "list").out


def test_a_name_is_taken_whatever_its_case(run):
    make(run)
    assert make(run, "ADA").err == "pillarbox: There is a user called ADA already.\n"


def test_a_password_that_is_too_short_makes_no_user(run):
    ran = run("users", "create", "ada", "--password-stdin", typed="short\n")
    assert (ran.code, ran.err) == (1, "pillarbox: A password has at least 10 characters.\n")
    assert run("users", "list").out == ""


def test_a_password_is_set_for_who_is_there(run):
    make(run)
    for name, code in (("ada", 0), ("bob", 1)):
        ran = run("users", "set-password", name, "--password-stdin", typed="another password\n")
        assert ran.code == code


def test_the_last_administrator_stays(run):
    make(run, "ada", "--role", "admin")
    assert run("users", "delete", "ada").code == 1
    make(run, "bob", "--role", "admin")
    assert run("users", "delete", "ada").out == "ada is deleted.\n"


def test_an_account_that_is_not_there_is_refused(run):
    assert make(run, "ada", "--account", "999999999999").code == 1
