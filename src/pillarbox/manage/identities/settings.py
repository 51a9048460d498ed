"""What is set on an identity: DKIM on or off, feedback forwarding, a configuration set.

Unknown identities are refused in the words the real service has for each (facts §2.5).
"""

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.manage.identities.identities import lookup_name, missing_identity
from pillarbox.manage.sets.configuration_sets import missing_set
from pillarbox.model.verification import NOT_STARTED
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.identities import find_identities, find_identity, update_identity
from pillarbox.store.sets.configuration_sets import find_configuration_set


def set_dkim_enabled(conn: Connection, account_id: str, name: str, *, enabled: bool) -> None:
    """Have mail from a domain signed or not. For an address it is its domain that decides: nothing.

    Raises BadRequest for an unknown identity, and for one without DKIM keys.
    """
    bump_generation(conn, account_id)
    found = lookup_name(name)
    row = find_identity(conn, account_id, found)
    if "@" in found:
        _check_parent(conn, account_id, found)
        return
    if row is None or (enabled and row.dkim == NOT_STARTED):
        raise _no_dkim(found)
    update_identity(conn, account_id, found, {"signing_enabled": enabled})


def set_feedback_forwarding(conn: Connection, account_id: str, name: str, *, enabled: bool) -> None:
    """Have bounces and complaints sent to the sender by mail or not. Raises BadRequest."""
    bump_generation(conn, account_id)
    found = lookup_name(name)
    if find_identity(conn, account_id, found) is None:
        raise BadRequest(f"Identity {name} is invalid. Must be a verified email address or domain.")
    update_identity(conn, account_id, found, {"feedback_forwarding": enabled})


def set_default_configuration_set(
    conn: Connection, account_id: str, name: str, configuration_set: str | None
) -> None:
    """Set what applies to mail that names no configuration set; None: nothing. Raises NotFound."""
    bump_generation(conn, account_id)
    found = lookup_name(name)
    if find_identity(conn, account_id, found) is None:
        raise missing_identity(name)
    chosen = configuration_set or None
    if chosen is not None and find_configuration_set(conn, account_id, chosen) is None:
        raise missing_set(chosen)
    update_identity(conn, account_id, found, {"configuration_set": chosen})


def _check_parent(conn: Connection, account_id: str, address: str) -> None:
    domain = address.rpartition("@")[2].lower()
    labels = domain.split(".")
    parents = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    if not find_identities(conn, account_id, parents):
        raise _no_dkim(domain)


def _no_dkim(domain: str) -> BadRequest:
    return BadRequest(f"Domain {domain} is not verified for DKIM signing.")
