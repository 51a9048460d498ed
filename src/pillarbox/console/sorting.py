"""How a person wants a list sorted: `?sort=created&order=desc`, what the list offers, and the
addresses behind its columns' headings.

What no list offers is ignored: then the list has its own order. Another order starts at the first
page, and what the list is filtered by stays.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, TypeVar

from starlette.datastructures import URL

from pillarbox.console.visit import Visit
from pillarbox.model.list_order import ListOrder

T = TypeVar("T")

SORT, ORDER = "sort", "order"
RISING, FALLING = "asc", "desc"
#: Parameters that say where in a list a page starts.
PLACES = ("after", "before")


@dataclass(frozen=True, slots=True)
class Sort:
    """What a list can be sorted by. `name`: in its address; `by`: the attribute or column, with
    dots between what lies in each other; `falling`: whether the first click gives the greatest
    first, as one wants of times and numbers.
    """

    name: str
    by: str
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: where it leads, and how the list is sorted by it now; "" when it isn't.

    `now`: `ascending` or `descending` (WAI-ARIA, aria-sort).
    """

    url: str
    now: str


@dataclass(frozen=True, slots=True)
class Sorting:
    """The order of a list as it is shown. `asked`: whether the address asks for it."""

    sorts: Sequence[Sort]
    chosen: Sort
    falling: bool
    asked: bool
    url: URL

    @property
    def order(self) -> ListOrder:
        """The order, for what reads a page of the list."""
        return ListOrder(self.chosen.by, self.falling)

    @property
    def first(self) -> bool:
        """Whether this is the list's own order."""
        return self.chosen == self.sorts[0] and self.falling == self.chosen.falling

    @property
    def fields(self) -> list[tuple[str, str]]:
        """What a form that filters the list has to keep."""
        return list(_asked(self.chosen, falling=self.falling).items()) if self.asked else []

    def heading(self, name: str) -> Heading:
        """Give the heading of a column that the list can be sorted by."""
        sort = next(one for one in self.sorts if one.name == name)
        here = sort == self.chosen
        falling = not self.falling if here else sort.falling
        own = self.url.remove_query_params(PLACES)
        url = own.include_query_params(**_asked(sort, falling=falling))
        return Heading(f"?{url.query}", ("descending" if self.falling else "ascending") * here)

    def arrange(self, rows: Iterable[T]) -> list[T]:
        """Sort a list that is there as a whole; rows without the value come last, and those with
        equal values stay as they were.
        """
        value = attrgetter(self.chosen.by)
        found = list(rows)
        known = [one for one in found if value(one) is not None]
        return [
            *sorted(known, key=lambda one: _folded(value(one)), reverse=self.falling),
            *(one for one in found if value(one) is None),
        ]


def sorting_of(visit: Visit, *sorts: Sort) -> Sorting:
    """Give the order that is asked for; the first of `sorts`, as it comes first, when none is."""
    asked, way = visit.query.get(SORT, ""), visit.query.get(ORDER, "")
    chosen = next((one for one in sorts if one.name == asked), None)
    sort = chosen or sorts[0]
    falling = sort.falling
    if chosen and way in {RISING, FALLING}:
        falling = way == FALLING
    return Sorting(sorts, sort, falling, chosen is not None, visit.request.url)


def _asked(sort: Sort, *, falling: bool) -> dict[str, str]:
    return {SORT: sort.name, ORDER: FALLING if falling else RISING}


def _folded(value: Any) -> Any:
    """Let people find names where they look: without regard to case."""
    return value.casefold() if isinstance(value, str) else value
