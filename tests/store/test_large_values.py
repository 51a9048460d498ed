"""Values of megabytes come back as they were, on both engines, and the connection keeps none."""

import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from pillarbox.model.template import SharedRow
from pillarbox.store.large_values import LARGE
from pillarbox.store.mail.shared_contents import insert_shared, read_shared
from pillarbox.store.store import Store
from tests.peers.peak import MEGABYTE, resident_megabytes
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.rows import ACCOUNT, NOW

SIZES = (0, 1, LARGE - 1, LARGE, LARGE + 1, 4 * LARGE, 4 * LARGE + 1, 9 * LARGE + 7)


def row(number: int, content: bytes, *, superseded_at: int | None = None) -> SharedRow:
    return SharedRow(
        id=number.to_bytes(16, "big"),
        account_id=ACCOUNT,
        content=content,
        created_at=NOW,
        superseded_at=superseded_at,  # type: ignore[arg-type]  # the column may be null
    )


def test_values_of_every_size_come_back_as_they_were(store: Store) -> None:
    rows = [row(number, os.urandom(size)) for number, size in enumerate(SIZES)]
    with store.transaction() as conn:
        insert_shared(conn, rows)
    with store.transaction() as conn:
        found = read_shared(conn, [one.id for one in rows])
    assert found == {one.id: one.content for one in rows}


@pytest.mark.parametrize("superseded_at", [None, NOW])
def test_the_other_columns_of_a_large_value_s_row_are_kept(
    store: Store, superseded_at: int | None
) -> None:
    one = row(1, bytes(LARGE), superseded_at=superseded_at)
    with store.transaction() as conn:
        insert_shared(conn, [one])
    with store.transaction() as conn:
        query = "SELECT account_id, created_at, superseded_at FROM shared_contents"
        assert conn.exec_driver_sql(query).one() == (ACCOUNT, NOW, superseded_at)


def test_a_value_that_is_gone_is_missing_from_the_answer(store: Store) -> None:
    one = row(1, bytes(LARGE))
    with store.transaction() as conn:
        insert_shared(conn, [one])
    with store.transaction() as conn:
        assert read_shared(conn, [one.id, bytes(16)]) == {one.id: one.content}


def test_a_large_value_goes_with_its_transaction(store: Store) -> None:
    with pytest.raises(RuntimeError, match="taken back"), store.transaction() as conn:
        insert_shared(conn, [row(1, bytes(LARGE))])
        raise RuntimeError("taken back")
    with store.transaction() as conn:
        assert read_shared(conn, [row(1, b"").id]) == {}


def test_a_key_that_is_there_is_refused_as_any_statement_refuses_it(store: Store) -> None:
    with store.transaction() as conn:
        insert_shared(conn, [row(1, bytes(LARGE))])
    with pytest.raises(IntegrityError), store.transaction() as conn:
        insert_shared(conn, [row(1, bytes(LARGE))])


def test_a_connection_lost_under_a_large_value_is_an_error_of_the_database(store: Store) -> None:
    with pytest.raises(DBAPIError), store.transaction() as conn:
        driver = conn.connection.driver_connection
        assert driver is not None
        driver.close()
        insert_shared(conn, [row(1, bytes(LARGE))])


def kept_of_two(url: str) -> float:
    """Megabytes that a process is larger by, after its connection wrote and read two of 40 MB."""
    store = Store(url)
    with closing(store):
        write_and_read(store, row(9, b"small"))
        before = resident_megabytes()
        for number in range(2):
            write_and_read(store, row(number, os.urandom(40 * MEGABYTE)))
        return resident_megabytes() - before


def write_and_read(store: Store, one: SharedRow) -> None:
    with store.transaction() as conn:
        insert_shared(conn, [one])
    with store.transaction() as conn:
        assert read_shared(conn, [one.id]) == {one.id: one.content}


def test_a_connection_keeps_nothing_of_large_values(migrated_url: str) -> None:
    """Two of 40 MB leave less than one of them: SQLite's cache of pages, and what malloc keeps.

    In a process of its own: this one's memory has other tests' holes in it, and their threads.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as fresh:
        assert fresh.submit(kept_of_two, migrated_url).result(timeout=ARRIVAL_SECONDS) < 40
