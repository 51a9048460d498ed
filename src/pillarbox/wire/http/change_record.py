"""Who changed what by the API: which calls are changes, and what names the thing that changed.

Pure. `api_app` hands each change that succeeded to a recorder, injected by `app`, which writes it
into the audit log.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from pillarbox.model.credentials import Caller

#: Names of operations that change nothing begin so; `Tracking` before them is left out.
_READS = ("Get", "List", "Describe", "BatchGet", "TestRender", "Explain")
#: Sending is told of by events, not here.
_SENDS = "Send"
#: The members that name what a call is about when its path does not: the first that there is.
#: None may hold a secret.
_NAMES = (
    "EmailIdentity",
    "Identity",
    "Domain",
    "ConfigurationSetName",
    "ContactListName",
    "TemplateName",
    "PoolName",
    "EmailAddress",
    "ResourceArn",
    "ReportName",
    "primary_domain",
    "domain",
)
#: What is named inside of those.
_PARTS = ("EventDestinationName", "EmailAddress")
MAX_SUBJECT = 300


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A change by the API. `action`: the operation; `subject`: what changed, empty for the
    account.
    """

    caller: Caller
    action: str
    subject: str


Recorder = Callable[[ChangeRecord], Awaitable[None]]


def is_change(operation: str) -> bool:
    """Tell whether an operation of this name changes configuration."""
    return not operation.removeprefix("Tracking").startswith((*_READS, _SENDS))


def subject_of(request: object, labels: Mapping[str, str]) -> str:
    """Name what a call is about, by its request and the labels of its path."""
    given = _members(request) if isinstance(request, msgspec.Struct) else {}
    first = next((given[name] for name in _NAMES if name in given), None)
    names = list(labels.values()) or ([] if first is None else [first])
    names += [given[one] for one in _PARTS if given.get(one, "") not in {"", *names}]
    return "/".join(names)[:MAX_SUBJECT]


def _members(request: msgspec.Struct) -> dict[str, str]:
    """Give the members that are text, by the names of the API; those of `ConfigurationSet` and
    `EventDestination`, which hold a name of their own, as well.
    """
    found: dict[str, str] = {}
    for one in msgspec.structs.fields(request):
        value: Any = getattr(request, one.name)
        if isinstance(value, str):
            found[one.encode_name] = value
        elif one.encode_name in {"ConfigurationSet", "EventDestination"}:
            name = getattr(value, "name", None)
            if isinstance(name, str):
                found.setdefault(f"{one.encode_name}Name", name)
    return found
