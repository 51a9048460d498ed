"""The story of the demo, step by step; `tell` is its table of contents.

Takes nothing and hands on an exit code: 0 when every step worked, else 1 after naming the step that
failed and why. Whatever happens, the processes end and the folder goes.
"""

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pillarbox.base.errors import PillarboxError
from pillarbox.cli.demo import messages
from pillarbox.cli.demo.browser import follow, load_pixel
from pillarbox.cli.demo.checks import (
    check_raw,
    check_signature,
    check_simple,
    check_transport,
    tracked_urls,
)
from pillarbox.cli.demo.dns_server import DemoDns, txt
from pillarbox.cli.demo.failure import StepFailed, require, wait_for
from pillarbox.cli.demo.narrator import Narrator
from pillarbox.cli.demo.receiver import Received, Receiver
from pillarbox.cli.demo.service import REGION, Service

SERVICE_DOMAIN = "pillarbox.test"
MX_HOST = "mx.receiver.test"
VERIFY_SECONDS = 60.0
DELIVER_SECONDS = 60.0
SENT_ONCE = {"Send": 1, "Delivery": 1}
#: botocore's variables: (name in its file, name in the environment, default, conversion).
_NO_SET_UP = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
STEP_ERRORS = (PillarboxError, BotoCoreError, ClientError, OSError)


def tell(narrator: Narrator | None = None, *, keep: bool = False) -> int:
    """Tell the whole story; give the exit code. `keep`: leave the folder with data and log."""
    say = narrator or Narrator()
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="pillarbox-demo-"))
        if keep:
            stack.callback(say.note, f"Settings, data and log are kept in {folder}")
        else:
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        story = Story(say, stack, folder)
        chapters: list[Callable[[], None]] = [
            story.set_the_stage,
            story.verify_the_domain,
            story.send_both_messages,
            story.wait_for_the_mail,
            story.look_from_outside,
            story.open_and_click,
            story.read_the_events,
        ]
        for chapter in chapters:
            try:
                chapter()
            except STEP_ERRORS as error:
                story.explain(error)
                return 1
    say.note("")
    say.note("Everything worked. Next: `pillarbox serve` runs a service of your own.")
    return 0


