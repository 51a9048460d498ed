"""A message that its reader can unsubscribe from (RFC 2369 §3.2, RFC 8058 §3.1).

Takes a message with CRLF line ends and the URL of one recipient; hands on the message with the
fields List-Unsubscribe and List-Unsubscribe-Post, in place of any that it had, and with the URL for
`{{amazonSESUnsubscribeUrl}}` in the text and HTML that is shown: the first two in each part. What
is signed or encrypted, and attachments, stay as they are.
"""

import re

from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import read_fields
from pillarbox.proto.mime.html import find_text_parts
from pillarbox.proto.mime.splice import Edit, splice

MAX_PLACES = 2
_PLACE = re.compile(r"\{\{[ \t]{0,8}amazonSESUnsubscribeUrl[ \t]{0,8}\}\}")
#: The fields that are ours, in lower case.
UNSUBSCRIBE_FIELDS = frozenset({"list-unsubscribe", "list-unsubscribe-post"})


def with_unsubscribe(message: bytes, url: str) -> bytes:
    """Write the copy of the recipient whose URL this is; ASCII, without white space."""
    fields = f"List-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return _with_fields(_with_links(message, url.encode("ascii")), fields.encode("ascii"))


def _with_links(message: bytes, url: bytes) -> bytes:
    changes = []
    for part in find_text_parts(message):
        places = list(_PLACE.finditer(part.view.text))[:MAX_PLACES]
        if places:
            changes.append((part, [Edit(*place.span(), (url,)) for place in places]))
    if not changes:
        return message
    return b"".join(piece for piece in splice(message, changes) if isinstance(piece, bytes))


def without_unsubscribe(message: bytes) -> bytes:
    """Take the sender's own fields away, which ours are going to stand for."""
    return _with_fields(message, b"")


def _with_fields(message: bytes, ours: bytes) -> bytes:
    head = message.find(b"\r\n\r\n") + 2
    try:
        fields = read_fields(message, 0, head)
    except MimeError:  # accepted mail has none such
        return message
    others = (one for one in fields if one.name.lower() not in UNSUBSCRIBE_FIELDS)
    kept = [message[one.start : one.end] for one in others]
    return b"".join((*kept, ours, message[head:]))
