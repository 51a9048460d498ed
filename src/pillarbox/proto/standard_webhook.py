"""Standard Webhooks (the specification of that name, version 1): body and headers of one request.

Signed is `id.timestamp.body` with HMAC-SHA256, as `v1,BASE64`; while a secret is being changed
there are two signatures, one with each. The id is the same for each attempt, the timestamp is that
of the attempt, in seconds.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook

from pillarbox.proto.aws.sns_envelope import Posted

CONTENT_TYPE = "application/json"


def standard_webhook(
    *,
    message_id: str,
    kind: str,
    happened: str,
    data: dict[str, Any],
    secrets: Sequence[str],
    now: int,
) -> Posted:
    """Write a request. `kind`, `happened`: `type` and `timestamp` of the body; `secrets`: each of
    these (`whsec_…`) signs; `now`: milliseconds.
    """
    body = msgspec.json.encode({"type": kind, "timestamp": happened, "data": data})
    moment = datetime.fromtimestamp(now // 1000, UTC)
    text = body.decode()
    signatures = [Webhook(secret).sign(message_id, moment, text) for secret in secrets]
    headers = {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": message_id,
        "webhook-timestamp": str(now // 1000),
        "webhook-signature": " ".join(signatures),
    }
    return Posted(body, headers)
