"""When it is said that no mail gets out, and when that it does again."""

from pillarbox.deliver.way_out import HOSTS, PORT, WayOut
from pillarbox.model.outcome import Deferred, Reply

TIMED_OUT = Deferred(Reply(421, "4.4.1 Connection timed out", "4.4.1"))
REFUSED = Deferred(
    Reply(421, "4.4.1 Unable to connect to remote host: Connection refused", "4.4.1")
)
GREETED_421 = Deferred(Reply(421, "4.3.2 busy", "4.3.2"))


class Told:
    """A way out, and what it reported."""

    def __init__(self) -> None:
        self.reports = []
        self.way = WayOut(lambda kind, value: self.reports.append((kind, value)))

    def tried(self, outcome, *hosts):
        for host in hosts:
            self.way.tried(host, 25, outcome)
        return self.way.troubles


async def test_a_first_silent_host_is_told_of_with_what_it_may_mean(caplog):
    told = Told()
    assert told.tried(TIMED_OUT, "a", "a", "a") == {}
    assert caplog.text.count("pillarbox doctor") == 1


async def test_where_no_host_answers_the_port_is_called_blocked_once(caplog):
    told = Told()
    troubles = told.tried(TIMED_OUT, *"abcdef"[: HOSTS + 2])
    assert 'mode = "relay"' in troubles[PORT]
    assert caplog.text.count("all connections to port 25 time out") == 1
    assert told.reports == [(PORT, 1.0)]


async def test_any_answer_says_that_it_is_open():
    for answer in (None, GREETED_421):
        told = Told()
        told.tried(TIMED_OUT, *"abcde")
        assert told.tried(answer, "f") == {}
        assert told.tried(TIMED_OUT, *"abcde") == {}, "it was open: they are down"
        assert told.reports == [(PORT, 1.0), (PORT, 0.0)]


async def test_refused_connections_were_answered():
    assert Told().tried(REFUSED, *"abcde") == {}
