"""Starting a node: what happens once, in order, before any worker runs.

Takes the settings; hands on a started node, or a StartError that says what is in the way.
"""

import os
from dataclasses import dataclass, replace

from sqlalchemy.exc import OperationalError

from pillarbox.base.clock import now_ms
from pillarbox.base.secrets import Sealer, find_master_key
from pillarbox.base.settings import Address, Settings
from pillarbox.base.sockets import Purpose, Sockets, bind_all
from pillarbox.deliver.relay import check_relay_files
from pillarbox.manage.people.keys import NewKey
from pillarbox.manage.people.users import has_users
from pillarbox.node.identity import NodeLock, node_name
from pillarbox.node.preparing import prepare_store
from pillarbox.queue.recovery import take_back_node
from pillarbox.store.store import Store
from pillarbox.track.tracking import key_cache
from pillarbox.wire.smtp.certificates import certificate_files, open_certificates


@dataclass(frozen=True, slots=True)
class StartedNode:
    """What the workers need. `new_key`: the first key, when this start made it; `store_prepared`:
    False when the store did not answer, so that only tracking works until it does; `first_run`: the
    console has no user yet.
    """

    settings: Settings
    sealer: Sealer
    name: str
    lock: NodeLock
    sockets: Sockets
    new_key: NewKey | None
    store_prepared: bool = True
    first_run: bool = False


def start_node(settings: Settings, workers: int) -> StartedNode:
    """Lock the data, bind the sockets, bring the store up to date, take back what is ours.

    Raises StartError when another node uses the data, an address is taken, or the deployment is
    another one than the settings say. A node that has run before starts without the store, too:
    what it knows is enough to lead people from their mail to where its links point.
    """
    lock = NodeLock(settings.data)
    sockets = _bind_sockets(settings, workers)
    settings = _with_track_url(settings, sockets)
    check_relay_files(settings)
    open_certificates(settings)  # made or checked here, once, and not by each worker at its start
    name = node_name(settings.data)
    store = Store(settings.store_url)
    try:
        sealer, new_key = prepare_store(store, settings, os.environ)
        with store.transaction() as conn:
            take_back_node(conn, name, now_ms())
            first_run = not has_users(conn)
    except OperationalError:
        known = find_master_key(settings.data, os.environ)
        if known is None or not key_cache(settings.data).exists():
            raise
        return StartedNode(settings, Sealer(known), name, lock, sockets, None, False)
    finally:
        store.close()
    return StartedNode(settings, sealer, name, lock, sockets, new_key, first_run=first_run)


def _bind_sockets(settings: Settings, workers: int) -> Sockets:
    listen = settings.listen
    wanted: dict[Purpose, Address] = {
        "API": listen.api,
        "tracking": listen.track,
        "submission": listen.submission,
        "inbound": listen.inbound,
    }
    if certificate_files(settings) is not None:
        wanted["submission over TLS"] = listen.submission_tls
    listeners = {purpose: (one.host, one.port) for purpose, one in wanted.items()}
    return bind_all(listeners, (listen.dns.host, listen.dns.port), workers)


def _with_track_url(settings: Settings, sockets: Sockets) -> Settings:
    """Say how the tracking listener is reached, where the settings do not: at the bound port."""
    if settings.track.url:
        return settings
    bound = Address(*sockets.tcp["tracking"][0].getsockname()[:2])
    return replace(settings, track=replace(settings.track, url=f"http://{bound}"))
