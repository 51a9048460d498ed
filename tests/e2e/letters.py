"""The messages that these tests send."""


def simple(sender: str, *to: str, **members: object) -> dict[str, object]:
    """The members of a SendEmail call with a Simple message."""
    content = {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Hello\n"}}}
    return {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": list(to) or ["to@receiver.example"]},
        "Content": {"Simple": content},
        **members,
    }


def raw(sender: str) -> dict[str, object]:
    """The members of a SendEmail call with a Raw message, which names its recipients itself."""
    text = f"From: {sender}\r\nTo: a@receiver.example\r\nCc: b@receiver.example\r\nSubject: raw\r\n"
    return {"Content": {"Raw": {"Data": f"{text}\r\nHello\r\n".encode()}}, "Destination": {}}
