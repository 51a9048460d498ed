"""Which topics an identity's bounces, complaints and deliveries are told to (SES v1)."""

from collections.abc import Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError
from pillarbox.console.page import act, show
from pillarbox.console.visit import Visit
from pillarbox.manage.identities import notifications as manage
from pillarbox.manage.identities.identities import missing_identity
from pillarbox.manage.identities.notifications import Notifications
from pillarbox.model.notification import KINDS
from pillarbox.model.user import Role
from pillarbox.store.publishing.topics import list_topics

PATH = "/{account}/identities/{identity}/notifications"
TOPICS_SHOWN = 100


async def notifications(visit: Visit) -> Response:
    """Show the form."""

    def find(conn: Connection) -> tuple[Notifications, Sequence[str]]:
        topics = list_topics(conn, visit.account_id, limit=TOPICS_SHOWN)
        return _find(conn, visit), [one.arn for one in topics]

    found, topics = await visit.read(find)
    return visit.page(
        "identity_notifications.html",
        name=visit.label("identity"),
        found=found,
        topics=topics,
        kinds=KINDS,
    )


async def save(visit: Visit) -> Response:
    """Set what is another one; a topic that is set is told so."""
    name, form = visit.label("identity"), visit.form
    topics = {kind: form.text(f"topic-{kind}") for kind in KINDS}
    problems = {
        f"topic-{kind}": "This is not the ARN of an SNS topic."
        for kind, topic in topics.items()
        if topic and not _is_topic(topic)
    }
    if problems:
        raise FormError(problems)

    def change(conn: Connection) -> None:
        known = _find(conn, visit)
        for kind, topic in topics.items():
            if topic != known.topics.get(kind, ""):
                manage.set_notification_topic(
                    conn, visit.account_id, name, kind, topic, now=visit.now
                )
            headers = form.checked(f"headers-{kind}")
            if headers != known.headers.get(kind, False):
                manage.set_headers_in_notifications(
                    conn, visit.account_id, name, kind, enabled=headers
                )

    told = {kind.lower(): topic or "none" for kind, topic in topics.items()}
    await visit.change("identity.notifications", name, change, **told)
    return visit.redirect(visit.url(f"/identities/{name}"), "Saved.")


def _find(conn: Connection, visit: Visit) -> Notifications:
    """Give what is set; raises NotFound."""
    name = visit.label("identity")
    found = manage.get_notifications(conn, visit.account_id, [name]).get(name)
    if found is None:
        raise missing_identity(name)
    return found


def _is_topic(text: str) -> bool:
    parts = text.split(":")
    return len(parts) == 6 and parts[0] == "arn" and parts[2] == "sns" and all(parts[3:])


PAGES = (
    show(PATH, Role.OPERATOR, notifications),
    act(PATH, Role.OPERATOR, save, notifications),
)
