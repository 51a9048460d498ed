"""Bringing a database to this release's schema: one process at a time.

Revisions come in pairs: what a release adds runs before its code (`expand`), what it no longer
needs goes when the old code is gone (`contract`). Release N-1 runs on N's expanded schema.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pillarbox.store.store import Store

_SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(store: Store) -> tuple[str | None, str]:
    """Run the pending migrations; give the revision before and after. Safe to call from many
    processes, and quick where nothing is pending: Alembic, which is not, is not loaded then.
    """
    newest = newest_revision()
    with store.engine.begin() as conn:
        if current_revision(conn) == newest:
            return newest, newest
    with store.transaction() as conn:
        _one_process(conn)
        before = current_revision(conn)
        _upgrade(conn)
        after = current_revision(conn)
    return before, after or ""


def current_revision(conn: Connection) -> str | None:
    """Give the revision the database is at, None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar()


def newest_revision() -> str:
    """Give the revision this release wants: the highest number of a file."""
    return max(file.stem.partition("_")[0] for file in _SCRIPTS.glob("versions/[0-9]*_*.py"))


def _upgrade(conn: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = conn
    command.upgrade(config, "head")


def _one_process(conn: Connection) -> None:
    """Wait for other migrating processes; SQLite's writer gate has already done so."""
    if conn.dialect.name != "postgresql":
        return
    # A row lock, since advisory locks are not to be had on every database that speaks this
    # protocol.
    with conn.engine.begin() as first:
        first.execute(text("CREATE TABLE IF NOT EXISTS migration_turn (id INTEGER PRIMARY KEY)"))
        first.execute(text("INSERT INTO migration_turn VALUES (1) ON CONFLICT DO NOTHING"))
    conn.execute(text("SELECT id FROM migration_turn FOR UPDATE"))
