"""Wires the events that commits store to the metrics of accounts."""

from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from pillarbox.observe.account_events import AccountEvents
from pillarbox.store.publishing.tally import tell_commits
from pillarbox.store.store import Store


def count_account_events(store: Store, folder: Path, slot: int) -> Coroutine[Any, Any, None]:
    """Count from now on what this store's connections commit; give what writes it, to be run."""
    counted = AccountEvents(folder, slot)
    tell_commits(store.engine, counted.add)
    return counted.run()
