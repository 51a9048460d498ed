"""What a deployment keeps about itself: its mode, the check value of its master key, its first
account.

The first start writes them; each later start is held against them, and refuses to run beside mail
that was accepted under other rules.
"""

from sqlalchemy import Connection

from pillarbox.base.errors import StartError
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Bootstrap, Settings
from pillarbox.manage.people.accounts import create_account
from pillarbox.manage.people.keys import NewKey, create_key, keep_key
from pillarbox.store.meta import keep_first, read_meta, write_meta
from pillarbox.store.people.accounts import count_accounts, find_account
from pillarbox.store.people.keys import find_key, list_keys

DEFAULT_ACCOUNT = "123456789012"
MODE, KEY_CHECK = "deliver.mode", "master_key.check"
#: Modes that send for real: mail accepted in one may leave in the other.
SENDING_MODES = ("direct", "relay")


def has_master_key(conn: Connection) -> bool:
    """Tell whether this database belongs to a master key already."""
    return read_meta(conn, KEY_CHECK) is not None


def check_deployment(conn: Connection, settings: Settings, sealer: Sealer) -> None:
    """Hold this node against the deployment, writing what the first one decides.

    Raises StartError when the mode or the master key is another one.
    """
    mode = keep_first(conn, MODE, settings.deliver.mode)
    if mode != settings.deliver.mode:
        raise StartError(
            f"this deployment runs in {mode} mode, but the settings say {settings.deliver.mode}: "
            f"{_other_mode(mode, settings.deliver.mode)}"
        )
    if keep_first(conn, KEY_CHECK, sealer.check_value) != sealer.check_value:
        raise StartError("this is not the master key that the database's secrets are sealed with")


def change_mode(conn: Connection, mode: str) -> str:
    """Have a deployment that sends do so in another way; give the way before.

    Raises StartError for one that captures: its mail was never meant to leave.
    """
    before = read_meta(conn, MODE) or mode
    if before not in SENDING_MODES or mode not in SENDING_MODES:
        raise StartError(f"this deployment runs in {before} mode: {_other_mode(before, mode)}")
    write_meta(conn, MODE, mode)
    return before


def _other_mode(kept: str, wanted: str) -> str:
    if kept in SENDING_MODES and wanted in SENDING_MODES:
        return f"stop all nodes, and change it with `pillarbox db mode {wanted}`"
    return "use another data directory or database for the other mode"


def make_first_account(
    conn: Connection, settings: Settings, sealer: Sealer, now: int, *, make_key: bool = True
) -> NewKey | None:
    """Make the default account when there is no account yet, and its first key; give a made key.

    The key of the settings is kept whenever it is not there, and not given. Without one a key is
    made, to be shown once, when there has never been any; not so without `make_key`.
    """
    if not count_accounts(conn):
        create_account(conn, now=now, account_id=DEFAULT_ACCOUNT, name="default", production=True)
    if find_account(conn, DEFAULT_ACCOUNT) is None:
        return None
    if settings.bootstrap.access_key_id:
        _keep_given_key(conn, settings.bootstrap, sealer, now)
        return None
    if not make_key or list_keys(conn, None):
        return None
    return create_key(conn, sealer, DEFAULT_ACCOUNT, now=now)


def _keep_given_key(conn: Connection, given: Bootstrap, sealer: Sealer, now: int) -> None:
    if find_key(conn, given.access_key_id) is not None:
        return
    key = NewKey(
        access_key_id=given.access_key_id,
        secret_access_key=given.secret_access_key,
        session_token=None,
        expires_at=None,
    )
    keep_key(conn, sealer, DEFAULT_ACCOUNT, key, now=now)
