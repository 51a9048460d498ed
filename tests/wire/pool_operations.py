"""Pools, addresses, tags, dashboard: the operations of each API, and the shape of each answer."""

from typing import Any

from pillarbox.wire.sesv2 import dashboard_shapes, dedicated_shapes, tag_shapes

SHARED = (
    "CreateDedicatedIpPool",
    "CreateDeliverabilityTestReport",
    "DeleteDedicatedIpPool",
    "GetBlacklistReports",
    "GetDedicatedIp",
    "GetDedicatedIps",
    "GetDeliverabilityDashboardOptions",
    "GetDeliverabilityTestReport",
    "GetDomainDeliverabilityCampaign",
    "GetDomainStatisticsReport",
    "ListDedicatedIpPools",
    "ListDeliverabilityTestReports",
    "ListDomainDeliverabilityCampaigns",
    "ListTagsForResource",
    "PutDedicatedIpInPool",
    "PutDedicatedIpWarmupAttributes",
    "PutDeliverabilityDashboardOption",
    "TagResource",
    "UntagResource",
)
ONLY_V2 = ("GetDedicatedIpPool", "PutDedicatedIpPoolScalingAttributes")

#: What an operation answers; one that is missing here answers nothing.
ANSWERS: dict[str, Any] = {
    name: getattr(module, f"{name}Response")
    for module in (dashboard_shapes, dedicated_shapes, tag_shapes)
    for name in (*SHARED, *ONLY_V2)
    if hasattr(module, f"{name}Response")
}

#: Required in the model; here the service itself says what it misses (facts §2.4).
SAID_BY_THE_SERVICE = {
    ("CreateDedicatedIpPoolRequest", "PoolName"),
    ("PutDedicatedIpPoolScalingAttributesRequest", "ScalingMode"),
    ("PutDedicatedIpInPoolRequest", "DestinationPoolName"),
    ("PutDedicatedIpWarmupAttributesRequest", "WarmupPercentage"),
}
#: An enumeration in the model; here the service itself says what is wrong.
PLAIN_TEXT = {
    ("CreateDedicatedIpPoolRequest", "ScalingMode"),
    ("PutDedicatedIpPoolScalingAttributesRequest", "ScalingMode"),
}
#: v1's model bounds no names; an empty one is refused there as in v2.
NOT_EMPTY_IN_V1 = {"AmazonResourceName"}
