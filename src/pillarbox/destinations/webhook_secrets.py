"""Secrets of Standard Webhooks: made, sealed, changed; which of them sign now."""

import base64
import os

from pillarbox.base.secrets import Sealer
from pillarbox.model.topic import Subscription

SECRET_BYTES = 32
PREFIX = "whsec_"


def new_secret() -> str:
    """Make a secret."""
    return PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def seal_secret(sealer: Sealer, row_id: bytes, secret: str) -> bytes:
    """Seal the secret of a subscription."""
    return sealer.seal(secret.encode(), _place(row_id))


def signing_secrets(sealer: Sealer, hook: Subscription, now: int) -> list[str]:
    """Give the secrets that sign now: the latest first, the former one while it counts."""
    sealed = [hook.secret_sealed]
    if hook.former_secret_until is not None and now < hook.former_secret_until:
        sealed.append(hook.former_secret_sealed)
    return [sealer.open(one, _place(hook.id)).decode() for one in sealed if one is not None]


def _place(row_id: bytes) -> str:
    return f"topic_subscriptions/{row_id.hex()}"
