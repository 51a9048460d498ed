"""The v1 shapes: whatever one takes can be handed to the v2 handler, whatever comes back to v1."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.aws.rest_json import Refusal, RequestCodec
from pillarbox.wire.pinpoint.members import ONLY_V2, v1_form
from pillarbox.wire.sesv2.configuration_set_shapes import CreateConfigurationSetRequest
from pillarbox.wire.sesv2.dashboard_shapes import CreateDeliverabilityTestReportRequest
from pillarbox.wire.sesv2.dedicated_shapes import CreateDedicatedIpPoolRequest
from pillarbox.wire.sesv2.identity_shapes import CreateEmailIdentityRequest
from pillarbox.wire.sesv2.sending_shapes import SendEmailRequest

REQUESTS = [
    CreateConfigurationSetRequest,
    CreateDedicatedIpPoolRequest,
    CreateDeliverabilityTestReportRequest,
    CreateEmailIdentityRequest,
    SendEmailRequest,
]
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
LEAVES |= st.sampled_from(["", "REQUIRE", "OPTIONAL", "eA==", "2026-01-05T10:00:00Z"])


def like(kind):
    """JSON that is often what a type wants, and often not."""
    if isinstance(kind, msgspec.inspect.UnionType):
        return st.one_of(like(one) for one in kind.types) | LEAVES
    if isinstance(kind, msgspec.inspect.StructType):
        members = {one.encode_name: like(one.type) for one in kind.fields}
        return st.fixed_dictionaries({}, optional=members) | LEAVES
    if isinstance(kind, msgspec.inspect.VarTupleType):
        return st.lists(like(kind.item_type), max_size=2) | LEAVES
    if isinstance(kind, msgspec.inspect.Metadata):
        return like(kind.type)
    if isinstance(kind, msgspec.inspect.StrType):
        return st.text(max_size=5)
    return LEAVES


@pytest.mark.parametrize("shape", REQUESTS)
@given(data=st.data())
def test_what_v1_takes_v2_takes(shape, data):
    body = msgspec.json.encode(data.draw(like(msgspec.inspect.type_info(shape))))
    try:
        request = RequestCodec(v1_form(shape)).decode(body, {})
    except Refusal:
        return
    msgspec.convert(request, shape, from_attributes=True)


@pytest.mark.parametrize("shape", ONLY_V2)
def test_the_table_names_members_that_exist(shape):
    assert set(ONLY_V2[shape]) <= set(shape.__struct_fields__)
