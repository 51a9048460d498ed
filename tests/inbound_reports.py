"""Mails that come back, written for tests: each is about one recipient or about nobody."""

BOUNDARY = "=_b"


def _multipart(kind: str, text: str, part: str, fields: str, returned: str) -> bytes:
    return (
        "From: MAILER-DAEMON@mx.example.org\r\n"
        "Subject: about your mail\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type={kind}; boundary="{BOUNDARY}"\r\n'
        f"\r\n--{BOUNDARY}\r\n\r\n{text}\r\n"
        f"--{BOUNDARY}\r\nContent-Type: {part}\r\n\r\n{fields}\r\n"
        f"--{BOUNDARY}\r\nContent-Type: message/rfc822\r\n\r\n{returned}\r\n--{BOUNDARY}--\r\n"
    ).encode()


def original(return_path: str = "", message_id: str = "x@email.example") -> str:
    """The message as it is returned; empty `return_path`: without that field."""
    trace = f"Return-Path: <{return_path}>\r\n" if return_path else ""
    return f"{trace}From: a@example.com\r\nMessage-ID: <{message_id}>\r\nSubject: x\r\n\r\nhi\r\n"


def dsn(
    address: str = "to@example.org",
    action: str = "failed",
    status: str = "5.1.1",
    reply: str = "550 5.1.1 user unknown",
    returned: str | None = None,
) -> bytes:
    """A delivery status (RFC 3464)."""
    fields = (
        "Reporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {reply}\r\n"
    )
    text = "Your mail met with trouble."
    part = "message/delivery-status"
    return _multipart("delivery-status", text, part, fields, returned or original())


def arf(kind: str = "abuse", returned: str | None = None, more: str = "") -> bytes:
    """A feedback report (RFC 5965)."""
    fields = f"Feedback-Type: {kind}\r\nUser-Agent: FBL/1.0\r\nVersion: 1\r\n{more}"
    part = "message/feedback-report"
    return _multipart("feedback-report", "A report.", part, fields, returned or original())


def qmail(address: str = "to@example.org") -> bytes:
    """A report in no standard form."""
    return (
        "From: MAILER-DAEMON@mx.example.org\r\nSubject: failure notice\r\n\r\n"
        "Hi. This is the qmail-send program at mx.example.org.\r\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\r\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n"
        f"<{address}>:\r\nSorry, no mailbox here by that name. (#5.1.1)\r\n\r\n"
        f"--- Below this line is a copy of the message.\r\n\r\n{original()}"
    ).encode()


OUT_OF_OFFICE = (
    b"From: to@example.org\r\nSubject: Out of office: x\r\nAuto-Submitted: auto-replied\r\n\r\n"
    b"I am out of the office until Monday.\r\n"
)
CHALLENGE = (
    b"From: to@example.org\r\nSubject: Please confirm your message\r\n\r\n"
    b"To prove that your message was sent by a human and not a computer, please click the link "
    b"below to confirm your message.\r\n"
)
LETTER = b"From: to@example.org\r\nSubject: Re: x\r\n\r\nThanks, see you on Monday.\r\n"
