"""An empty SQLite store of this release's schema, as a file: migrated once in each test process."""

import tempfile
from functools import cache
from pathlib import Path

from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store


def write_empty_store(file: Path) -> str:
    """Write one to a file that is not there; give its URL."""
    file.write_bytes(_migrated())
    return f"sqlite:///{file}"


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory(prefix="pillarbox-empty-") as folder:
        file = Path(folder, "pillarbox.sqlite")
        store = Store(f"sqlite:///{file}")
        upgrade(store)
        store.close()
        assert not Path(f"{file}-wal").exists(), "all of it is in the file"
        return file.read_bytes()
