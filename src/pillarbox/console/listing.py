"""A page of a sorted list, with the addresses of the pages around it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.datastructures import URL

from pillarbox.console.sorting import Sorting
from pillarbox.console.visit import Visit
from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.model.list_order import BY_NAME, NAME

T = TypeVar("T")

SIZE = 50
#: So many rows of a list are sorted by what no index knows: all on one page, as that changes while
#: somebody looks.
MOST_SORTED = 200
AFTER = "after"


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """What a list's template shows. `first`, `next`: addresses, empty where there is none."""

    items: Sequence[T]
    first: str
    next: str


def paging_of(visit: Visit, kind: str, sorting: Sorting | None = None) -> Paging:
    """Give what makes the tokens of a list of an account, or of the deployment on a page that
    belongs to no account; `sorting` None: it is sorted by name.
    """
    order = sorting.order if sorting else BY_NAME
    account_id = visit.account.id if visit.account else ""
    return Paging(visit.services.paging_key, account_id, kind, order)


def token_of(visit: Visit) -> str | None:
    """Give the token of the page that is asked for."""
    return visit.query.get(AFTER) or None


def cut_page(
    visit: Visit, kind: str, sorting: Sorting, rows: Sequence[T], name: Callable[[T], str]
) -> Page[T]:
    """Give the page that is asked for of a list that is there as a whole, in its order.

    Raises BadRequest for a token of another list.
    """
    paging, token = paging_of(visit, kind, sorting), token_of(visit)
    read_page(paging, token, SIZE)
    return paging.cut(rows, token, SIZE, name)


def part_of(visit: Visit, kind: str, sorting: Sorting) -> tuple[Paging, str | None, int]:
    """Say what to read of a list that an index has by name alone: a page of it by name, either way
    round; in another order the first MOST_SORTED by name, for `arranged`.
    """
    if sorting.chosen.by == NAME:
        return paging_of(visit, kind, sorting), token_of(visit), SIZE
    return paging_of(visit, kind), None, MOST_SORTED


def arranged(sorting: Sorting, page: Page[T]) -> tuple[Page[T], int]:
    """Sort what `part_of` had be read; tell to how many of the list's rows it was cut, 0 when it
    was not.
    """
    if sorting.chosen.by == NAME:
        return page, 0
    return Page(tuple(sorting.arrange(page.items)), None), MOST_SORTED if page.next_token else 0


def listing(visit: Visit, page: Page[T]) -> Listing[T]:
    """Give a page with its neighbours; what it is filtered by stays."""
    url = visit.request.url
    here = token_of(visit)
    return Listing(
        page.items,
        first=path_of(url.remove_query_params(AFTER)) if here else "",
        next=path_of(url.include_query_params(after=page.next_token)) if page.next_token else "",
    )


def path_of(url: URL) -> str:
    """Give the part of a URL behind the host: behind a proxy we don't know its front."""
    return "/" + str(url).partition("://")[2].partition("/")[2]
