"""Local topics, and the webhooks that their messages go to."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import arranged, listing, part_of
from pillarbox.console.page import act, show
from pillarbox.console.pages.webhook_secrets import add_standard
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.subscription import find_subscription, region_of, shown_url
from pillarbox.console.visit import Visit
from pillarbox.manage import topics as manage
from pillarbox.manage.paging import Page, read_page
from pillarbox.manage.topic_removal import delete_topic, what_depends
from pillarbox.model.list_order import NAME
from pillarbox.model.publishing import Published
from pillarbox.model.topic import STANDARD, Subscription, Topic
from pillarbox.model.user import Role
from pillarbox.store.publishing.lag import COUNT_MOST, Lag, find_lags
from pillarbox.store.publishing.topics import count_subscriptions, page_subscriptions, page_topics

PATH = "/{account}/topics"
_ONE = f"{PATH}/{{topic}}"
_HOOK = f"{_ONE}/subscriptions/{{subscription}}"
VERSIONS = ("1", "2")
STYLES = ("sns", "raw", STANDARD)
SORTS = (
    Sort("name", NAME),
    Sort("webhooks", "webhooks", falling=True),
    Sort("confirmed", "confirmed", falling=True),
)
HOOK_SORTS = (
    Sort("url", NAME),
    Sort("state", "hook.confirmed"),
    Sort("waiting", "lag.waiting", falling=True),
    Sort("oldest", "lag.since"),
    Sort("dead", "lag.dead", falling=True),
)


@dataclass(frozen=True, slots=True)
class TopicLine:
    """A line of the list: a topic, how many webhooks it has, and how many have confirmed."""

    topic: Topic
    webhooks: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class HookLine:
    """A webhook of a topic, and how far it is behind."""

    hook: Subscription
    lag: Lag


async def topics(visit: Visit) -> Response:
    """List them, by name or by how many webhooks each has."""
    wanted, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)
    paging, token, size = part_of(visit, "topics", sorting)
    name, _ = read_page(paging, token, size)
    after = manage.topic_arn(region_of(visit), visit.account_id, name) if name else ""

    def find(conn: Connection) -> Page[TopicLine]:
        found = page_topics(
            conn,
            visit.account_id,
            after=after,
            limit=size + 1,
            contains=wanted,
            order=paging.order,
        )
        page = paging.page(found, size, lambda one: one.name)
        counts = count_subscriptions(conn, [one.arn for one in page.items])
        lines = (TopicLine(one, *counts.get(one.arn, (0, 0))) for one in page.items)
        return Page(tuple(lines), page.next_token)

    page, cut = arranged(sorting, await visit.read(find))
    return visit.page(
        "topics.html", list=listing(visit, page), sorting=sorting, name=wanted, cut=cut
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("topic_new.html")


async def create(visit: Visit) -> Response:
    """Make one."""
    name, version = visit.form.text("name"), visit.form.text("version", "1")
    if version not in VERSIONS:
        raise FormError({"version": "Choose one."})
    with blame("name"):
        await visit.change(
            "topic.create",
            name,
            lambda conn: manage.create_topic(
                conn,
                visit.account_id,
                name,
                region=region_of(visit),
                version=version,
                now=visit.now,
            ),
        )
    return visit.redirect(visit.url(f"/topics/{name}"), f"{name} is here. Add a webhook to it.")


async def topic(visit: Visit) -> Response:
    """Show one with its webhooks, by URL or by how far each is behind."""
    name, wanted = visit.label("topic"), visit.query.get("part", "").strip()
    sorting = sorting_of(visit, *HOOK_SORTS)
    paging, token, size = part_of(visit, f"webhooks of {name}", sorting)
    after, _ = read_page(paging, token, size)

    def find(conn: Connection) -> tuple[Topic, Page[HookLine]]:
        found = manage.find_topic(conn, visit.account_id, name, region=region_of(visit))
        hooks = page_subscriptions(
            conn, found.arn, after=after, limit=size + 1, contains=wanted, order=paging.order
        )
        page = paging.page(hooks, size, lambda one: one.endpoint)
        lags = find_lags(conn, [one.id for one in page.items], visit.now)
        lines = (HookLine(one, lags[one.id]) for one in page.items)
        return found, Page(tuple(lines), page.next_token)

    found, page = await visit.read(find)
    page, cut = arranged(sorting, page)
    return visit.page(
        "topic.html",
        topic=found,
        list=listing(visit, page),
        sorting=sorting,
        part=wanted,
        cut=cut,
        count_most=COUNT_MOST,
    )


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go, and say what depends on it."""
    name = visit.label("topic")
    found = await visit.read(
        lambda conn: what_depends(conn, visit.account_id, name, region=region_of(visit))
    )
    return visit.confirm(
        title=f"Delete {name}?",
        text=found.told,
        button="Delete",
        back=visit.url(f"/topics/{name}"),
    )


