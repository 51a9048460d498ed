"""The mailbox of capture mode, read on disk while workers write it: the copies of all accounts.

A copy lies in the folder of its day, and its name ends in `.json` once it is whole: what has
another name is being written and is renamed. A copy that is removed meanwhile is not there.
"""

import os
from contextlib import suppress
from pathlib import Path

from pillarbox.deliver.capture import CapturedMessage, read_captured


def captured_copies(data: Path) -> list[Path]:
    """The files of the copies in a node's data directory, in no order."""
    found: list[Path] = []
    for day in (data / "captured").glob("*"):
        with suppress(FileNotFoundError), os.scandir(day) as entries:
            found += [Path(one.path) for one in entries if one.name.endswith(".json")]
    return found


def captured_mail(data: Path) -> list[CapturedMessage]:
    """The copies in a node's data directory, in no order."""
    read = (read_captured(file) for file in captured_copies(data))
    return [one for one in read if one is not None]
