"""What always holds of requests: claims of a signature, query strings, JSON and form bodies."""

from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

from pillarbox.base.errors import ApiError
from pillarbox.manage.resource_tags import parse_arn
from pillarbox.proto.aws.form import read_form
from pillarbox.proto.aws.json_refusal import Refusal
from pillarbox.proto.aws.query_form import FormCodec
from pillarbox.proto.aws.query_string import MalformedQuery, canonical_query, parse_query
from pillarbox.proto.aws.rest_json import RequestCodec, encode
from pillarbox.proto.aws.sigv4_claim import SignatureProblem, parse
from pillarbox.wire.pinpoint.members import v1_form
from pillarbox.wire.ses.operations import actions
from pillarbox.wire.ses.protocol import QueryProtocol
from pillarbox.wire.sesv2.event_destination_shapes import (
    CreateConfigurationSetEventDestinationRequest,
)
from pillarbox.wire.sesv2.sending_shapes import SendEmailRequest

AUTHORIZATION = (
    b"AWS4-HMAC-SHA256 Credential=AKIA/20261121/us-east-1/ses/aws4_request,"
    b" SignedHeaders=host;x-amz-date, Signature=" + b"0" * 64
)
PRESIGNED = (
    b"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261121%2Fus-east-1%2Fses%2F"
    b"aws4_request&X-Amz-Date=20261121T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host"
    b"&X-Amz-Signature=" + b"0" * 64
)
SEND = (
    b'{"FromEmailAddress":"a@example.com","Destination":{"ToAddresses":["b@example.com"]},'
    b'"Content":{"Simple":{"Subject":{"Data":"x","Charset":"UTF-8"},"Body":{"Html":{"Data":"y"}}}},'
    b'"EmailTags":[{"Name":"a","Value":"b"}]}'
)
DESTINATION = (
    b'{"ConfigurationSetName":"a","EventDestinationName":"b","EventDestination":{"Enabled":true,'
    b'"MatchingEventTypes":["SEND","OPEN"],"CloudWatchDestination":{"DimensionConfigurations":['
    b'{"DimensionName":"c","DimensionValueSource":"LINK_TAG","DefaultDimensionValue":"d"}]}}}'
)
ARN = b"arn:aws:ses:us-east-1:123456789012:"
RAW = b'{"Content":{"Raw":{"Data":"RnJvbTogYQ0KDQp4"}}}'


def claim(data: bytes) -> None:
    """Any request gives a claim or a SignatureProblem, and nothing else."""
    value, _, rest = data.partition(b"\n")
    path, _, query = rest.partition(b"\n")
    headers = [
        (b"host", b"127.0.0.1:8025"),
        (b"x-amz-date", b"20261121T000000Z"),
        (b"authorization", value),
    ]
    for given in (headers, headers[:1]):
        try:
            signed = parse("POST", path or b"/", query, given)
        except SignatureProblem as problem:
            assert problem.text
        else:
            assert len(signed.signature) > 0


def resource_arn(data: bytes) -> None:
    """Any text names a resource of the account, or is refused in words."""
    try:
        arn = data.decode()
    except UnicodeDecodeError:
        return
    try:
        found = parse_arn(arn, "123456789012", "us-east-1", "elsewhere")
    except ApiError as refusal:
        assert refusal.message
    else:
        assert arn.endswith(f"{found.kind}/{found.written}")


def query(data: bytes) -> None:
    """What is read is written canonically so that it reads as the same pairs."""
    try:
        pairs = parse_query(data)
    except MalformedQuery:
        return
    again = parse_query(canonical_query(pairs).encode())
    assert sorted(again) == sorted(pairs)


@cache
def codecs() -> tuple[RequestCodec[Any], ...]:
    """Those of the largest request and of the most nested one, in both dialects."""
    shapes = (SendEmailRequest, CreateConfigurationSetEventDestinationRequest)
    return tuple(RequestCodec(form) for shape in shapes for form in (shape, v1_form(shape)))


def json_body(data: bytes) -> None:
    """A body is refused, or read; what is read is written so that it reads as the same."""
    for codec in codecs():
        try:
            request = codec.decode(data, {})
        except Refusal as refusal:
            assert str(refusal)
            continue
        assert codec.decode(encode(request), {}) == request


FORM = (
    b"Action=SendEmail&Version=2010-12-01&Source=a%40example.com&Destination.ToAddresses.member.1="
    b"b%40example.com&Destination.CcAddresses=&Message.Subject.Data=x+y&Message.Body.Text.Data=z"
    b"&Tags.member.1.Name=a&Tags.member.1.Value=b"
)
FORMS = (
    FORM,
    b"Action=SendRawEmail&RawMessage.Data=RnJvbTogYQ0KDQp4&Destinations.member.1=b%40example.com",
    b"Action=UpdateAccountSendingEnabled&Enabled=true",
)


@cache
def query_api() -> QueryProtocol:
    """All actions, with nobody behind them."""
    services: Any = None
    return QueryProtocol(actions(services))


def form_body(data: bytes) -> None:
    """A form is read, or refused with a code of the protocol in well-formed XML."""
    protocol = query_api()
    try:
        found = protocol.identify(None, (), data)
        request = protocol.decode(found, (), data)
    except ApiError as error:
        answer = protocol.failure(error, "an-id")
        assert answer.status == 400
        assert ET.fromstring(answer.body)[0].findtext("{*}Code") == error.query_code
    else:
        assert isinstance(request, found[0].request)
        assert request == FormCodec(found[0].request).decode(read_form(data))
