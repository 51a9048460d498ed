"""Making a deployment's store ready: for a node that starts, and for each command that needs it."""

from collections.abc import Mapping

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import StartError
from pillarbox.base.secrets import Sealer, find_master_key, make_master_key
from pillarbox.base.settings import Settings
from pillarbox.manage.deployment import check_deployment, has_master_key, make_first_account
from pillarbox.manage.people.keys import NewKey
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from pillarbox.track.keys import ensure_tracking_key


def prepare_store(
    store: Store, settings: Settings, environ: Mapping[str, str], *, first_key: bool = True
) -> tuple[Sealer, NewKey | None]:
    """Migrate, hold the node against the deployment, make the first account where there is none.

    Without `first_key` no key is made up: for those who would not show it.
    """
    upgrade(store)
    sealer = _sealer(store, settings, environ)
    with store.transaction() as conn:
        check_deployment(conn, settings, sealer)
        new_key = make_first_account(conn, settings, sealer, now_ms(), make_key=first_key)
        ensure_tracking_key(conn, sealer, now_ms())
    return sealer, new_key


def _sealer(store: Store, settings: Settings, environ: Mapping[str, str]) -> Sealer:
    key = find_master_key(settings.data, environ)
    if key is None:
        with store.engine.begin() as conn:
            if has_master_key(conn):
                raise StartError(
                    "this deployment has a master key: copy master.key from its first node into "
                    f"{settings.data}, or set PILLARBOX_MASTER_KEY"
                )
        key = make_master_key(settings.data)
    return Sealer(key)
