"""Fixtures of the fault tests: a PostgreSQL whose commits wait for the disk, a zone with an MX."""

from collections.abc import Iterator

import pytest

from tests.peers.dns_zone import DnsZone
from tests.peers.postgres import Postgres


@pytest.fixture(scope="session")
def durable_postgres() -> Iterator[Postgres]:
    """One server for all fault tests, with fsync."""
    server = Postgres.start(durable=True)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def durable_store_url(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """A store of each engine that keeps what it has committed; None: SQLite in the data folder."""
    if request.param == "sqlite":
        yield None
        return
    server: Postgres = request.getfixturevalue("durable_postgres")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def zone() -> Iterator[DnsZone]:
    """The world's DNS: customer.test has one MX, on loopback."""
    with DnsZone() as zone:
        zone.set("customer.test", "MX", "10 mx.customer.test", ttl=3600)
        zone.set("mx.customer.test", "A", "127.0.0.1", ttl=3600)
        yield zone
