"""The migrations make the tables, on both engines; PostgreSQL's large ones are partitioned."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from pillarbox.base.clock import now_ms
from pillarbox.store import migrate
from pillarbox.store.leases import take_lease
from pillarbox.store.migrate import current_revision, newest_revision, upgrade
from pillarbox.store.partitions import WEEK_MS, partition_name, week_start
from pillarbox.store.store import Store
from pillarbox.store.tables import PARTITIONED, metadata
from tests.store.rows import NOW, accepted, put


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    made_besides = name is not None and (
        name in {"migration_turn", "alembic_version"}
        or any(name.startswith(f"{table}_") for table in PARTITIONED)
    )
    return kind != "table" or not made_besides or name in metadata.tables


# SQLite's indexes over expressions can't be read back.
@pytest.mark.filterwarnings("ignore:.* reflection of expression-based index:")
@pytest.mark.filterwarnings("ignore:autogenerate skipping:UserWarning")
def test_the_migrations_make_the_tables(store: Store) -> None:
    with store.engine.begin() as conn:
        context = MigrationContext.configure(conn, opts={"include_name": _ours})
        assert compare_metadata(context, metadata) == []


def test_the_newest_revision_is_the_head_of_alembics_chain() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert scripts.get_heads() == [newest_revision()]


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    assert upgrade(store) == (newest_revision(), newest_revision())
    with store.engine.begin() as conn:
        assert current_revision(conn) == newest_revision()


def test_rows_of_this_week_lie_in_this_weeks_partition(store: Store) -> None:
    if store.engine.dialect.name != "postgresql":
        assert "messages" in inspect(store.engine).get_table_names()
        return
    now = now_ms()
    with store.transaction() as conn:
        put(conn, accepted("a@x.org", now=now))
    with store.engine.begin() as conn:
        for table in PARTITIONED:
            if table in {"outbox", "attempts"}:
                continue
            partition = partition_name(table, week_start(now))
            assert conn.execute(text(f"SELECT count(*) FROM {partition}")).scalar() == 1


def test_rows_of_no_known_week_are_kept_too(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org", now=NOW - 500 * WEEK_MS))
        assert conn.execute(text("SELECT count(*) FROM recipients")).scalar() == 1


def test_weeks_begin_on_monday() -> None:
    monday = 1_763_942_400_000  # 2025-11-24T00:00:00Z
    assert week_start(monday) == monday
    assert week_start(monday - 1) == monday - WEEK_MS
    assert partition_name("events", monday) == "events_2025_11_24"


def test_a_lease_is_one_owners_until_it_ends(store: Store) -> None:
    with store.transaction() as conn:
        assert take_lease(conn, "checks", "a", NOW, NOW + 100)
        assert not take_lease(conn, "checks", "b", NOW + 50, NOW + 150)
        assert take_lease(conn, "checks", "a", NOW + 50, NOW + 150)
        assert take_lease(conn, "checks", "b", NOW + 151, NOW + 300)
