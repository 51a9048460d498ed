"""Local topics: made, subscribed to, confirmed (facts §5.4).

Functions on a connection, to be run in a transaction of the store.
"""

import re
import secrets

from sqlalchemy import Connection
from yarl import URL

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.base.ids import uuid7
from pillarbox.base.secrets import Sealer
from pillarbox.destinations.webhook_secrets import new_secret, seal_secret
from pillarbox.model.topic import SNS, STANDARD, Subscription, Topic
from pillarbox.store.publishing import topics as rows

MAX_URL = 2048
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")


def topic_arn(region: str, account_id: str, name: str) -> str:
    """Give the ARN of a topic of this deployment."""
    return f"arn:aws:sns:{region}:{account_id}:{name}"


def create_topic(
    conn: Connection, account_id: str, name: str, *, region: str, version: str, now: int
) -> Topic:
    """Make a topic. Raises BadRequest or AlreadyExists."""
    if not _NAME.fullmatch(name):
        raise BadRequest("A topic's name has 1 to 256 letters, digits, '_' and '-'.")
    arn = topic_arn(region, account_id, name)
    topic = Topic(arn=arn, account_id=account_id, name=name, signature_version=version)
    if not rows.insert_topic(conn, topic, now):
        raise AlreadyExists(f"There is a topic {arn} already.")
    return topic


def find_topic(conn: Connection, account_id: str, name: str, *, region: str) -> Topic:
    """Give a topic. Raises NotFound."""
    found = rows.find_topic(conn, topic_arn(region, account_id, name))
    if found is None:
        raise NotFound(f"There is no topic {name}: pillarbox topics create {name}")
    return found


def subscribe(
    conn: Connection, account_id: str, name: str, url: str, *, region: str, raw: bool, now: int
) -> Subscription:
    """Add a webhook to a topic, or find the one that is there. Raises BadRequest or NotFound."""
    check_url(url)
    topic = find_topic(conn, account_id, name, region=region)
    if _subscribed(conn, topic, url, STANDARD):
        raise BadRequest(f"{url} is a Standard Webhook of {name}: unsubscribe it first.")
    new = Subscription(
        id=uuid7(now),
        topic=topic,
        endpoint=url,
        raw=raw,
        token=secrets.token_hex(128),
        confirmed=False,
    )
    return rows.put_subscription(conn, new, now)


def subscribe_standard(
    conn: Connection, account_id: str, name: str, url: str, *, region: str, sealer: Sealer, now: int
) -> tuple[Subscription, str]:
    """Add a Standard Webhook to a topic; give it with its secret, which is shown once.

    Raises BadRequest, NotFound, or AlreadyExists where the URL has subscribed.
    """
    check_url(url)
    topic = find_topic(conn, account_id, name, region=region)
    if _subscribed(conn, topic, url, SNS, STANDARD):
        raise AlreadyExists(
            f"{url} has subscribed to {name} already; for another secret: pillarbox topics rotate"
        )
    row_id, secret = uuid7(now), new_secret()
    new = Subscription(
        id=row_id,
        topic=topic,
        endpoint=url,
        raw=False,
        token=secrets.token_hex(128),
        confirmed=True,
        style=STANDARD,
        secret_sealed=seal_secret(sealer, row_id, secret),
    )
    rows.insert_standard(conn, new, now)
    return new, secret


def rotate_secret(
    conn: Connection,
    account_id: str,
    name: str,
    url: str,
    *,
    region: str,
    sealer: Sealer,
    now: int,
    keep_ms: int,
) -> str:
    """Give a Standard Webhook another secret, and give that; the former one signs as well for
    `keep_ms`. Raises NotFound.
    """
    topic = find_topic(conn, account_id, name, region=region)
    hook = _subscribed(conn, topic, url, STANDARD)
    if hook is None:
        raise NotFound(f"{url} is no Standard Webhook of {name}.")
    secret = new_secret()
    sealed = seal_secret(sealer, hook.id, secret)
    rows.change_secret(conn, hook.id, sealed, hook.secret_sealed, now + keep_ms)
    return secret


def _subscribed(conn: Connection, topic: Topic, url: str, *styles: str) -> Subscription | None:
    """Give the webhook of a URL, where it is of one of these styles."""
    found = (one for one in rows.list_subscriptions(conn, topic.arn) if one.endpoint == url)
    return next((one for one in found if one.style in styles), None)


def confirm(
    conn: Connection, account_id: str, name: str, token: str, *, region: str, now: int
) -> Subscription:
    """Confirm the webhook that was sent a token. Raises NotFound."""
    topic = find_topic(conn, account_id, name, region=region)
    row_id = rows.confirm_subscription(conn, topic.arn, token, now)
    found = rows.find_subscription(conn, row_id) if row_id else None
    if found is None:
        raise NotFound("No subscription of this topic was sent that token.")
    return found


def get_subscription(
    conn: Connection, account_id: str, name: str, row_id: bytes, *, region: str
) -> Subscription:
    """Give one webhook of a topic. Raises NotFound."""
    found = rows.find_subscription(conn, row_id)
    if found is None or found.topic.arn != topic_arn(region, account_id, name):
        raise NotFound(f"There is no such subscription of {name}.")
    return found


def unsubscribe(conn: Connection, account_id: str, name: str, url: str, *, region: str) -> None:
    """Delete the webhook of a URL. Raises NotFound."""
    topic = find_topic(conn, account_id, name, region=region)
    for one in rows.list_subscriptions(conn, topic.arn):
        if one.endpoint == url:
            rows.delete_subscription(conn, one.id)
            return
    raise NotFound(f"Nothing at {url} has subscribed to {name}.")


def check_url(url: str) -> None:
    """Check the URL of a webhook. Raises BadRequest."""
    try:
        parsed = URL(url)
        ok = parsed.scheme in {"http", "https"} and bool(parsed.host) and not parsed.fragment
    except ValueError:
        ok = False
    if not ok or len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise BadRequest(f"A webhook's URL is http:// or https://, up to {MAX_URL} characters.")
