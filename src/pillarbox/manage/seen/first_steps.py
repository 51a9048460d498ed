"""The first steps of an account, and which of them are done: a checklist that ticks itself."""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.manage.tracking.settings import get_tracking_settings
from pillarbox.model.verification import VERIFIED_STATES
from pillarbox.store.identity.sender_domains import sender_domains
from pillarbox.store.people.first_steps import any_event_destination, any_message


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """What has been done."""

    domain: bool
    mail: bool
    tracking: bool
    events: bool
    delivering: bool

    @property
    def done(self) -> bool:
        """Whether nothing is left of them."""
        return all((self.domain, self.mail, self.tracking, self.events, self.delivering))


def first_steps(
    conn: Connection, account_id: str, *, everything_verified: bool, capturing: bool
) -> FirstSteps:
    """Look what an account has done so far: four queries, however large it is."""
    statuses = None if everything_verified else VERIFIED_STATES
    return FirstSteps(
        domain=bool(sender_domains(conn, account_id, statuses)),
        mail=any_message(conn, account_id),
        tracking=get_tracking_settings(conn, account_id).account.enabled,
        events=any_event_destination(conn, account_id),
        delivering=not capturing,
    )
