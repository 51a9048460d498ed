"""The tracking options of a configuration set, as the operations of their own change them."""

from sqlalchemy import Connection, update

from pillarbox.store.tables import configuration_sets


def write_tracking_options(
    conn: Connection, account_id: str, name: str, *, domain: str | None, https_policy: str | None
) -> bool:
    """Replace the options of a set, both None: it has none; tell whether there is such a set."""
    statement = (
        update(configuration_sets)
        .where(configuration_sets.c.account_id == account_id, configuration_sets.c.name == name)
        .values(custom_redirect_domain=domain, https_policy=https_policy)
    )
    return conn.execute(statement).rowcount > 0
