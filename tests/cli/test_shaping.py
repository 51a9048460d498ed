"""`pillarbox shaping`: groups with their limits, the complaint that shrank them, forgetting."""

import pytest

from pillarbox.deliver.shaping import Learned
from pillarbox.deliver.shaping_keeper import fold
from pillarbox.store.addresses.address_blocks import Block, write_block
from pillarbox.store.store import Store

NOW = 1_800_000_000_000


@pytest.fixture
def complained(run, tmp_path):
    """A deployment that google and one other complained to, and that google blocks."""
    run("shaping", "list")
    (file,) = tmp_path.rglob("pillarbox.sqlite")
    store = Store(f"sqlite:///{file}")
    with store.transaction() as conn:
        fold(conn, [Learned("google", "421 4.7.0 too many"), Learned("x.org", "421 busy")], NOW)
        write_block(conn, Block("", "google", NOW, 10**14, 1, "550 blocked"))
    store.close()


def test_without_complaints_there_is_nothing_to_see_but_the_tables(run):
    assert run("shaping", "list").out.startswith("No group is in use")
    every = run("shaping", "list", "--all").out
    assert "google  20 connections\n" in every
    assert "qq  5 connections, 5 messages/s\n" in every


def test_a_group_that_complained_is_listed_with_what_it_said(run, complained):
    assert run("shaping", "list").out == (
        "google  10 connections  shrunk to 50%: 421 4.7.0 too many\n"
        "x.org  5 connections  shrunk to 50%: 421 busy\n"
    )
    google, other = run("shaping", "list", "--json").json
    assert (google["name"], google["connections"], google["listed"]) == ("google", 10, True)
    assert (other["factor"], other["why"], other["shrunk_at"]) == (0.5, "421 busy", NOW)


def test_one_group_is_shown_with_its_source(run, complained):
    out = run("shaping", "show", "google").out
    assert "50 messages for each connection" in out
    assert "from: " in out
    assert "complained 2027-01-15T08:00:00.000Z: 421 4.7.0 too many" in out
    assert run("shaping", "show", "google", "--json").json["factor"] == 0.5


def test_an_unknown_group_is_an_error(run):
    ran = run("shaping", "show", "nobody.example")
    assert (ran.code, "nothing is known of a group nobody.example" in ran.err) == (1, True)


def test_a_reset_forgets_complaint_and_blocks(run, complained):
    assert "system's own address is blocked by google" in run("ips", "list").out
    assert run("shaping", "reset", "google").out == "google has its full limits.\n"
    assert run("shaping", "reset", "google").out == "google has not complained.\n"
    assert run("shaping", "list").out.startswith("x.org")
    assert run("ips", "list").out == ""


def test_a_bad_table_of_groups_is_an_error_that_names_the_row(run, tmp_path, monkeypatch):
    table = tmp_path / "groups.toml"
    table.write_text("[group.google]\nconnections = 0\n")
    monkeypatch.setenv("PILLARBOX_DELIVER_GROUPS_FILE", str(table))
    ran = run("shaping", "list")
    assert ran.code == 1
    assert "[group.google]: connections must be a whole number of at least 1" in ran.err
