"""How errors look in the Query API: status, text, and the members that its model gives some.

Every error has its code for Query (`query_code`). Its status is 400, or what authentication and our
own failures have; the statuses of REST (404, 429) are the JSON APIs' alone.
"""

from collections.abc import Mapping

from pillarbox.base.errors import ApiError, NotFound, TooManyRequests
from pillarbox.wire.http.errors import AccessDenied

_STATUS: Mapping[type[ApiError], int] = {NotFound: 400, TooManyRequests: 400, AccessDenied: 403}
_SET = ("ConfigurationSetName",)
_DESTINATION = ("ConfigurationSetName", "EventDestinationName")
_TEMPLATE = ("TemplateName",)
_CUSTOM_TEMPLATE = ("CustomVerificationEmailTemplateName",)

#: The members of the model's errors, by code, as far as what is served can raise them.
MEMBERS: Mapping[str, tuple[str, ...]] = {
    "AlreadyExists": ("Name",),
    "TemplateDoesNotExist": _TEMPLATE,
    "InvalidTemplate": _TEMPLATE,
    "InvalidRenderingParameter": _TEMPLATE,
    "MissingRenderingAttribute": _TEMPLATE,
    "ConfigurationSetAlreadyExists": _SET,
    "ConfigurationSetDoesNotExist": _SET,
    "ConfigurationSetSendingPausedException": _SET,
    "TrackingOptionsAlreadyExistsException": _SET,
    "TrackingOptionsDoesNotExistException": _SET,
    "EventDestinationAlreadyExists": _DESTINATION,
    "EventDestinationDoesNotExist": _DESTINATION,
    "CustomVerificationEmailTemplateAlreadyExists": _CUSTOM_TEMPLATE,
    "CustomVerificationEmailTemplateDoesNotExist": _CUSTOM_TEMPLATE,
    "FromEmailAddressNotVerified": ("FromEmailAddress",),
    "InvalidCloudWatchDestination": _DESTINATION,
    "InvalidFirehoseDestination": _DESTINATION,
    "InvalidSNSDestination": _DESTINATION,
}

#: Texts that are other ones here than in the JSON APIs (facts §2.2), from those members.
_TEXTS: Mapping[str, str] = {
    "EventDestinationDoesNotExist": "No EventDestination found for {ConfigurationSetName}",
}


def status_of(error: ApiError) -> int:
    """Give the HTTP status of an error."""
    for kind in type(error).__mro__:
        if kind in _STATUS:
            return _STATUS[kind]
    return error.status


def members_of(error: ApiError) -> dict[str, str]:
    """Give the modelled members of an error, as far as they are known, in the model's order."""
    wanted = MEMBERS.get(error.query_code, ())
    return {name: error.members[name] for name in wanted if name in error.members}


def text_of(error: ApiError) -> str:
    """Give the text of an error."""
    text = _TEXTS.get(error.query_code)
    return text.format(**error.members) if text else error.message
