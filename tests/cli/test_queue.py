"""`pillarbox queue`: what waits is listed, shown, held, released, cancelled."""

import pytest


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
