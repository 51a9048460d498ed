"""Permanent or temporary: what a report itself says clearly, read by a small reader of its own.

Takes a sample; hands on its recipients whose failure is clear: from the Status field of a delivery
status (RFC 3464 §2.3.4), else from the one reply code that the report quotes. Nothing of ours or of
the other readers is used. What the standards leave open is no truth of either kind: full mailboxes,
sizes and refusals by policy (RFC 3463 X.2.2, X.2.3, X.3.4, X.7.*) with a status of class 5, and the
code 552.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

PERMANENT, TEMPORARY = "permanent", "temporary"
#: Subject and detail of what is the address's or the mail system's fault, for good in class 5.
_CLEAR = re.compile(r"5\.(?:1\.\d+|4\.[146]|2\.1|0\.0)\Z")
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})")
#: A code before its text; a number of three digits before another one is a telephone's.
_CODE = re.compile(r"(?<![\d.-])([45]\d\d)[ -](?!\d{3}-)")
_RETURNED = re.compile(r"(?im)^(?:Return-Path|Received|-+ ?(?:Original|Below|Returned|Unsent))")
_ADDRESS = re.compile(r"[^\s<>;,:\"']+@[^\s<>;,:\"']+")


def clear_types(content: bytes, recipients: frozenset[str]) -> dict[str, str]:
    """Say of which recipients a report is clear, and whether they failed for good."""
    mail = message_from_bytes(content)
    found = dict(_of_status(mail))
    if found:
        return {one: kind for one, kind in found.items() if one in recipients and kind}
    codes = {code for code in _CODE.findall(_said(mail)) if code != "552"}
    kinds = {code[0] for code in codes}
    if len(kinds) != 1 or len(recipients) != 1:
        return {}
    return dict.fromkeys(recipients, PERMANENT if kinds == {"5"} else TEMPORARY)


def _of_status(mail: Message) -> Iterator[tuple[str, str]]:
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        payload = part.get_payload()
        for block in payload if isinstance(payload, list) else []:
            named = f"{block.get('Original-Recipient', '')} {block.get('Final-Recipient', '')}"
            status = _STATUS.search(str(block.get("Status", "")))
            kind = _kind(str(block.get("Action", "")).strip().lower(), status and status[1])
            for address in _ADDRESS.findall(named):
                yield address.lower(), kind


def _kind(action: str, status: str | None) -> str:
    if action == "delayed" or (status and status.startswith("4.")):
        return TEMPORARY
    return PERMANENT if status and _CLEAR.match(status) else ""


def _said(mail: Message) -> str:
    """Give what the report says before it returns the message."""
    texts: list[str] = []
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            break
        if part.get_content_type() == "text/plain":
            body = part.get_payload(decode=True)
            texts.append(body.decode("latin-1") if isinstance(body, bytes) else "")
    said = "\n".join(texts)
    return re.split(r"(?im)^(?:Return-Path|Received|-+ ?(?:Original|Below|Returned|Unsent))", said)[
        0
    ]
