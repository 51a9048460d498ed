"""A page of a sorted list: rows past the one that the page before ended with, and of those the
ones that somebody looks for.

Compared are pairs of a value and a name, which an index over both serves without a sort, and which
stay right when rows with equal values are on both sides of a page's end.
"""

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, func, literal, or_, tuple_

from pillarbox.model.list_order import NAME, ListOrder

Selected = TypeVar("Selected", bound=Select[Any])


def sorted_page(
    query: Select[Any],
    *,
    name: ColumnElement[str],
    columns: dict[str, ColumnElement[Any]],
    after: str,
    order: ListOrder,
    limit: int,
) -> Select[Any]:
    """Give a query of a page's rows: sorted by one of `columns`, then by name.

    `after`: the name of the row before the page, empty on the first. Raises KeyError for an order
    by what is no column of the list.
    """
    keys = [name] if order.by == NAME else [columns[order.by], name]
    if after or not order.falling:
        query = _past(query, keys, order, after)
    return query.order_by(*(key.desc() if order.falling else key for key in keys)).limit(limit)


def containing(
    query: Selected, part: str | None, *columns: ColumnElement[str] | ColumnElement[str | None]
) -> Selected:
    """Narrow a query to rows with a text in one of `columns`, without regard to case; an empty text
    or None narrows nothing.
    """
    if not part:
        return query
    lowered = part.lower()
    return query.where(
        or_(*(func.lower(one).contains(lowered, autoescape=True) for one in columns))
    )


def _past(
    query: Select[Any], keys: list[ColumnElement[Any]], order: ListOrder, after: str
) -> Select[Any]:
    if len(keys) == 1:
        name = keys[0]
        return query.where(name < after if order.falling else name > after)
    if not after:
        return query
    here = tuple_(*keys)
    there = tuple_(literal(order.value), literal(after))
    return query.where(here < there if order.falling else here > there)
