"""A worker waits for the store, with only tracking running, instead of dying again and again.

On a node that started without the store, whatever `start_node` could not do is done here first.
"""

import asyncio
import logging
import os

from sqlalchemy.exc import OperationalError

from pillarbox.node.preparing import prepare_store
from pillarbox.node.start import StartedNode
from pillarbox.store.store import Store

EVERY_SECONDS = 1.0
_log = logging.getLogger(__name__)


async def wait_for_store(node: StartedNode) -> None:
    """Return when the store answers.

    Raises StartError when it turns out to be another deployment's.
    """
    told = False
    while not await asyncio.to_thread(_answers, node):
        if not told:
            _log.warning("the store does not answer: until it does, only tracking works")
        told = True
        await asyncio.sleep(EVERY_SECONDS)


def _answers(node: StartedNode) -> bool:
    store = Store(node.settings.store_url)
    try:
        if node.store_prepared:
            with store.transaction():
                pass  # what a worker does first is a write
        else:
            prepare_store(store, node.settings, os.environ, first_key=False)
    except OperationalError:
        return False
    finally:
        store.close()
    return True
