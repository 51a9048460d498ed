"""Looking at the received bytes from outside: dkimpy and Python's `email`, none of our code.

Each check gives a line that says what holds, or raises StepFailed with what does not.
"""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import dkim

from pillarbox.base.settings import Address
from pillarbox.cli.demo import messages
from pillarbox.cli.demo.dns_server import txt
from pillarbox.cli.demo.failure import require
from pillarbox.cli.demo.receiver import Received

_PIXEL = re.compile(r'<img [^>]*src="([^"]*/o/[^"]*)"')
_LINK = re.compile(r'href="([^"]*/c/[^"]*)"')


def check_transport(copy: Received) -> str:
    """Check that a copy came over TLS, for one recipient, with our return path."""
    require(copy.tls, f"the copy for {copy.recipients} came without TLS")
    require(len(copy.recipients) == 1, f"one copy for {copy.recipients}: recipients share it")
    return f"{copy.recipients[0]}: over {copy.tls}, return path {copy.return_path}"


def check_signature(content: bytes, dns: Address) -> str:
    """Check the DKIM signature through DNS, and that a changed body does not pass (RFC 6376)."""

    def look_up(name: bytes, timeout: float = 5) -> bytes | None:  # noqa: ARG001 - dkimpy's shape
        return txt(dns, name.decode())

    verifier = dkim.DKIM(content)
    try:
        passes = verifier.verify(dnsfunc=look_up)
    except dkim.DKIMException as error:
        passes, why = False, str(error)
    else:
        why = "the signature does not match"
    require(passes, f"dkimpy refuses the signature: {why}")
    domain, selector = verifier.domain.decode(), verifier.selector.decode()
    require(domain == messages.DOMAIN, f"the signature is {domain}'s, not {messages.DOMAIN}'s")
    tampered = content.rstrip(b"\r\n") + b"\r\nP.S. Pay somebody else.\r\n"
    try:
        fooled = dkim.verify(tampered, dnsfunc=look_up)
    except dkim.DKIMException:
        fooled = False
    require(not fooled, "dkimpy accepts a changed body")
    return f"dkimpy: the signature of d={domain} s={selector} passes; with a changed body it fails"


def check_simple(content: bytes) -> str:
    """Check that Python's `email` reads back what was sent as Simple, and that Bcc is nowhere."""
    message = _parse(content)
    sender, to = message["From"].addresses[0], message["To"].addresses[0]
    copied = message["Cc"].addresses[0]
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    require(text is not None and html is not None, "text or HTML is missing")
    read = {
        "subject": (str(message["Subject"]), messages.SUBJECT),
        "sender": (
            (sender.display_name, sender.addr_spec),
            (messages.SENDER_NAME, messages.SENDER),
        ),
        "recipient": ((to.display_name, to.addr_spec), (messages.TO_NAME, messages.TO)),
        "Cc": ((copied.display_name, copied.addr_spec), (messages.CC_NAME, messages.CC)),
        "text": (_lines(text), messages.TEXT.splitlines()),
        "HTML": ([untracked(one) for one in _lines(html)], messages.HTML.splitlines()),
    }
    for name, (found, sent) in read.items():
        require(found == sent, f"the {name} reads {found!r}, not {sent!r}")
    require(message["Bcc"] is None, "there is a Bcc header")
    require(messages.BCC.encode() not in content, "the Bcc address stands in the message")
    return f"email: subject, names, text and HTML read back ({message['Subject']}); no Bcc"


def check_raw(content: bytes) -> str:
    """Check that the PDF is the one that was sent, and that X-SES headers are gone."""
    message = _parse(content)
    (found,) = message.iter_attachments()
    require(str(message["Subject"]) == messages.RAW_SUBJECT, f"subject: {message['Subject']!r}")
    require(found.get_filename() == messages.PDF_NAME, f"file name: {found.get_filename()!r}")
    require(found.get_content() == messages.pdf(), "the PDF has changed on the way")
    left = [name for name in message.keys() if name.lower().startswith("x-ses-")]  # noqa: SIM118 - a message is no mapping
    require(not left, f"left in the message: {', '.join(left)}")
    return f"email: {messages.PDF_NAME} is byte for byte what was sent; no X-SES-* header is left"


def tracked_urls(content: bytes) -> tuple[str, str]:
    """Give the address of the pixel and that of the link in the HTML of a copy."""
    html = "".join(_lines(_parse(content).get_body(("html",))))
    pixel, link = _PIXEL.findall(html), _LINK.findall(html)
    require(len(pixel) == 1 and len(link) == 1, f"not one pixel and one tracked link: {html}")
    return pixel[0], link[0]


def untracked(html: str) -> str:
    """Undo what tracking may have done to the HTML: the pixel, and the one link's address."""
    original = f'href="{messages.LINK.replace("&", "&amp;")}"'
    return _LINK.sub(lambda _: original, re.sub(r"<img [^>]*/o/[^>]*>", "", html))


def _parse(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def _lines(part: Any) -> list[str]:
    return str(part.get_content()).splitlines() if part is not None else []
