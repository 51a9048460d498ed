"""Asks each configured service of AWS for a list, which changes nothing: do endpoint, key work?"""

from pillarbox.base.settings import AWS_SECTIONS, Settings, is_configured

#: By section: botocore's name of the service, and the call.
CALLS = {
    "aws_sns": ("sns", "list_topics"),
    "aws_firehose": ("firehose", "list_delivery_streams"),
    "aws_cloudwatch": ("cloudwatch", "list_metrics"),
    "aws_events": ("events", "list_event_buses"),
    "aws_pinpoint": ("pinpoint", "get_apps"),
}
#: The key is known, and may do other things than list.
_KNOWN_KEY = ("AccessDenied", "AuthorizationError", "UnauthorizedOperation")


async def ask_aws(settings: Settings) -> dict[str, str | None]:
    """Give what is amiss with each configured section, None where nothing is."""
    found: dict[str, str | None] = {}
    for section in AWS_SECTIONS:
        if is_configured(getattr(settings, section)):
            found[section] = await _ask(settings, section)
    return found


async def _ask(settings: Settings, section: str) -> str | None:
    from collections.abc import Mapping

    from botocore.exceptions import BotoCoreError

    from pillarbox.destinations.aws import aws_clients
    from pillarbox.destinations.aws_clients import ask

    service, call = CALLS[section]
    clients = aws_clients(settings, service, getattr(settings, section))
    try:
        async with clients.use() as client:
            answer = await ask(getattr(client, call)())
    except BotoCoreError as error:
        return str(error)
    finally:
        await clients.close()
    if isinstance(answer, Mapping):
        return None
    reason = getattr(answer, "reason", "")
    return None if any(code in reason for code in _KNOWN_KEY) else str(reason)
