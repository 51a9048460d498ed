"""Who a node is: a name that outlives restarts, and a lock that keeps a second one out.

The name lies in the data directory. Workers are `NAME/SLOT`; since nobody else can use the
directory, what such a worker held before a restart is free when the node starts.
"""

import fcntl
import os
from pathlib import Path

from pillarbox.base.errors import StartError


class NodeLock:
    """Holds a data directory for this node until the process and all its workers have ended."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(data / "node.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise StartError(f"another pillarbox is running on the data in {data}") from None

    def release(self) -> None:
        """Let the next one in."""
        os.close(self._descriptor)


def node_name(data: Path) -> str:
    """Give this node's name, making one at the first start."""
    file = data / "node.id"
    if not file.exists():
        file.write_text(os.urandom(8).hex() + "\n")
    return file.read_text().strip()
