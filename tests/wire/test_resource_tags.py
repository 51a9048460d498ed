"""Tags of configuration sets, identities and pools, through both APIs."""

import pytest

from tests.wire.calls import refused

MAKE = {
    "configuration-set/a": lambda c, t: c.create_configuration_set(
        ConfigurationSetName="a", Tags=t
    ),
    "identity/a.example": lambda c, t: c.create_email_identity(EmailIdentity="a.example", Tags=t),
    "identity/Me@a.example": lambda c, t: c.create_email_identity(
        EmailIdentity="Me@a.example", Tags=t
    ),
    "dedicated-ip-pool/a": lambda c, t: c.create_dedicated_ip_pool(PoolName="a", Tags=t),
}
BAD = "BadRequestException"
NO_KEY = (
    "1 validation error detected: Value at 'tags.1.member.key' failed to satisfy constraint: "
    "Member must have length greater than or equal to 1"
)


@pytest.fixture(params=["v1", "v2"])
def client(request):
    """The account's client of each API in turn."""
    return request.getfixturevalue(request.param)


def tags(**pairs):
    return [{"Key": key, "Value": value} for key, value in pairs.items()]


def arn(account, resource, region="us-east-1", service="ses"):
    return f"arn:aws:{service}:{region}:{account}:{resource}"


@pytest.mark.parametrize("resource", MAKE)
def test_tags_are_added_changed_and_taken_off(client, account, resource):
    MAKE[resource](client, tags(a="1", b="2"))
    where = {"ResourceArn": arn(account, resource)}
    client.tag_resource(**where, Tags=tags(b="3", c=""))
    assert client.list_tags_for_resource(**where)["Tags"] == tags(a="1", b="3", c="")
    client.untag_resource(**where, TagKeys=["a", "c", "unknown"])
    assert client.list_tags_for_resource(**where)["Tags"] == tags(b="3")


def test_the_resource_itself_shows_its_tags(client, account):
    client.create_configuration_set(ConfigurationSetName="a")
    client.tag_resource(ResourceArn=arn(account, "configuration-set/a"), Tags=tags(a="1"))
    assert client.get_configuration_set(ConfigurationSetName="a")["Tags"] == tags(a="1")


@pytest.mark.parametrize(
    ("resource", "called"),
    [
        ("configuration-set/no", "ConfigurationSet"),
        ("identity/no.example", "EmailIdentity"),
        ("dedicated-ip-pool/no", "DedicatedIpPool"),
        ("deliverability-test-report/no", "DeliverabilityTestReport"),
    ],
)
def test_what_is_not_there_is_not_found(client, account, resource, called):
    name = resource.partition("/")[2]
    said = ("NotFoundException", 404, f"No {called} present with name: {name}")
    for call, more in calls(client):
        assert refused(call, ResourceArn=arn(account, resource), **more) == said


def calls(client):
    return [
        (client.list_tags_for_resource, {}),
        (client.tag_resource, {"Tags": tags(a="1")}),
        (client.untag_resource, {"TagKeys": ["a"]}),
    ]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("nonsense", "ResourceArn is not the expected format"),
        ("arn:aws:ses:us-east-1:ME", "ResourceArn is not the expected format"),
        ("arn:aws:ses:us-east-1:ME:identity", "ResourceArn is not the expected format"),
        ("arn:aws:ses:us-east-1:ME:identity/", "ResourceArn is not the expected format"),
        ("urn:aws:ses:us-east-1:ME:identity/a", "ResourceArn is not the expected format"),
        (
            "arn:aws:sns:us-east-1:ME:identity/a",
            "Provided resource identifier is not an SES resource",
        ),
        (
            "arn:aws:ses:us-east-1:ME:table/a",
            "Provided resource identifier is not an SES resource",
        ),
        (
            "arn:aws:ses:us-east-1:000000000000:identity/a",
            "Operations on a resource created in a different account is not allowed",
        ),
    ],
)
def test_what_is_no_arn_of_ours_is_refused(client, account, written, text):
    for call, more in calls(client):
        said = refused(call, ResourceArn=written.replace("ME", account), **more)
        assert said == (BAD, 400, text)


def test_another_region_is_refused(client, account):
    MAKE["configuration-set/a"](client, [])
    where = arn(account, "configuration-set/a", region="eu-west-1")
    said = [refused(call, ResourceArn=where, **more) for call, more in calls(client)]
    assert said == [
        (BAD, 400, "Failed to list tags for resource"),
        (BAD, 400, "Failed to tag resource"),
        (BAD, 400, "Failed to untag resource"),
    ]


def test_a_resource_has_fifty_tags_at_most(client, account):
    many = [{"Key": f"k{number}", "Value": "v"} for number in range(50)]
    MAKE["dedicated-ip-pool/a"](client, many)
    where = {"ResourceArn": arn(account, "dedicated-ip-pool/a")}
    client.tag_resource(**where, Tags=tags(k1="new"))
    assert refused(client.tag_resource, **where, Tags=tags(other="v")) == (
        BAD,
        400,
        "A resource can't have more than 50 tags.",
    )
    found = client.list_tags_for_resource(**where)["Tags"]
    assert (len(found), found[1]) == (50, {"Key": "k1", "Value": "new"})


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (tags(**{"aws:x": "v"}), "Invalid tag key <aws:x>: the prefix aws: is reserved."),
        (tags(a="1") * 2, "Tag key <a> is specified more than once."),
        (tags(**{"": "v"}), NO_KEY),
    ],
)
def test_tags_that_break_a_rule_change_nothing(client, account, wrong, text):
    MAKE["configuration-set/a"](client, tags(a="1"))
    where = {"ResourceArn": arn(account, "configuration-set/a")}
    assert refused(client.tag_resource, **where, Tags=wrong) == (BAD, 400, text)
    assert client.list_tags_for_resource(**where)["Tags"] == tags(a="1")


@pytest.mark.parametrize(
    ("call", "arguments", "text"),
    [
        ("list_tags_for_resource", {}, "'resourceArn' failed to satisfy constraint: Member must"),
        ("untag_resource", {"ResourceArn": "x"}, "'tagKeys' failed to satisfy constraint: Member"),
        ("tag_resource", {"ResourceArn": "x"}, "'tags' failed to satisfy constraint: Member must"),
    ],
)
def test_a_member_that_is_missing_is_told(client, call, arguments, text):
    code, status, said = refused(getattr(client, call), **arguments)
    assert (code, status) == (BAD, 400)
    assert text in said
