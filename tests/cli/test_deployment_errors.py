"""What keeps a command from its deployment is one line on standard error and exit code 1."""

import base64

import pytest


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PILLARBOX_LISTEN_APPI": "a:1"}, "unknown setting PILLARBOX_LISTEN_APPI; did you mean"),
        ({"PILLARBOX_WORKERS_COUNT": "x"}, "workers.count must be a whole number"),
        ({"PILLARBOX_DELIVER_MODE": "direct"}, "[service] domain is missing"),
        ({"PILLARBOX_MASTER_KEY": "short"}, "PILLARBOX_MASTER_KEY holds no base64"),
        ({"PILLARBOX_MASTER_KEY": "c2hvcnQ="}, "the master key must be 32 bytes"),
        ({"PILLARBOX_STORE_URL": "mysql://h/d"}, "[store] url must begin with sqlite:///"),
        ({"PILLARBOX_STORE_URL": "nonsense"}, "[store] url must begin with sqlite:///"),
        ({"PILLARBOX_STORE_URL": "sqlite:///"}, "[store] url must be sqlite:///FILE or"),
        (
            {"PILLARBOX_STORE_URL": "postgresql+psycopg://h:x/d"},
            "[store] url must be sqlite:///FILE or",
        ),
        ({"PILLARBOX_STORE_URL": "sqlite:////nowhere/at/all.sqlite"}, "the store can't be used"),
        (
            {"PILLARBOX_STORE_URL": "postgresql+psycopg://x@127.0.0.1:1/x"},
            "the store can't be used",
        ),
    ],
)
def test_a_wrong_setting_or_store_is_told(run, environ, words):
    ran = run("keys", "list", environ=environ)
    assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1), ran.err
    assert ran.err.startswith(f"pillarbox: {words}")


def test_a_data_directory_that_is_a_file_is_told(run, tmp_path):
    (tmp_path / "file").write_text("")
    ran = run("keys", "list", environ={"PILLARBOX_DATA": str(tmp_path / "file")})
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith("pillarbox: ")


def test_a_file_that_is_no_database_is_told(run, tmp_path):
    file = tmp_path / "other.sqlite"
    file.write_bytes(b"something else entirely" * 100)
    ran = run("db", "upgrade", environ={"PILLARBOX_STORE_URL": f"sqlite:///{file}"})
    assert (ran.code, ran.err) == (
        1,
        "pillarbox: the store can't be used: file is not a database\n",
    )


def test_a_store_of_another_mode_is_told(run):
    run("accounts", "list")
    direct = {"PILLARBOX_DELIVER_MODE": "direct", "PILLARBOX_SERVICE_DOMAIN": "d.example"}
    ran = run("accounts", "list", environ=direct)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith("pillarbox: this deployment runs in capture mode")


def test_a_lost_master_key_is_told_and_no_other_is_made(run, tmp_path):
    run("accounts", "list")
    (tmp_path / "data" / "master.key").unlink()
    ran = run("accounts", "list")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert ran.err.startswith("pillarbox: this deployment has a master key: copy master.key")
    assert not (tmp_path / "data" / "master.key").exists()


def test_another_master_key_is_told(run):
    run("accounts", "list")
    key = base64.b64encode(b"o" * 32).decode()
    ran = run("accounts", "list", environ={"PILLARBOX_MASTER_KEY": key})
    assert (ran.code, ran.err) == (
        1,
        "pillarbox: this is not the master key that the database's secrets are sealed with\n",
    )
