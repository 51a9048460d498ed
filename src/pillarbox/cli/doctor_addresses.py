"""How `pillarbox doctor` looks at the addresses that mail leaves by: names, and who blocks them.

It reads the store, where there is one, and asks DNS.
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.cli.diagnosis import OK, WARNING, Diagnosis
from pillarbox.identity.address_check import amiss_with
from pillarbox.model.sending_address import SendingAddress

_T = TypeVar("_T")
_SYSTEMS = "this system's own address"


async def look_at_addresses(settings: Settings, resolver: Resolver) -> list[Diagnosis]:
    """Look at the names of the addresses that this node sends from."""
    found = []
    for one in own_addresses(settings):
        amiss = await amiss_with(resolver, one)
        state, text = (WARNING, "; ".join(amiss)) if amiss else (OK, f"greets as {one.helo}")
        found.append(Diagnosis("address", state, f"{one.address}: {text}"))
    return found


def look_at_blocks(settings: Settings) -> list[Diagnosis]:
    """Say which providers block which address, of any node, and until when it is left out."""
    from pillarbox.manage.addresses.shaping import blocked_addresses

    return [
        Diagnosis(
            "blocked",
            WARNING,
            f"{one.group} blocks {one.address or _SYSTEMS}"
            f" (left out until {iso8601(one.until)}): {one.reply}",
        )
        for one in _read(settings, lambda conn: blocked_addresses(conn, now_ms()))
    ]


def own_addresses(settings: Settings) -> list[SendingAddress]:
    """Give the addresses that live on this node; none when no node has run here."""
    from pillarbox.node.identity import node_name
    from pillarbox.store.addresses.dedicated_ips import all_addresses

    if not (settings.data / "node.id").exists():
        return []  # looking would make one
    node = node_name(settings.data)
    return [one for one in _read(settings, all_addresses) if one.node == node]


def _read(settings: Settings, query: Callable[[Connection], Sequence[_T]]) -> Sequence[_T]:
    """Ask the store; nothing where there is none yet, or none that answers."""
    from pillarbox.store.store import Store

    url = make_url(settings.store_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return ()
    try:
        with closing(Store(settings.store_url)) as store, store.engine.begin() as conn:
            return query(conn)
    except SQLAlchemyError:
        return ()  # the store's own diagnosis says so
