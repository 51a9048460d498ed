"""What was said in a session, step by step, as each outcome tells it. Sans I/O.

A step lasts from the step before it, or from when it was sent, to its reply.
"""

from dataclasses import replace

from pillarbox.model.outcome import Attempt, Outcome, Step, TlsUsed
from pillarbox.proto.smtp.login import Login


class Transcript:
    """The steps since the last outcome; what we log in with is in none of them."""

    def __init__(self, attempt: Attempt, now: int, login: Login | None) -> None:
        self.secured = ""
        self._attempt = attempt
        self._login = login
        self._steps: list[Step] = []
        self._mark = now

    def secure(self, version: str, security: TlsUsed | None) -> None:
        """Note that the session is encrypted from now on, and how."""
        self.secured = version
        if security is not None:
            self._attempt = replace(self._attempt, security=security)

    def mark(self, now: int) -> None:
        """Begin a step that nothing was said before."""
        self._mark = now

    def step(self, name: str, reply: str, now: int) -> None:
        """Note a step and its reply."""
        self._steps.append(Step(name, now - self._mark, self.fit(reply)))
        self._mark = now

    def fit(self, reply: str) -> str:
        """Give a reply as it may be shown."""
        return reply if self._login is None else self._login.hidden_in(reply)

    def told(self, outcome: Outcome) -> Outcome:
        """Give an outcome with the steps so far; the next one has its own."""
        known, steps = self._attempt, tuple(self._steps)
        self._steps = []
        attempt = replace(known, tls=self.secured, steps=steps)
        return type(outcome)(outcome.reply, attempt)
