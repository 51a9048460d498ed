"""The webhook of a topic that a page is about, for the pages of topics and of webhooks' secrets."""

from pillarbox.console.row_id import row_id
from pillarbox.console.visit import Visit
from pillarbox.manage import topics as manage
from pillarbox.model.topic import Subscription


async def find_subscription(visit: Visit) -> Subscription:
    """Give the webhook that the address names. Raises NotFound."""
    name, hook_id = visit.label("topic"), row_id(visit.label("subscription"))
    return await visit.read(
        lambda conn: manage.get_subscription(
            conn, visit.account_id, name, hook_id, region=region_of(visit)
        )
    )


def region_of(visit: Visit) -> str:
    """Give the region that ARNs of topics name."""
    return visit.services.settings.service.region


def shown_url(url: str) -> str:
    """Give a URL for the audit log, without what may be secret in it."""
    return url.partition("?")[0][:200]
