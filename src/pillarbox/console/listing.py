"""A page of a sorted list, with the addresses of the pages around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.datastructures import URL

from pillarbox.console.sorting import Sorting
from pillarbox.console.visit import Visit
from pillarbox.manage.paging import Page, Paging
from pillarbox.model.list_order import BY_NAME

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
    """Give what makes the tokens of an account's list; `sorting` None: it is sorted by name."""
    order = sorting.order if sorting else BY_NAME
    return Paging(visit.services.paging_key, visit.account_id, kind, order)


def token_of(visit: Visit) -> str | None:
    """Give the token of the page that is asked for."""
    return visit.query.get(AFTER) or None


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
