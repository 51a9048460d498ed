"""The story, step by step; each does one thing a customer does, over real sockets."""

import json
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pillarbox.cli.demo.checks import check_signature, part, read
from pillarbox.cli.demo.narrator import Narrator, StepFailed, expect
from pillarbox.cli.demo.service import Service
from pillarbox.cli.demo.world import DnsWorld, ReceivingServer, Zones

SERVICE, CUSTOMER, RECEIVER = "pillarbox.example", "shop.example", "receiver.example"
MX_HOST = f"mx.{RECEIVER}"
ARRIVAL_SECONDS = 20.0
SUBJECT = "Grüße aus dem Café — your receipt"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def run(*, keep: bool) -> int:
    """Tell the whole story; give the exit code."""
    tell = Narrator()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(_folder(keep=keep)))
        try:
            _story(tell, stack, folder)
        except StepFailed as error:
            tell.failed(str(error))
            return 1
        except (ClientError, BotoCoreError, OSError) as error:
            tell.failed(f"{type(error).__name__}: {error}")
            return 1
        if keep:
            tell.say(f"data and log are kept in {folder}")
    tell.end("Everything arrived, signed and on record.")
    return 0


def _story(tell: Narrator, stack: ExitStack, folder: Path) -> None:
    service = Service(folder, SERVICE)
    world = DnsWorld(Zones(SERVICE, service.dns_port))
    stack.callback(world.close)
    receiver = ReceivingServer(folder, MX_HOST)
    stack.callback(receiver.close)
    stack.callback(service.close)
    _start(tell, service, world, receiver)
    client = _client(service)
    _verify_domain(tell, client, world)
    client.create_configuration_set(ConfigurationSetName="receipts")
    simple_id = _send_simple(tell, client)
    raw_id = _send_raw(tell, client)
    _check_simple(tell, receiver, world, simple_id)
    _check_raw(tell, receiver, world, raw_id)
    _show_events(tell, service, simple_id, deliveries=3)
    _show_events(tell, service, raw_id, deliveries=1)
    tell.say(f"the API listened at {service.url}")


def _start(tell: Narrator, service: Service, world: DnsWorld, receiver: ReceivingServer) -> None:
    tell.step("A DNS server, a receiving mail server and Pillarbox start on free ports")
    world.add_mx(RECEIVER, MX_HOST)
    tell.say(f"DNS (dnslib) on port {world.port}, {SERVICE} delegated to Pillarbox's own listener")
    tell.say(f"{MX_HOST} (aiosmtpd, STARTTLS) on port {receiver.port}")
    service.start(smtp_port=receiver.port, resolver_port=world.port)
    tell.done(f"Pillarbox answers at {service.url}")


def _client(service: Service) -> Any:
    return boto3.client(
        "pinpoint-email",
        region_name="us-east-1",
        endpoint_url=service.url,
        aws_access_key_id=service.key_id,
        aws_secret_access_key=service.secret,
        config=Config(retries={"max_attempts": 0}),
    )


def _verify_domain(tell: Narrator, client: Any, world: DnsWorld) -> None:
    tell.step(f"boto3's pinpoint-email creates the identity {CUSTOMER}")
    answer = client.create_email_identity(EmailIdentity=CUSTOMER)
    tokens = answer["DkimAttributes"]["Tokens"]
    expect(len(tokens) == 3, f"there are {len(tokens)} DKIM tokens, not three")
    expect(not answer["VerifiedForSendingStatus"], "it counts as verified before any DNS record")
    tell.say("these CNAME records go into its DNS:")
    for token in tokens:
        name, target = f"{token}._domainkey.{CUSTOMER}", f"{token}.dkim.{SERVICE}"
        tell.say(f"  {name}  CNAME  {target}")
        world.add_cname(name, target)
    for _ in range(150):
        identity = client.get_email_identity(EmailIdentity=CUSTOMER)
        if identity["VerifiedForSendingStatus"]:
            break
        time.sleep(0.2)
    status = identity["DkimAttributes"]["Status"]
    expect(status == "SUCCESS", f"after 30 s the state is {status}")
    tell.done("Pillarbox has looked them up: the domain is verified")


