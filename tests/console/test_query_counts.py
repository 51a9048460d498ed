"""No page makes more queries when there is more to show."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from tests.console.routes import routes
from tests.console.stock import Stock

FEW, MANY = 3, 60


def words(field):
    return field.replace(".", "-").replace("_", "-")


@contextmanager
def counted(engine) -> Iterator[list[str]]:
    """Gather the statements that an engine is given."""
    found: list[str] = []

    def note(_conn, _cursor, statement, *_more):
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def statements(console, browser, stock):
    """Give the statements of each page."""
    found = {}
    for one in routes(stock):
        with counted(console.store.engine) as said:
            answer = await browser.open(one.url, follow=False)
        assert answer.status == one.status, (one.name, one.url, answer.text[-1500:])
        found[one.name] = said
    return found


@pytest.fixture
async def browser(console):
    return await console.signed_in()


async def test_no_page_makes_more_queries_for_sixty_of_everything_than_for_three(console, browser):
    stock, folder = Stock(words), console.services.settings.captured_folder
    with console.store.transaction() as conn:
        stock.fill(conn, range(FEW), folder)
    few = await statements(console, browser, stock)
    with console.store.transaction() as conn:
        stock.fill(conn, range(FEW, MANY), folder)
    many = await statements(console, browser, stock)
    grown = {
        name: (len(few[name]), len(said), sorted(set(said) - set(few[name])))
        for name, said in many.items()
        if len(said) > len(few[name])
    }
    assert grown == {}
