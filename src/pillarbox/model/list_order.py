"""How a list is sorted, and behind what a page of it starts."""

from dataclasses import dataclass, replace

#: By what each row has of its own (its name, address or id) and nothing else.
NAME = ""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """The order of a list's rows: by a column of theirs, then by their names.

    `falling`: the greatest first, names as well. `value`: what the row before the page has in the
    column; None on the first page, and in a list by name, where the name says it all.
    """

    by: str = NAME
    falling: bool = False
    value: float | str | None = None

    def past(self, value: float | str | None) -> "ListOrder":
        """Give the same order for a page that starts past a value."""
        return replace(self, value=value)


BY_NAME = ListOrder()
