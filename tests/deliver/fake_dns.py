"""DNS answers out of a table, for tests of what delivery makes of them."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class FakeAnswer:
    """One answer, as `base/resolver.py` gives it."""

    status: Literal["ok", "nxdomain", "nodata", "trouble"] = "ok"
    records: tuple[str, ...] = ()
    authenticated: bool = False
    canonical: str = ""


@dataclass
class FakeResolver:
    """Answers from a table; what is not in it does not exist."""

    answers: dict[tuple[str, str], FakeAnswer] = field(default_factory=dict)

    async def query(self, name: str, rdtype: str, /) -> FakeAnswer:
        """Look one name and type up."""
        return self.answers.get((name, rdtype), FakeAnswer("nxdomain"))
