"""`pillarbox suppression`: entries one by one, and the list as CSV in and out."""

import io

import pytest

from pillarbox.cli.suppression import _read_twice


@pytest.fixture
def csv(tmp_path):
    """Write a file and give its name."""

    def write(text: str) -> str:
        file = tmp_path / "list.csv"
        file.write_text(text)
        return str(file)

    return write


def listed(run, *arguments: str) -> list[tuple[str, str]]:
    found = run("suppression", "list", "--json", *arguments).json
    return [(one["address"], one["reason"]) for one in found]


def test_entries_are_added_listed_and_removed(run, kept):
    assert run("suppression", "list").out == "Nobody is suppressed.\n"
    assert run("suppression", "add", "b@x.example", "A@X.Example").out == "2 added\n"
    assert run("suppression", "add", "c@x.example", "--reason", "complaint").code == 0
    assert listed(run) == [
        ("A@x.example", "BOUNCE"),
        ("b@x.example", "BOUNCE"),
        ("c@x.example", "COMPLAINT"),
    ]
    assert listed(run, "--reason", "COMPLAINT") == [("c@x.example", "COMPLAINT")]
    assert run("suppression", "list", "--limit", "2").out.endswith("--after b@x.example\n")
    assert listed(run, "--after", "b@x.example") == [("c@x.example", "COMPLAINT")]
    assert run("suppression", "remove", "b@x.example", "c@x.example").out == "2 removed\n"
    assert listed(run) == [("A@x.example", "BOUNCE")]


def test_removing_takes_all_of_them_or_none(run, kept):
    run("suppression", "add", "a@x.example")
    gone = run("suppression", "remove", "a@x.example", "b@x.example")
    assert (gone.code, "b@x.example does not exist" in gone.err) == (1, True)
    assert listed(run) == [("a@x.example", "BOUNCE")]


def test_what_is_exported_is_imported_again_as_it_was(run, kept, tmp_path):
    file = tmp_path / "out.csv"
    run("suppression", "add", "a@x.example", "b@x.example", "--reason", "COMPLAINT")
    before = run("suppression", "list", "--json").json
    told = run("suppression", "export", "--output", str(file))
    assert (told.code, told.out, told.err) == (0, "", "2 addresses exported\n")
    assert run("suppression", "export").out == file.read_text()
    run("suppression", "remove", "a@x.example", "b@x.example")
    assert run("suppression", "import", str(file)).out == "2 addresses imported\n"
    assert run("suppression", "list", "--json").json == before


def test_one_bad_line_leaves_the_list_as_it_was(run, kept, csv):
    name = csv("a@x.example\nnobody\nb@x.example,SPAM\n")
    told = run("suppression", "import", name)
    assert told.code == 1
    assert told.err.splitlines()[:2] == [
        "line 2: no address: 'nobody'",
        "line 3: the reason is BOUNCE or COMPLAINT, not 'SPAM'",
    ]
    assert "2 bad lines: nothing was imported" in told.err
    assert listed(run) == []
    told = run("suppression", "import", "--skip-bad", name)
    assert (told.code, told.out) == (0, "1 addresses imported, 2 lines skipped\n")
    assert listed(run) == [("a@x.example", "BOUNCE")]


def test_many_lines_go_in_portions_and_the_last_of_an_address_holds(run, kept, csv, monkeypatch):
    monkeypatch.setattr("pillarbox.cli.suppression.PORTION", 10)
    lines = [f"n{number}@x.example" for number in range(100)]
    told = run("suppression", "import", csv("\n".join([*lines, "n7@x.example,COMPLAINT", ""])))
    assert told.out == "101 addresses imported\n"
    assert told.err == "100 of 101 ...\n"
    assert listed(run, "--reason", "COMPLAINT") == [("n7@x.example", "COMPLAINT")]
    assert run("suppression", "export").out.count("\n") == 101


def test_standard_input_is_a_file_too(run, kept, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a@x.example,COMPLAINT\n")))
    with _read_twice("-") as lines:
        assert (lines.read(), lines.seek(0), lines.read()[:1]) == (
            b"a@x.example,COMPLAINT\n",
            0,
            b"a",
        )


@pytest.mark.parametrize("command", [("add", "a@x.example"), ("import", "/dev/null")])
def test_an_unknown_account_is_told(run, kept, command):
    told = run("suppression", *command, "--account", "999")
    assert (told.code, "there is no account 999" in told.err) == (1, True)
