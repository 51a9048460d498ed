"""What keeps mail from leaving at all: a smart host that refuses us, or a closed port 25.

Takes what became of connections; says it plainly, once in the log, and for as long as it lasts in
`/healthz` and the metrics. Another server's own trouble is none of it.
"""

import logging
from collections.abc import Callable

from pillarbox.model.outcome import Outcome

PORT, LOGIN, RELAY = "port", "relay_login", "relay"
#: Hosts of which none can be reached, after which it is not they who are down.
HOSTS = 3
#: What the system says of a connection that nobody answered; a refused one was answered.
_SILENCE = ("timed out", "No route to host", "Network is unreachable")
_NEVER_CONNECTED = "4.4.1"
_log = logging.getLogger(__name__)


def blocked(port: int) -> str:
    """Say that a port is closed on the way out, and what to do."""
    return (
        f"all connections to port {port} time out: the network or the provider seems to block it. "
        'Have it opened, or send through a smart host: [deliver] mode = "relay"'
    )


class WayOut:
    """One worker's view of it; `report` is told of each kind of trouble, 1 or 0."""

    def __init__(self, report: Callable[[str, float], None] | None = None) -> None:
        self._report = report or (lambda _kind, _value: None)
        self._silent: set[str] = set()
        self._reached = False
        self.troubles: dict[str, str] = {}

    def tried(self, host: str, port: int, outcome: Outcome | None) -> None:
        """Take note of a connection to an MX host; `outcome`: why it was not set up, or None."""
        reply = outcome.reply if outcome is not None else None
        if reply is None or reply.enhanced != _NEVER_CONNECTED:
            self._reached = True
            self._silent.clear()
            self._clear(PORT)
            return
        if self._reached or not any(word in reply.text for word in _SILENCE):
            return
        if not self._silent:
            _log.warning(
                "a first connection, to %s port %s, failed: %s. If all do, port %s is blocked: "
                "`pillarbox doctor` finds out",
                *(host, port, reply, port),
            )
        self._silent.add(host)
        if len(self._silent) >= HOSTS:
            self._set(PORT, blocked(port))

    def relay_refused(self, why: str) -> None:
        """Take note that the smart host did not take our login."""
        self._clear(RELAY)
        self._set(LOGIN, f"{why}. Mail waits; set [relay] username and password right")

    def relay_failed(self, why: str) -> None:
        """Take note that the smart host can't be used."""
        self._set(RELAY, f"{why}. Mail waits")

    def relay_works(self) -> None:
        """Take note that the smart host serves us."""
        if self.troubles:
            self._clear(RELAY)
            self._clear(LOGIN)

    def _set(self, kind: str, text: str) -> None:
        if kind not in self.troubles:
            _log.error("%s", text)
            self._report(kind, 1.0)
        self.troubles[kind] = text

    def _clear(self, kind: str) -> None:
        if self.troubles.pop(kind, None) is not None:
            _log.warning("mail goes out again (%s)", kind)
            self._report(kind, 0.0)
