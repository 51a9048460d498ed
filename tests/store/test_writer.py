"""Group commit: what is written together, fails alone."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from pillarbox.base.errors import NotFound
from pillarbox.store.meta import keep_first, read_meta
from pillarbox.store.store import Store
from pillarbox.store.tables import meta

Name = dict[str, Any]


def insert_names(conn: Connection, rows: Sequence[Name]) -> list[str]:
    conn.execute(insert(meta), list(rows))
    return [row["name"] for row in rows]


def names(store: Store) -> set[str]:
    with store.engine.begin() as conn:
        return set(conn.execute(select(meta.c.name)).scalars())


async def test_many_writes_are_committed_and_each_gets_its_own_answer(store: Store) -> None:
    rows = [{"name": f"n{n}", "value": "v"} for n in range(500)]
    answers = await asyncio.gather(*(store.submit(insert_names, row) for row in rows))
    assert answers == [row["name"] for row in rows]
    assert len(names(store)) == 500


async def test_one_poisoned_row_fails_alone(store: Store) -> None:
    rows: list[Name] = [{"name": f"n{n}", "value": "v"} for n in range(20)]
    rows[7]["value"] = None
    answers = await asyncio.gather(
        *(store.submit(insert_names, row) for row in rows), return_exceptions=True
    )
    assert [n for n, answer in enumerate(answers) if isinstance(answer, Exception)] == [7]
    assert len(names(store)) == 19
    assert store.healthy


async def test_a_refused_write_is_undone_and_those_beside_it_stand(store: Store) -> None:
    def refused(conn: Connection) -> None:
        keep_first(conn, "half", "done")
        raise NotFound("no such thing")

    def kept(conn: Connection) -> str:
        return keep_first(conn, "whole", "done")

    answers = await asyncio.gather(store.write(refused), store.write(kept), return_exceptions=True)
    assert isinstance(answers[0], NotFound)
    assert answers[1] == "done"
    assert names(store) == {"whole"}


async def test_a_read_sees_what_was_committed(store: Store) -> None:
    await store.write(lambda conn: keep_first(conn, "mode", "capture"))
    assert await store.read(lambda conn: read_meta(conn, "mode")) == "capture"


async def test_a_cache_is_told_when_a_transaction_failed(store: Store) -> None:
    told: list[bool] = []
    store.on_rollback(lambda: told.append(True))
    with pytest.raises(Exception, match=r"(?i)null"):
        await store.submit(insert_names, {"name": "x", "value": None})
    assert told
