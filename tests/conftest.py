"""Fixtures for every folder of tests: a real PostgreSQL, and `store_url` over both engines."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from tests.peers.moto_aws import MotoAws, moto_aws
from tests.peers.postgres import Postgres
from tests.store.empty import write_empty_store

#: Octets of memory that the files of all tests may need.
ROOM = 4 << 30


def _keep_files_in_memory() -> None:
    """Let temporary files lie in memory where there is room: what tests wait for most is the disk.

    Tests kill processes and never pull the plug, so the page cache or this is the same to them.
    """
    memory = Path("/dev/shm")
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK):
        return
    found = os.statvfs(memory)
    if found.f_bavail * found.f_frsize >= ROOM and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = str(memory)
        tempfile.tempdir = str(memory)


_keep_files_in_memory()

# No property fails because the machine is busy; CI tries the same examples each time.
settings.register_profile(
    "pillarbox",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("pillarbox")


@pytest.fixture(scope="session")
def aws() -> Iterator[MotoAws]:
    """One stand-in for AWS for the session; each test makes topics and the like of its own."""
    with moto_aws() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for the session, without fsync: ordinary tests pull no plug."""
    server = Postgres.start()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: Postgres) -> Iterator[str]:
    """A fresh, empty database."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> str:
    """The name of a database that was migrated once, to be copied by every test."""
    url = postgres_server.create_database()
    store = Store(url)
    upgrade(store)
    store.close()
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of this release's schema on each engine."""
    if request.param == "sqlite":
        yield write_empty_store(tmp_path / "pillarbox.sqlite")
        return
    template: str = request.getfixturevalue("postgres_template")
    server: Postgres = request.getfixturevalue("postgres_server")
    url = server.create_database(template)
    yield url
    server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A fresh, empty database of each engine; a test that takes this holds for both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'pillarbox.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
