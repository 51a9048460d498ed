"""Deleting a topic, and what will miss it.

Functions on a connection, to be run in a transaction of the store. Whatever names a deleted topic
goes on naming it: its events become dead letters, which can be published again once there is a
topic of that name. Nothing is refused because of that, as SNS refuses nothing.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.manage.topics import find_topic
from pillarbox.store.publishing import topics as rows

#: Of what depends on a topic, so many are named.
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependents:
    """What depends on a topic: event destinations (SET/NAME), notifications of identities
    (IDENTITY/KIND), and how many webhooks it has.
    """

    destinations: tuple[str, ...]
    identities: tuple[str, ...]
    webhooks: int

    @property
    def told(self) -> str:
        """Say it to who is about to delete the topic."""
        said = [
            f"Its {self.webhooks} webhooks go with it; what was not yet posted there is not posted."
            if self.webhooks != 1
            else "Its webhook goes with it; what was not yet posted there is not posted."
        ]
        if self.destinations:
            said.append(
                f"Event destinations that name it, whose events become dead letters: "
                f"{_listed(self.destinations)}."
            )
        if self.identities:
            said.append(f"Identities that notify it: {_listed(self.identities)}.")
        if not self.destinations and not self.identities:
            said.append("No event destination and no identity names it.")
        return " ".join(said)


def what_depends(conn: Connection, account_id: str, name: str, *, region: str) -> Dependents:
    """Give what depends on a topic. Raises NotFound."""
    topic = find_topic(conn, account_id, name, region=region)
    webhooks, _ = rows.count_subscriptions(conn, [topic.arn]).get(topic.arn, (0, 0))
    return Dependents(
        destinations=tuple(rows.destinations_of_topic(conn, account_id, topic.arn)),
        identities=tuple(rows.identities_of_topic(conn, account_id, topic.arn)),
        webhooks=webhooks,
    )


def delete_topic(conn: Connection, account_id: str, name: str, *, region: str) -> None:
    """Delete a topic with its webhooks. Raises NotFound."""
    topic = find_topic(conn, account_id, name, region=region)
    rows.delete_subscriptions(conn, topic.arn)
    rows.delete_topic(conn, topic.arn)


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