async def delete(visit: Visit) -> Response:
    """Delete it with its webhooks."""
    name = visit.label("topic")
    await visit.change(
        "topic.delete",
        name,
        lambda conn: delete_topic(conn, visit.account_id, name, region=region_of(visit)),
    )
    return visit.redirect(visit.url("/topics"), f"{name} is deleted.")


async def subscribe(visit: Visit) -> Response:
    """Add a webhook, and ask it whether it wants the topic; a Standard Webhook is not asked."""
    name, url, style = visit.label("topic"), visit.form.text("url"), visit.form.text("style", "sns")
    if style not in STYLES:
        raise FormError({"style": "Choose one."})
    if style == STANDARD:
        return await add_standard(visit)
    with blame("url"):
        hook = await visit.change(
            "topic.subscribe",
            name,
            lambda conn: manage.subscribe(
                conn,
                visit.account_id,
                name,
                url,
                region=region_of(visit),
                raw=style == "raw",
                now=visit.now,
            ),
            url=shown_url(url),
        )
    return await _ask(visit, hook)


async def ask_again(visit: Visit) -> Response:
    """Post the question to a webhook once more."""
    hook = await find_subscription(visit)
    await visit.change(
        "topic.ask", hook.topic.name, lambda _conn: None, url=shown_url(hook.endpoint)
    )
    return await _ask(visit, hook)


async def confirm(visit: Visit) -> Response:
    """Confirm a webhook by the token that it was sent."""
    name, token = visit.label("topic"), visit.form.text("token")
    with blame("token"):
        hook = await visit.change(
            "topic.confirm",
            name,
            lambda conn: manage.confirm(
                conn, visit.account_id, name, token, region=region_of(visit), now=visit.now
            ),
        )
    return visit.redirect(visit.url(f"/topics/{name}"), f"{hook.endpoint} is confirmed.")


async def ask_unsubscribe(visit: Visit) -> Response:
    """Ask whether a webhook is to get nothing more."""
    hook = await find_subscription(visit)
    return visit.confirm(
        title="Unsubscribe this webhook?",
        text=f"{hook.endpoint} gets no message of {hook.topic.name} any more; what was not yet "
        "posted there is not posted.",
        button="Unsubscribe",
        back=visit.url(f"/topics/{hook.topic.name}"),
    )


async def unsubscribe(visit: Visit) -> Response:
    """End a subscription."""
    hook = await find_subscription(visit)
    name = hook.topic.name
    await visit.change(
        "topic.unsubscribe",
        name,
        lambda conn: manage.unsubscribe(
            conn, visit.account_id, name, hook.endpoint, region=region_of(visit)
        ),
        url=shown_url(hook.endpoint),
    )
    return visit.redirect(visit.url(f"/topics/{name}"), f"{hook.endpoint} is unsubscribed.")


async def _ask(visit: Visit, hook: Subscription) -> Response:
    here = visit.url(f"/topics/{hook.topic.name}")
    if hook.confirmed:
        return visit.redirect(here, f"{hook.endpoint} is confirmed already.")
    outcome = await visit.services.ask_subscriber(hook)
    if not isinstance(outcome, Published):
        done = f"{hook.endpoint} is kept, but could not be asked: {outcome.reason}"
        return visit.redirect(here, done[:500])
    return visit.redirect(here, f"{hook.endpoint} was asked; visiting the URL there confirms it.")


PAGES = (
    show(PATH, Role.VIEWER, topics),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    show(_ONE, Role.VIEWER, topic),
    show(f"{_ONE}/delete", Role.OPERATOR, ask_delete),
    act(f"{_ONE}/delete", Role.OPERATOR, delete, ask_delete),
    act(f"{_ONE}/subscriptions", Role.OPERATOR, subscribe, topic),
    act(f"{_ONE}/confirm", Role.OPERATOR, confirm, topic),
    act(f"{_HOOK}/ask", Role.OPERATOR, ask_again, topic),
    show(f"{_HOOK}/delete", Role.OPERATOR, ask_unsubscribe),
    act(f"{_HOOK}/delete", Role.OPERATOR, unsubscribe, ask_unsubscribe),
)
