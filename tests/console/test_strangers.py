"""Who may look changes nothing by it, and nobody reaches what belongs to another account."""

import re

import pytest
from sqlalchemy import event, select

from pillarbox.console.pages import PAGES
from pillarbox.model.user import Role
from pillarbox.store.tables import metadata
from tests.console.conftest import ACCOUNT, OTHER
from tests.console.routes import routes
from tests.console.stock import Stock
from tests.console.stock_shapes import SEGMENTS

ROWS = 4
#: Stands in the address, beside what stands in its path.
ECHOED = ("contacts.address", "engagement.folded")
#: What stands for no configuration: who signed in, what was done, what caches look at.
_BESIDE = {"user_sessions", "users", "audit_log", "login_failures", "generations"}
#: Fields of forms whose choice is checked before anything is looked for.
_FIELDS = {"what": "hold", "percentage": "50", "pool": "ses-default-dedicated-pool", "name": "x"}


def words(field):
    return f"own-{field.replace('.', '-').replace('_', '-').replace(' ', '-')}-"


@pytest.fixture
def stock(console):
    stock = Stock(words)
    with console.store.transaction() as conn:
        stock.fill(conn, range(ROWS), console.services.settings.captured_folder)
    return stock


def everything(console):
    """Give all rows of configuration and mail."""
    tables = [one for one in metadata.sorted_tables if one.name not in _BESIDE]
    with console.store.engine.begin() as conn:
        return {(one.name, tuple(row)) for one in tables for row in conn.execute(select(one))}


def elsewhere(route):
    """Give the address of a page in the other account, naming what belongs to the first."""
    return route.url.replace(f"/console/{ACCOUNT}", f"/console/{OTHER}")


async def test_what_is_looked_at_is_not_changed(console, stock):
    browser, written = await console.signed_in(), []

    def note(_conn, _cursor, statement, *_more):
        if not statement.lstrip().upper().startswith(("SELECT", "WITH", "BEGIN")):
            written.append(statement)

    event.listen(console.store.engine, "before_cursor_execute", note)
    for one in routes(stock):
        await browser.open(one.url, follow=False)
        assert written == [], one.name
    event.remove(console.store.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
async def test_no_page_of_an_account_shows_anything_of_another(console, stock, role):
    browser = await console.signed_in(role, account_id=OTHER)
    asked = [words(field) for field in (*SEGMENTS, *ECHOED)]
    for one in routes(stock):
        if not one.page.path.startswith("/{account}"):
            continue
        assert (await browser.open(one.url)).status == 404
        text = (await browser.open(elsewhere(one))).text
        for word in asked:
            text = text.replace(word, "")
        assert "own-" not in text, one.name


async def test_no_form_of_an_account_changes_anything_of_another(console, stock):
    browser = await console.signed_in(Role.ADMIN, account_id=OTHER)
    await browser.open("/console/me")
    before = everything(console)
    for one in routes(stock, "POST"):
        if not one.page.path.startswith("/{account}"):
            continue
        assert (await browser.post(one.url, _FIELDS, follow=False)).status == 404
        await browser.post(elsewhere(one), _FIELDS, follow=False)
        lost = before - everything(console)
        own = {row for row in lost if row[0] == "accounts" and row[1][0] == OTHER}
        assert lost == own, one.name


async def test_a_viewer_sends_no_form_but_about_itself_and_to_look_at_something(console):
    harmless = re.compile(r"/me/.*|/sign-out|.*/preview")
    assert [
        one.path
        for one in PAGES
        if one.method == "POST" and one.role is Role.VIEWER and not harmless.fullmatch(one.path)
    ] == []


async def test_a_preview_changes_nothing(console, stock):
    browser = await console.signed_in(Role.OPERATOR)
    await browser.open("/console/me")
    before = everything(console)
    for one in routes(stock, "POST"):
        if one.path.endswith(("/preview", "/try")):
            await browser.post(
                one.url, {"subject": "x", "html": "y", "name": "z", "rule": "opened"}
            )
    assert everything(console) == before


async def test_there_is_no_way_into_the_console_but_its_pages(console):
    """What answers beside them are files that are the same for everybody, and "not found"."""
    known = {(f"/console{one.path}", one.method) for one in PAGES}
    for route in console.app.routes:
        for method in route.methods - {"HEAD"}:
            if (route.path, method) in known or route.path.startswith("/console/static/"):
                continue
            assert route.path in {"/", "/console/", "/{rest:path}"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_reach_no_page(console, stock, method):
    browser = await console.signed_in()
    before = everything(console)
    for one in routes(stock, "POST"):
        assert (await browser._request(method, one.path, b"", {}, False)).status == 405
    assert everything(console) == before
