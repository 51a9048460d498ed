"""`pillarbox db upgrade`: brings an empty database to this release, and says so."""

import pytest

from pillarbox.store.migrate import newest_revision


@pytest.mark.usefixtures("nothing_yet")
def test_an_empty_database_is_brought_up_and_then_stays(run, tmp_path):
    assert run("db", "upgrade").out == f"from nothing to {newest_revision()}\n"
    assert (tmp_path / "data" / "pillarbox.sqlite").exists()
    assert run("db", "upgrade").out == f"at {newest_revision()}\n"


@pytest.mark.usefixtures("nothing_yet")
def test_another_database_can_be_named(run, tmp_path):
    file = tmp_path / "elsewhere.sqlite"
    ran = run("db", "upgrade", environ={"PILLARBOX_STORE_URL": f"sqlite:///{file}"})
    assert ran.code == 0
    assert file.exists()
    assert not (tmp_path / "data" / "pillarbox.sqlite").exists()


def test_a_new_database_takes_a_mode_and_keeps_it(run):
    run("db", "upgrade")
    assert run("db", "mode", "relay").out == "relay mode\n"
    assert run("db", "mode", "direct").out == "from relay to direct mode\n"


def test_a_database_of_captured_mail_keeps_its_mode(run, kept):
    ran = run("db", "mode", "direct")
    assert ran.code == 1
    assert "capture mode" in ran.err
