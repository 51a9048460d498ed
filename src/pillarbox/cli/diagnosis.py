"""What `pillarbox doctor` says of one thing it looked at."""

from dataclasses import dataclass

OK, WARNING, PROBLEM = "ok", "warning", "problem"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at, how it is (`ok`, `warning`, `problem`), and what to do about it."""

    subject: str
    state: str
    text: str
