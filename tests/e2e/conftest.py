"""Running nodes for the whole session; tests keep apart by the names they use."""

import itertools
from collections.abc import Iterator

import pytest

from tests.peers.node import Node

_numbers = itertools.count(1)


@pytest.fixture
def domain() -> str:
    """A domain that no other test uses."""
    return f"d{next(_numbers)}.example"


@pytest.fixture(scope="session")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of two workers in capture mode: mail ends in a mailbox on disk."""
    with Node.start(tmp_path_factory.mktemp("capture")) as node:
        yield node