def _send_simple(tell: Narrator, client: Any) -> str:
    tell.step("SendEmail with a Simple message: HTML and text, To, Cc and Bcc")
    answer = client.send_email(
        FromEmailAddress=f'"Shop, Inc." <orders@{CUSTOMER}>',
        Destination={
            "ToAddresses": [f"Zoë Müller <zoe@{RECEIVER}>"],
            "CcAddresses": [f'"Doe, John" <john@{RECEIVER}>'],
            "BccAddresses": [f"archive@{RECEIVER}"],
        },
        Content={
            "Simple": {
                "Subject": {"Data": SUBJECT},
                "Body": {
                    "Text": {"Data": "Danke schön! Your receipt."},
                    "Html": {"Data": "<p>Danke <b>schön</b>! Your receipt.</p>"},
                },
            }
        },
        ConfigurationSetName="receipts",
        EmailTags=[{"Name": "campaign", "Value": "demo"}],
    )
    tell.done(f"accepted as {answer['MessageId']}")
    return str(answer["MessageId"])


def _send_raw(tell: Narrator, client: Any) -> str:
    tell.step("SendEmail with a Raw message: a PDF attached")
    message = MIMEMultipart()
    message["From"] = f"orders@{CUSTOMER}"
    message["To"] = f"zoe@{RECEIVER}"
    message["Subject"] = "Your invoice"
    message.attach(MIMEText("The invoice is attached.\n"))
    attachment = MIMEApplication(PDF, "pdf")
    attachment.add_header("Content-Disposition", "attachment", filename="invoice.pdf")
    message.attach(attachment)
    answer = client.send_email(
        Destination={"ToAddresses": [f"zoe@{RECEIVER}"]},
        Content={"Raw": {"Data": message.as_bytes()}},
        ConfigurationSetName="receipts",
    )
    tell.done(f"accepted as {answer['MessageId']}")
    return str(answer["MessageId"])


def _check_simple(
    tell: Narrator, receiver: ReceivingServer, world: DnsWorld, message_id: str
) -> None:
    tell.step("The Simple message has arrived, and is checked from outside")
    wanted = message_id.encode()
    copies = receiver.wait_for(lambda one: wanted in one.content, 3, ARRIVAL_SECONDS)
    got = sorted(one.recipient for one in copies)
    expect(len(copies) == 3, f"three copies should have arrived, there are {len(copies)}: {got}")
    expect(all(one.tls for one in copies), "not every copy came over STARTTLS")
    tell.done(f"over STARTTLS, to {', '.join(got)}")
    for copy in copies:
        selector = check_signature(copy, world.port)
        message = read(copy)
        expect(message["Subject"] == SUBJECT, f"the subject is {message['Subject']!r}")
        expect("Zoë Müller" in str(message["To"]), f"To is {message['To']}")
        expect('"Doe, John"' in str(message["Cc"]), f"Cc is {message['Cc']}")
        expect("schön" in part(message, "text/plain"), "the text part is another")
        expect("<b>schön</b>" in part(message, "text/html"), "the HTML part is another")
        expect(b"archive@" not in copy.content, "the Bcc recipient is in the message")
    tell.done(f"dkimpy: the signature passes (selector {selector}, through that DNS)")
    tell.done("subject, names and both parts read back; Bcc is nowhere")


def _check_raw(tell: Narrator, receiver: ReceivingServer, world: DnsWorld, message_id: str) -> None:
    tell.step("The Raw message has arrived, and is checked from outside")
    wanted = message_id.encode()
    copies = receiver.wait_for(lambda one: wanted in one.content, 1, ARRIVAL_SECONDS)
    expect(len(copies) == 1, f"one copy should have arrived, there are {len(copies)}")
    check_signature(copies[0], world.port)
    expect(part(read(copies[0]), "application/pdf") == PDF, "the PDF is another")
    tell.done("dkimpy: the signature passes; the PDF is the one that was sent, byte for byte")


def _show_events(tell: Narrator, service: Service, message_id: str, *, deliveries: int) -> None:
    tell.step(f"The events of {message_id}")
    url = f"{service.url}/_pillarbox/events?message_id={message_id}"
    for _ in range(100):
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
            records = json.load(answer)
        types = [one["eventType"] for one in records]
        if types.count("Delivery") >= deliveries:
            break
        time.sleep(0.1)
    for record in records:
        tell.say(_event_line(record))
    expected = ["Send", *["Delivery"] * deliveries]
    expect(types == expected, f"the events should be {expected}, they are {types}")
    tell.done(", ".join(types))


def _event_line(record: dict[str, Any]) -> str:
    if record["eventType"] == "Delivery":
        block = record["delivery"]
        to, reply = ", ".join(block["recipients"]), block["smtpResponse"]
        return f"{block['timestamp']}  Delivery  {to}  {reply}"
    return f"{record['mail']['timestamp']}  {record['eventType']}"


@contextmanager
def _folder(*, keep: bool) -> Iterator[str]:
    if keep:
        yield tempfile.mkdtemp(prefix="pillarbox-demo-")
        return
    with tempfile.TemporaryDirectory(prefix="pillarbox-demo-") as name:
        yield name
