"""What an error of AWS means for an event: tried again for 3 days, or a dead letter at once. Pure.

Three families. What passes by itself (throttling, 5xx) and what an operator mends without touching
the event (credentials, permissions) is tried again. What is wrong with the request, or names what
is not there, is refused: asking again changes nothing, and `pillarbox events replay` is there for
when somebody has made it. A code that is not known is tried again.
"""

import re

from pillarbox.model.publishing import NotYet, Outcome, Refused

#: Shown of AWS's own text.
SHOWN = 300
#: Beyond the codes below, these families of them: `InvalidParameterValue`, `TopicNotFound` and so
#: on differ by service.
_REFUSED = re.compile(
    r"(Invalid(Parameter|Argument|Request|Batch|EventBus|EventPattern|Input|Message|Attribute)\w*"
    r"|NotFound|\w*NotFound(Exception)?|ResourceNotFound\w*|NonExistent\w*|NoSuch(?!Key)\w*"
    r"|Validation\w*|\w*ParameterCombination\w*|Missing(Required)?Parameter\w*|MalformedQueryString"
    r"|ParameterValueInvalid|MalformedDetail|SerializationException|Unsupported\w*|TooManyEntries\w*|EmptyBatchRequest\w*"
    r"|BatchRequestTooLong\w*|BatchEntryIdsNotDistinct\w*|\w*TooLarge\w*|\w*LimitOfSize\w*"
    r"|InvalidAction|UnknownOperation\w*|NotImplemented\w*|NotAuthorizedForSource\w*"
    r"|InvalidAccountIdFault|EndpointDisabled\w*|PlatformApplicationDisabled\w*)"
)
#: What looks like one of those, and can be mended where the keys are.
_AGAIN = frozenset({"KMSNotFound", "KMSNotFoundException"})
#: Their texts repeat the signed request, and a session's token is part of that.
_SILENT = frozenset(
    {"SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"}
    | {"IncompleteSignatureException"}
)


def outcome_of_error(code: str, text: str, status: int | None = None) -> Outcome:
    """Say what an error means; `status`: of HTTP, None where it is about one entry of a batch."""
    shown = "" if code in _SILENT else " ".join(text.split())[:SHOWN]
    reason = f"AWS answered {code or status}" + (f": {shown}" if shown else "")
    if status is not None and status >= 500:
        return NotYet(reason)
    if code not in _AGAIN and _REFUSED.fullmatch(code):
        return Refused(reason)
    return NotYet(reason)