class Story:
    """The world of one telling, and what has happened in it so far."""

    def __init__(self, say: Narrator, stack: ExitStack, folder: Path) -> None:
        self._say = say
        self._stack = stack
        self._service = stack.enter_context(Service(folder, SERVICE_DOMAIN))
        self._receiver = stack.enter_context(Receiver(MX_HOST))
        self._dns = stack.enter_context(DemoDns(SERVICE_DOMAIN, self._service.dns))
        self._client: Any = None
        self._simple_id = self._raw_id = ""

    def set_the_stage(self) -> None:
        """Start a DNS server, a receiving mail server and Pillarbox, all on loopback."""
        self._say.step("Three programs on this machine")
        for domain in (messages.FRIENDS, messages.NEIGHBOURS):
            self._dns.publish(domain, "MX", f"10 {MX_HOST}.")
        self._dns.publish(MX_HOST, "A", self._receiver.address.host)
        receiver = self._receiver.address
        self._say.note(f"DNS server (dnslib)               {self._dns.address}")
        self._say.note(f"receiving mail server (aiosmtpd)  {receiver}, wants STARTTLS")
        settings = self._service.start(resolver=self._dns.address, smtp_port=receiver.port)
        self._say.note(f"Pillarbox (pillarbox serve)       {self._service.url}, so set up:")
        for line in settings.splitlines():
            self._say.note(f"    {line}".rstrip())
        self._say.good("Pillarbox is ready")
        self._client = pinpoint_client(self._service)

    def verify_the_domain(self) -> None:
        """Create the identity, publish its CNAME records, wait until Pillarbox has found them."""
        self._say.step(f"boto3 pinpoint-email: CreateEmailIdentity {messages.DOMAIN}")
        answer = self._client.create_email_identity(EmailIdentity=messages.DOMAIN)
        tokens = answer["DkimAttributes"]["Tokens"]
        require(len(tokens) == 3, f"{len(tokens)} DKIM tokens, not 3")
        self._say.note("the domain's owner is to set:")
        for token in tokens:
            name, target = f"{token}._domainkey.{messages.DOMAIN}", f"{token}.dkim.{SERVICE_DOMAIN}"
            self._say.note(f"    {name} CNAME {target}")
            self._dns.publish(name, "CNAME", f"{target}.")
        self._say.note("the DNS server has them now; Pillarbox looks them up")
        wait_for("verification of the domain", VERIFY_SECONDS, self._is_verified)
        self._say.good(f"{messages.DOMAIN} is verified (DKIM status SUCCESS)")
        key = txt(self._dns.address, f"{tokens[0]}._domainkey.{messages.DOMAIN}") or b""
        require(b"p=" in key, "the CNAME chain ends without a public key")
        self._say.good(f"the chain ends at Pillarbox's own DNS: {key.decode()[:48]}...")

    def send_both_messages(self) -> None:
        """Create the configuration set, send a Simple and a Raw message."""
        self._say.step("boto3 pinpoint-email: CreateConfigurationSet and SendEmail, twice")
        self._client.create_configuration_set(ConfigurationSetName=messages.SET_NAME)
        self._client.create_configuration_set_event_destination(
            ConfigurationSetName=messages.SET_NAME,
            EventDestinationName="watchers",
            EventDestination=messages.WATCHERS,
        )
        self._say.good(f"configuration set {messages.SET_NAME}, whose opens and clicks are tracked")
        self._simple_id = self._client.send_email(**messages.simple_call())["MessageId"]
        self._say.good(f"Simple: “{messages.SUBJECT}”, HTML and text, To, Cc and Bcc")
        self._say.note(f"    MessageId {self._simple_id}")
        self._raw_id = self._client.send_email(**messages.raw_call())["MessageId"]
        self._say.good(f"Raw: “{messages.RAW_SUBJECT}” with {messages.PDF_NAME}")
        self._say.note(f"    MessageId {self._raw_id}")

    def wait_for_the_mail(self) -> None:
        """Wait for the copies: Pillarbox asks for the MX and speaks SMTP over STARTTLS."""
        self._say.step(f"Delivery: MX by DNS, then SMTP to {MX_HOST} over STARTTLS")
        wanted = {messages.TO, messages.CC, messages.BCC, messages.RAW_TO}

        def all_there() -> bool:
            return wanted <= {one.recipients[0] for one in self._receiver.received}

        wait_for(f"delivery to {', '.join(sorted(wanted))}", DELIVER_SECONDS, all_there)
        for copy in sorted(self._receiver.received, key=lambda one: one.recipients):
            self._say.good(check_transport(copy))

    def look_from_outside(self) -> None:
        """Verify signatures with dkimpy, read the parts with Python's email."""
        self._say.step("The received bytes, seen from outside")
        for recipient in (messages.TO, messages.CC, messages.BCC):
            content = self._copy_for(recipient).content
            self._say.note(f"the copy for {recipient}:")
            self._say.good(check_signature(content, self._dns.address))
            self._say.good(check_simple(content))
        content = self._copy_for(messages.RAW_TO).content
        self._say.note(f"the copy for {messages.RAW_TO}:")
        self._say.good(check_signature(content, self._dns.address))
        self._say.good(check_raw(content))

    def open_and_click(self) -> None:
        """Do what the recipient's browser does: load the pixel, follow the link."""
        self._say.step(f"{messages.TO} opens the mail and clicks the link")
        pixel, link = tracked_urls(self._copy_for(messages.TO).content)
        self._say.good(f"the pixel: {load_pixel(pixel)}")
        target = follow(link)
        require(target == messages.LINK, f"the link leads to {target}, not to {messages.LINK}")
        self._say.good(f"the link leads to {target}, byte for byte as it was sent")
        require(follow(link[:-1]) is None, "a cut link redirects")
        self._say.good("cut or changed, it leads nowhere: 404")

    def read_the_events(self) -> None:
        """Read the events of both messages, and say where the API listens."""
        self._say.step("What Pillarbox recorded (/_pillarbox/events)")
        simple = {"Send": 1, "Delivery": 3, "Open": 1, "Click": 1}
        for message_id, wanted in ((self._simple_id, simple), (self._raw_id, SENT_ONCE)):
            events = self._events_of(message_id, wanted)
            self._say.note(message_id)
            for event in events:
                self._say.good(event_line(event))
        self._say.note("")
        self._say.note(f"The API listens at {self._service.url}, region {REGION}, while this runs.")

    def explain(self, error: Exception) -> None:
        """Say why the step failed, with what the service wrote last."""
        self._say.bad(str(error))
        lines = self._service.log_tail()
        if lines:
            self._say.note("Pillarbox wrote last:")
        for line in lines:
            self._say.note(f"    {line}")

    def _is_verified(self) -> bool:
        answer = self._client.get_email_identity(EmailIdentity=messages.DOMAIN)
        dkim_status = answer["DkimAttributes"]["Status"]
        return bool(answer["VerifiedForSendingStatus"]) and dkim_status == "SUCCESS"

    def _copy_for(self, recipient: str) -> Received:
        copies = [one for one in self._receiver.received if one.recipients == (recipient,)]
        require(len(copies) == 1, f"{recipient} received {len(copies)} copies, not 1")
        return copies[0]

    def _events_of(self, message_id: str, wanted: dict[str, int]) -> list[dict[str, Any]]:
        def complete() -> list[dict[str, Any]] | None:
            events = self._service.events(message_id)
            found = Counter(event["eventType"] for event in events)
            if found.keys() - wanted.keys():
                raise StepFailed(f"events other than {', '.join(wanted)}: {dict(found)}")
            return events if found == wanted else None

        shown = ", ".join(f"{count} {kind}" for kind, count in wanted.items())
        return wait_for(f"the events {shown}", DELIVER_SECONDS, complete)


def pinpoint_client(service: Service) -> Any:
    """Give a boto3 client that goes to the service and reads nothing of the user's AWS set-up."""
    session = boto3.session.Session(botocore_session=botocore.session.Session(_NO_SET_UP))
    return session.client(
        "pinpoint-email",
        region_name=REGION,
        endpoint_url=service.url,
        aws_access_key_id=service.access_key_id,
        aws_secret_access_key=service.secret_access_key,
        config=Config(proxies={}, retries={"max_attempts": 0}),
    )


def event_line(event: dict[str, Any]) -> str:
    """Write an event in one line."""
    kind = event["eventType"]
    if kind == "Send":
        return f"{kind:9} {event['mail']['timestamp']}  from {event['mail']['source']}"
    detail = event[kind.lower()]
    if kind != "Delivery":
        what = detail.get("link", "the mail")
        return f"{kind:9} {detail['timestamp']}  by {detail['recipient']}: {what}"
    recipients = ", ".join(detail["recipients"])
    return f"{kind:9} {detail['timestamp']}  to {recipients}: {detail['smtpResponse']}"
