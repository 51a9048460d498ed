"""A running server of the APIs, and a fresh account for each test."""

from collections.abc import Iterator

import pytest

from tests.wire.server import WireServer, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireServer]:
    """The server of the session, where identities have to be verified."""
    with running(tmp_path_factory.mktemp("wire")) as started:
        yield started


@pytest.fixture(scope="session")
def capture_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireServer]:
    """A server in capture mode, where every identity counts as verified."""
    with running(tmp_path_factory.mktemp("capture"), everything_verified=True) as started:
        yield started


@pytest.fixture(scope="session")
def accepting_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WireServer]:
    """A server with the real door of `accept`."""
    with running(tmp_path_factory.mktemp("accepting"), real_door=True) as started:
        yield started


@pytest.fixture
def account(server: WireServer) -> str:
    """An account that has nothing yet."""
    return server.new_account()


@pytest.fixture
def v1(server, account):
    """The account's `pinpoint-email` client."""
    return server.client("pinpoint-email", account)


@pytest.fixture
def v2(server, account):
    """The account's `sesv2` client."""
    return server.client("sesv2", account)


@pytest.fixture
def ses(server, account):
    """The account's `ses` client, for the Query API."""
    return server.client("ses", account)
