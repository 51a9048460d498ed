"""Standard Webhooks of topics: added, and given another secret; a secret is shown once."""

from starlette.responses import Response

from pillarbox.console.form import FormError, blame
from pillarbox.console.page import act, show
from pillarbox.console.subscription import find_subscription, region_of, shown_url
from pillarbox.console.visit import Visit
from pillarbox.manage import topics as manage
from pillarbox.model.topic import STANDARD
from pillarbox.model.user import Role

PATH = "/{account}/topics/{topic}/subscriptions/{subscription}/secret"
HOUR_MS = 3_600_000
MOST_HOURS = 24 * 30


async def add_standard(visit: Visit) -> Response:
    """Add a webhook that needs no confirmation, and show its secret in the answer itself."""
    name, url = visit.label("topic"), visit.form.text("url")
    with blame("url"):
        _, secret = await visit.change(
            "topic.subscribe",
            name,
            lambda conn: manage.subscribe_standard(
                conn,
                visit.account_id,
                name,
                url,
                region=region_of(visit),
                sealer=visit.services.sealer,
                now=visit.now,
            ),
            url=shown_url(url),
            style=STANDARD,
        )
    return _secret_page(visit, url, secret)


async def ask_rotate(visit: Visit) -> Response:
    """Ask how long the former secret is to sign as well."""
    return visit.page("webhook_rotate.html", hook=await find_subscription(visit))


async def rotate(visit: Visit) -> Response:
    """Make another secret and show it, this once."""
    hook, hours = await find_subscription(visit), visit.form.number("hours")
    if hours is None or not 0 <= hours <= MOST_HOURS:
        raise FormError({"hours": f"From 0 to {MOST_HOURS} hours."})
    name = hook.topic.name
    secret = await visit.change(
        "topic.rotate",
        name,
        lambda conn: manage.rotate_secret(
            conn,
            visit.account_id,
            name,
            hook.endpoint,
            region=region_of(visit),
            sealer=visit.services.sealer,
            now=visit.now,
            keep_ms=hours * HOUR_MS,
        ),
        url=shown_url(hook.endpoint),
    )
    return _secret_page(visit, hook.endpoint, secret)


def _secret_page(visit: Visit, url: str, secret: str) -> Response:
    return visit.page("webhook_secret.html", topic=visit.label("topic"), url=url, secret=secret)


PAGES = (
    show(PATH, Role.OPERATOR, ask_rotate),
    act(PATH, Role.OPERATOR, rotate, ask_rotate),
)
