"""What was said in a session, step by step, as each outcome tells it. Sans I/O.

A step lasts from the step before it, or from when it was sent, to its reply.
"""

from pillarbox.model.outcome import Attempt, Outcome, Step
from pillarbox.proto.smtp_login import Login


class Transcript:
    """The steps since the last outcome; what we log in with is in none of them."""

    def __init__(self, attempt: Attempt, now: int, login: Login | None) -> None:
        self.secured = ""
        self._attempt = attempt
        self._login = login
        self._steps: list[Step] = []
        self._mark = now

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
        attempt = Attempt(known.host, known.address, known.source, self.secured, steps)
        return type(outcome)(outcome.reply, attempt)
