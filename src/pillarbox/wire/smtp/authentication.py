"""Who submits: the SMTP user name is an access key id, its password derived from the key's secret.

Takes what a client says in AUTH; hands on the access key, or the reply that refuses it (facts §12).
"""

import base64
import binascii
import hmac
import re
from collections.abc import Awaitable, Callable

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.model.credentials import AccessKey
from pillarbox.proto.smtp.password import smtp_password
from pillarbox.proto.smtp_server.replies import AUTHENTICATION_FAILURE, BAD_CREDENTIALS, Answer

OPERATION = "SendRawEmail"
NOT_SUBSCRIBED = Answer(535, "Account not subscribed to SES", "5.7.8")
OLD_PASSWORD = Answer(
    535,
    "Signature Version 2 is deprecated for use with SES. To resolve the issue, you must migrate to"
    " Signature Version 4: create new SMTP credentials.",
    "5.7.8",
)
_KEY_ID = re.compile(r"\w{1,128}", re.ASCII)  # what no key looks like is not looked up
_OLD_VERSION = b"\x02"
FindKey = Callable[[str], Awaitable[AccessKey | None]]


class SmtpAuthenticator:
    """Checks the passwords of one region."""

    def __init__(self, find_key: FindKey, clock: Callable[[], int], region: str) -> None:
        self._find_key = find_key
        self._clock = clock
        self._region = region

    async def log_in(self, username: str, password: str) -> AccessKey | Answer:
        """Give the key that user name and password stand for, or the refusal."""
        try:
            key = await self.find(username)
        except ServiceUnavailable:
            return AUTHENTICATION_FAILURE
        expected = smtp_password(key.secret if key else "", self._region)
        proved = hmac.compare_digest(expected.encode(), password.encode())
        if _is_old(password):
            return OLD_PASSWORD
        if key is None or not proved:
            return BAD_CREDENTIALS
        return NOT_SUBSCRIBED if key.account_closed else key

    async def find(self, access_key_id: str) -> AccessKey | None:
        """Give a key that may be used now; None for an unknown, revoked, ended or temporary one.

        Raises ServiceUnavailable when the store can't be reached.
        """
        if not _KEY_ID.fullmatch(access_key_id):
            return None
        key = await self._find_key(access_key_id)
        if key is None or key.session_token is not None:
            return None
        ended = key.expires_at is not None and key.expires_at <= self._clock()
        return None if ended else key

    def lacks_permission(self, key: AccessKey, sender: str) -> Answer | None:
        """Refuse a key that is limited to operations, and not to this one (facts §12)."""
        if key.operations is None or OPERATION in key.operations:
            return None
        account = key.account_id
        text = (
            f"Access denied: User `arn:aws:iam::{account}:user/{key.access_key_id}' is not"
            f" authorized to perform `ses:{OPERATION}' on resource"
            f" `arn:aws:ses:{self._region}:{account}:identity/{sender}'"
        )
        return Answer(554, text, "5.7.1")


def _is_old(password: str) -> bool:
    """Tell whether a password has the form of the former derivation."""
    try:
        raw = base64.b64decode(password, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == 33 and raw.startswith(_OLD_VERSION)
