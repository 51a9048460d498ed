"""What an error of AWS means for an event, and what of it is shown."""

import pytest

from pillarbox.destinations.aws_outcome import SHOWN, outcome_of_error
from pillarbox.model.publishing import NotYet, Refused

PASSES_BY_ITSELF = [
    ("Throttling", 400),
    ("ThrottlingException", 400),
    ("ThrottledException", 429),
    ("Throttled", 429),
    ("TooManyRequestsException", 429),
    ("RequestLimitExceeded", 400),
    ("LimitExceededException", 400),
    ("LimitExceeded", 400),
    ("ProvisionedThroughputExceededException", 400),
    ("SlowDown", 503),
    ("PriorRequestNotComplete", 400),
    ("RequestTimeout", 400),
    ("RequestTimeTooSkewed", 400),
    ("ServiceUnavailable", 503),
    ("ServiceUnavailableException", 500),
    ("ServiceUnavailableException", None),
    ("InternalFailure", 500),
    ("InternalFailure", None),
    ("InternalError", 500),
    ("InternalServiceFault", 500),
    ("InternalException", None),
    ("KMSThrottling", 400),
    ("ConcurrentAccess", 400),
    ("InvalidParameter", 500),
    ("404", 404),
    ("403", 403),
    ("", 502),
    ("SomethingNew", 400),
    ("SomethingNew", None),
]
AN_OPERATOR_MENDS = [
    ("AccessDenied", 403),
    ("AccessDeniedException", 400),
    ("AuthorizationError", 403),
    ("AuthFailure", 401),
    ("UnauthorizedOperation", 403),
    ("UnrecognizedClientException", 400),
    ("InvalidClientTokenId", 403),
    ("InvalidAccessKeyId", 403),
    ("InvalidSecurity", 403),
    ("MissingAuthenticationToken", 403),
    ("MissingAuthenticationTokenException", 400),
    ("SignatureDoesNotMatch", 403),
    ("InvalidSignatureException", 400),
    ("IncompleteSignature", 400),
    ("ExpiredToken", 403),
    ("ExpiredTokenException", 400),
    ("RequestExpired", 400),
    ("OptInRequired", 403),
    ("KMSAccessDenied", 400),
    ("KMSDisabled", 400),
    ("KMSNotFound", 400),
    ("KMSOptInRequired", 403),
    ("InvalidKMSResourceException", 400),
]
NEVER = [
    ("InvalidParameter", 400),
    ("InvalidParameter", None),
    ("InvalidParameterValue", 400),
    ("InvalidParameterCombination", 400),
    ("ParameterValueInvalid", 400),
    ("InvalidArgumentException", 400),
    ("InvalidRequest", 400),
    ("ValidationError", 400),
    ("ValidationException", 400),
    ("MissingParameter", 400),
    ("MissingRequiredParameter", 400),
    ("MalformedQueryString", 404),
    ("SerializationException", 400),
    ("BatchRequestTooLong", 400),
    ("TooManyEntriesInBatchRequest", 400),
    ("NotFound", 404),
    ("NotFoundException", 404),
    ("ResourceNotFoundException", 400),
    ("ResourceNotFoundException", None),
    ("NotAuthorizedForSourceException", None),
    ("InvalidAction", 400),
    ("UnknownOperationException", 404),
    ("MalformedDetail", None),
]


@pytest.mark.parametrize(("code", "status"), PASSES_BY_ITSELF + AN_OPERATOR_MENDS)
def test_what_passes_or_can_be_mended_is_tried_again(code, status):
    assert isinstance(outcome_of_error(code, "why", status), NotYet)


@pytest.mark.parametrize(("code", "status"), NEVER)
def test_what_is_wrong_with_the_request_is_refused_at_once(code, status):
    outcome = outcome_of_error(code, " why\n not ", status)
    assert outcome == Refused(f"AWS answered {code}: why not")


@pytest.mark.parametrize(
    "code",
    [
        "SignatureDoesNotMatch",
        "InvalidSignatureException",
        "IncompleteSignature",
        "IncompleteSignatureException",
    ],
)
def test_no_part_of_the_signed_request_is_shown(code):
    outcome = outcome_of_error(code, "The Canonical String was x-amz-security-token:secret", 403)
    assert outcome == NotYet(f"AWS answered {code}")


def test_a_long_text_is_cut():
    outcome = outcome_of_error("Throttling", "x" * 5000, 400)
    assert outcome == NotYet("AWS answered Throttling: " + "x" * SHOWN)
