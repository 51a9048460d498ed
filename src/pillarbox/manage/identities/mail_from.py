"""An identity's custom MAIL FROM domain: the return path of its mail (facts §7)."""

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.manage.identities.identities import lookup_name
from pillarbox.manage.names import canonical_domain, shortened
from pillarbox.model.verification import PENDING
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.identities import find_identity, update_identity

DEFAULT_BEHAVIOR = "USE_DEFAULT_VALUE"


def set_mail_from(
    conn: Connection,
    account_id: str,
    name: str,
    domain: str | None,
    behavior: str | None,
    *,
    now: int,
) -> None:
    """Set a MAIL FROM domain and begin to look it up; None or empty removes it.

    `behavior`: REJECT_MESSAGE, or USE_DEFAULT_VALUE, which is the default. Setting the domain that
    is set begins a check of it anew when it has failed. Raises BadRequest.
    """
    bump_generation(conn, account_id)
    found = lookup_name(name)
    row = find_identity(conn, account_id, found)
    if row is None:
        raise BadRequest(f"Identity <{name}> does not exist.")
    changes: dict[str, object] = {"mail_from_behavior": behavior or DEFAULT_BEHAVIOR}
    if not domain:
        changes |= {
            "mail_from_domain": None,
            "mail_from_status": None,
            "mail_from_started_at": None,
            "mail_from_checks": None,
            "mail_from_behavior": DEFAULT_BEHAVIOR,
        }
    else:
        chosen = _check_domain(domain, found)
        if (chosen, row.mail_from_status) != (row.mail_from_domain, "SUCCESS"):
            changes |= {
                "mail_from_domain": chosen,
                "mail_from_status": PENDING,
                "mail_from_started_at": now,
                "mail_from_checks": 0,
                "next_check_at": now,
            }
    update_identity(conn, account_id, found, changes)


def _check_domain(domain: str, identity: str) -> str:
    """Give a MAIL FROM domain in its canonical form: it must lie below the identity's domain."""
    chosen = canonical_domain(domain)
    if chosen is None:
        raise BadRequest(f"Invalid domain name: '{shortened(domain)}'.")
    parent = canonical_domain(identity.rpartition("@")[2])
    if not chosen.endswith(f".{parent}"):
        raise BadRequest(
            f"Provided MAIL-FROM domain '{shortened(domain)}' is not subdomain of the domain of "
            f"the identity '{identity}'"
        )
    return chosen
