"""The oracle of SigV4: botocore signs requests at a moment that the test chooses."""

import datetime as dt
import hashlib
from unittest import mock
from urllib.parse import urlsplit

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pillarbox.model.credentials import AccessKey

KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "to/ken=="
NOW = 1_767_607_200_000  # 2026-01-05T10:00:00Z
KEY = AccessKey(access_key_id=KEY_ID, account_id="123456789012", secret=SECRET)
TEMPORARY = AccessKey(
    access_key_id=KEY_ID, account_id="123456789012", secret=SECRET, session_token=TOKEN
)
HOST = "http://email.us-east-1.example:8025"


def sign(
    method="GET",
    path="/v1/email/account",
    body=b"",
    *,
    at=NOW,
    headers=None,
    token=None,
    secret=SECRET,
    key_id=KEY_ID,
    service="ses",
    region="us-east-1",
    expires=None,
):
    """Give (method, raw path, query, headers, body) as they would come over the wire.

    `expires`: sign in the query string, valid for so many seconds; else in the header.
    """
    request = AWSRequest(method, HOST + path, data=body, headers=dict(headers or {}))
    credentials = Credentials(key_id, secret, token)
    if expires is None:
        signer = auth.SigV4Auth(credentials, service, region)
    else:
        request.data = b""  # botocore would move a body into the query string
        signer = auth.SigV4QueryAuth(credentials, service, region, expires)
        signer.payload = lambda _: hashlib.sha256(body).hexdigest()
    moment = dt.datetime.fromtimestamp(at / 1000, dt.UTC)
    with mock.patch.object(auth, "get_current_datetime", lambda *_: moment):
        signer.add_auth(request)
    url = urlsplit(request.url)
    wire = [(b"host", url.netloc.encode())]
    wire += [(name.lower().encode(), value.encode()) for name, value in request.headers.items()]
    return method, url.path.encode(), url.query.encode(), wire, body
