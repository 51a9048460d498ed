"""What subscribers of local topics ask the API listener for, without a signature: the certificate,
ConfirmSubscription and Unsubscribe.

The URLs are those of the notifications (`destinations/topic_urls.py`); answers are SNS's XML. A
token or a MAC in the URL says that whoever asks has got our message.
"""

import hmac
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from pillarbox.base.secrets import Sealer
from pillarbox.destinations.publishing import UNSUBSCRIBE
from pillarbox.destinations.signing import certificate_path, find_sns_key
from pillarbox.destinations.topic_urls import PATH, unsubscribe_mac
from pillarbox.model.topic import Subscription
from pillarbox.store.publishing.topics import (
    confirm_subscription,
    end_subscription,
    find_subscription,
    has_token,
)
from pillarbox.store.store import Store

Route = Callable[[Any, Any, Any], Awaitable[None]]
MAX_PARAMETERS = 10
_XML, _PEM = "text/xml; charset=utf-8", "application/x-pem-file"
_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"


def sns_routes(
    store: Store,
    sealer: Sealer,
    clock: Callable[[], int],
    left: Callable[[Subscription], None],
) -> dict[str, Route]:
    """Give the routes by their paths; `left`: is told which subscription ended."""
    secret = sealer.derive(UNSUBSCRIBE)

    async def certificate(_scope: Any, _receive: Any, send: Any) -> None:
        key = await store.read(lambda conn: find_sns_key(conn, sealer))
        if key is None:
            await _answer(send, 404, "nothing has been signed yet\n", "text/plain")
        else:
            await _answer(send, 200, key.certificate.decode(), _PEM)

    async def act(scope: Any, _receive: Any, send: Any) -> None:
        given = _given(scope["query_string"])
        action = given.get("Action")
        if scope["method"] == "GET" and action == "ConfirmSubscription":
            found = await _confirm(
                store, given.get("TopicArn", ""), given.get("Token", ""), clock()
            )
        elif scope["method"] == "GET" and action == "Unsubscribe":
            arn, mac = given.get("SubscriptionArn", ""), given.get("Mac", "")
            found = await _unsubscribe(store, arn, mac, secret, left)
        else:
            await _answer(send, 400, _error("InvalidAction", "Invalid action"), _XML)
            return
        if found is None:
            await _answer(send, 400, _error("InvalidParameter", "Invalid token"), _XML)
        else:
            await _answer(send, 200, _result(str(action), found), _XML)

    return {PATH: act, certificate_path(sealer): certificate}


def _given(query: bytes) -> dict[str, str]:
    """Give the parameters of a request; none where there are too many."""
    try:
        found = parse_qs(query.decode("latin-1"), max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return {}
    # A NUL would be refused by PostgreSQL, and nothing of ours has one.
    return {name: values[0] for name, values in found.items() if "\0" not in values[0]}


async def _confirm(store: Store, topic_arn: str, token: str, now: int) -> str | None:
    """Confirm; give the subscription's ARN. A guess costs a look-up, and no writer's turn."""
    if not await store.read(lambda conn: has_token(conn, topic_arn, token)):
        return None
    row_id = await store.write(lambda conn: confirm_subscription(conn, topic_arn, token, now))
    hook = await store.read(lambda conn: find_subscription(conn, row_id)) if row_id else None
    return hook.arn if hook else None


async def _unsubscribe(
    store: Store, arn: str, mac: str, secret: bytes, left: Callable[[Subscription], None]
) -> str | None:
    """End a subscription: it waits for its confirmation again, and its subscriber is told how to
    come back. What has ended before is no error.
    """
    if not hmac.compare_digest(mac.encode(), unsubscribe_mac(secret, arn).encode()):
        return None
    row_id = uuid.UUID(arn.rpartition(":")[2]).bytes
    if await store.write(lambda conn: end_subscription(conn, row_id)):
        hook = await store.read(lambda conn: find_subscription(conn, row_id))
        if hook is not None:
            left(hook)
    return ""


def _result(action: str, arn: str) -> str:
    inner = f"<SubscriptionArn>{escape(arn)}</SubscriptionArn>" if arn else ""
    result = f"<{action}Result>{inner}</{action}Result>" if inner else ""
    return f'<{action}Response xmlns="{_NAMESPACE}">{result}</{action}Response>\n'


def _error(code: str, text: str) -> str:
    return (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>Sender</Type><Code>{code}</Code>'
        f"<Message>{text}</Message></Error></ErrorResponse>\n"
    )


async def _answer(send: Any, status: int, text: str, kind: str) -> None:
    body = text.encode()
    headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
