"""The two messages of the demo, and the people in it."""

from email.message import EmailMessage
from typing import Any

DOMAIN = "shop.test"
FRIENDS, NEIGHBOURS = "friends.test", "neighbours.test"
SENDER_NAME, SENDER = "Shop, Orders", f"orders@{DOMAIN}"
TO_NAME, TO = "Zoë Müller", f"zoe@{FRIENDS}"
CC_NAME, CC = "Doe, John", f"john@{FRIENDS}"
BCC = f"archive@{NEIGHBOURS}"
RAW_TO = f"ana@{NEIGHBOURS}"
SUBJECT = "Votre reçu – merci, Zoë"
TEXT = "Bonjour Zoë,\n\nvoici votre reçu.\n"
LINK = "https://shop.test/orders/7?from=mail&lang=fr#total"
HTML = (
    "<html><body><p>Bonjour <b>Zoë</b>,</p>"
    f'<p>voici votre reçu : <a href="{LINK.replace("&", "&amp;")}">commande 7</a>.</p>'
    "</body></html>"
)
RAW_SUBJECT = "Invoice 2026-07"
PDF_NAME = "invoice.pdf"
SET_NAME = "demo-set"
#: Who wants opens and clicks: a configuration set with such a destination is tracked.
WATCHERS = {
    "Enabled": True,
    "MatchingEventTypes": ["OPEN", "CLICK"],
    "CloudWatchDestination": {
        "DimensionConfigurations": [
            {
                "DimensionName": "story",
                "DimensionValueSource": "MESSAGE_TAG",
                "DefaultDimensionValue": "none",
            }
        ]
    },
}


def simple_call() -> dict[str, Any]:
    """Give the parameters of SendEmail with Simple content: text and HTML, To, Cc and Bcc."""
    body = {"Text": {"Data": TEXT, "Charset": "UTF-8"}, "Html": {"Data": HTML, "Charset": "UTF-8"}}
    return {
        "FromEmailAddress": f'"{SENDER_NAME}" <{SENDER}>',
        "Destination": {
            "ToAddresses": [f"{TO_NAME} <{TO}>"],
            "CcAddresses": [f'"{CC_NAME}" <{CC}>'],
            "BccAddresses": [BCC],
        },
        "Content": {"Simple": {"Subject": {"Data": SUBJECT, "Charset": "UTF-8"}, "Body": body}},
        "EmailTags": [{"Name": "story", "Value": "demo"}],
        "ConfigurationSetName": SET_NAME,
    }


def raw_call() -> dict[str, Any]:
    """Give the parameters of SendEmail with Raw content: a MIME message with a PDF attachment."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = RAW_TO
    message["Subject"] = RAW_SUBJECT
    message["X-SES-CONFIGURATION-SET"] = SET_NAME
    message["X-SES-MESSAGE-TAGS"] = "story=demo"
    message.set_content("The invoice is attached.\n")
    message.add_attachment(pdf(), maintype="application", subtype="pdf", filename=PDF_NAME)
    return {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": [RAW_TO]},
        "Content": {"Raw": {"Data": message.as_bytes()}},
    }


def pdf() -> bytes:
    """Make a PDF of one page (ISO 32000-1 §7.5)."""
    drawing = b"BT /F1 24 Tf 72 720 Td (Invoice 2026-07: nothing to pay) Tj ET"
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources %s >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        page % b"<< /Font << /F1 5 0 R >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    file, offsets = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    size, start = len(objects) + 1, len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % size
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return file + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
