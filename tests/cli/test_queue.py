"""`pillarbox queue`: what waits is listed, shown, held, released, cancelled."""

import pytest
from sqlalchemy import insert

from pillarbox.base.ids import row_id_of
from pillarbox.events.attempt_record import record_of
from pillarbox.model.outcome import Attempt, Deferred, Reply, Step
from pillarbox.store.tables import attempts
from tests.store.rows import NOW


@pytest.fixture
def queued(run, kept) -> str:
    """A test mail in a queue that no service drains."""
    sent = run("send", "--from", "me@example.com", "--to", "you@a.example", "--to", "me@b.example")
    assert sent.code == 0, sent.err
    return sent.out.split()[-1]


def lanes(run, *arguments: str) -> dict[str, int]:
    found = run("queue", "list", "--json", *arguments).json
    return {one["domain"]: one["recipients"] for one in found}


def test_an_empty_queue_says_so(run):
    assert run("queue", "list").out == "Nothing waits.\n"


def test_what_waits_is_listed_by_destination(run, queued):
    assert lanes(run) == {"a.example": 1, "b.example": 1}
    assert lanes(run, "--domain", "A.EXAMPLE.") == {"a.example": 1}
    assert lanes(run, "--older-than", "1h") == {}
    assert run("queue", "list").out.endswith("2 recipients for 2 destinations\n")


def test_a_message_is_shown_with_its_recipients(run, queued):
    shown = run("queue", "show", queued, "--json").json
    assert [(one["address"], one["state"]) for one in shown["recipients"]] == [
        ("you@a.example", "queued"),
        ("me@b.example", "queued"),
    ]
    assert "you@a.example  queued, next try" in run("queue", "show", queued).out


def test_a_message_is_shown_with_its_attempts_and_no_control_characters(run, queued, kept):
    attempt = Attempt("mx.a.example", "192.0.2.1", steps=(Step("RCPT", 7, "451 \x1b[2Jlater"),))
    record = record_of(Deferred(Reply(451, "\x1b[2Jlater"), attempt), NOW)
    values = {"message_id": row_id_of(queued), "position": 0, "id": record.id}
    values |= {"outcome": record.outcome, "detail": record.detail}
    kept.read(lambda conn: conn.execute(insert(attempts).values(values)))
    (shown,) = run("queue", "show", queued, "--json").json["attempts"]
    assert (shown["recipient"], shown["outcome"]) == ("you@a.example", "deferred")
    out = run("queue", "show", queued).out
    assert "mx.a.example [192.0.2.1]" in out
    assert "RCPT           7 ms  451 \N{REPLACEMENT CHARACTER}[2Jlater" in out
    assert "\x1b" not in out


def test_held_mail_comes_back_when_it_is_released(run, queued):
    assert run("queue", "hold", "--domain", "a.example").out == "1 recipients held\n"
    assert (lanes(run), lanes(run, "--held")) == ({"b.example": 1}, {"a.example": 1})
    assert run("queue", "release").out == "1 recipients released\n"
    assert lanes(run) == {"a.example": 1, "b.example": 1}


def test_cancelling_asks_first_and_wants_to_know_what(run, queued):
    assert run("queue", "cancel", "--yes").code == 2
    assert run("queue", "cancel", "--message", queued).code == 1, "nobody said yes"
    assert lanes(run) == {"a.example": 1, "b.example": 1}
    assert run("queue", "cancel", "--message", queued, "--yes").out == "2 recipients cancelled\n"
    assert lanes(run) == {}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "nonsense"), "nonsense is no message id"),
        (
            ("show", f"0100{'0' * 12}-{'0' * 8}-0000-0000-0000-{'0' * 12}-000000"),
            "is not kept here",
        ),
        (("list", "--older-than", "soon"), "soon is no time span"),
    ],
)
def test_what_can_not_be_found_is_said(run, arguments, told):
    done = run("queue", *arguments)
    assert done.code != 0
    assert told in done.err
