"""Tags of resources that go by an ARN: configuration sets, identities, pools, lists, mails.

Functions on a connection, to be run in a transaction of the store. They raise an ApiError in the
real service's words (facts §2.8). A change holds the resource's row, so that of two who tag it at
once each sees what the other did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.names import MAX_RESOURCE_TAGS, check_resource_tags, parse_identity, shortened
from pillarbox.manage.tags import Tags, read_tags, write_tags
from pillarbox.store.sets.resource_tags import Kind, hold_tags_of, read_tags_of, write_tags_of

#: How the texts call what an ARN names.
_CALLED = {
    "configuration-set": "ConfigurationSet",
    "contact-list": "ContactList",
    "custom-verification-email-template": "CustomVerificationEmailTemplate",
    "dedicated-ip-pool": "DedicatedIpPool",
    "identity": "EmailIdentity",
    "template": "EmailTemplate",
}
#: Resources that have ARNs, and of which there are none here.
_NONE_OF = {"deliverability-test-report": "DeliverabilityTestReport"}


@dataclass(frozen=True, slots=True)
class Resource:
    """What an ARN names."""

    kind: Kind
    name: str
    written: str


def list_tags(conn: Connection, account_id: str, region: str, arn: str) -> Tags:
    """Give a resource's tags. Raises BadRequest or NotFound."""
    resource = parse_arn(arn, account_id, region, "Failed to list tags for resource")
    tags = read_tags_of(conn, account_id, resource.kind, resource.name)
    if tags is None:
        raise _missing(resource)
    return read_tags(tags)


def tag_resource(conn: Connection, account_id: str, region: str, arn: str, tags: Tags) -> None:
    """Add tags to a resource; one whose key it has already gets the new value.

    Raises BadRequest or NotFound.
    """
    resource = parse_arn(arn, account_id, region, "Failed to tag resource")
    check_resource_tags(tags)
    merged = dict(_held(conn, account_id, resource)) | dict(tags)
    if len(merged) > MAX_RESOURCE_TAGS:
        raise BadRequest(f"A resource can't have more than {MAX_RESOURCE_TAGS} tags.")
    text = write_tags(tuple(merged.items()))
    write_tags_of(conn, account_id, resource.kind, resource.name, text)


def untag_resource(
    conn: Connection, account_id: str, region: str, arn: str, keys: Sequence[str]
) -> None:
    """Take tags off a resource; keys it has not are no error. Raises BadRequest or NotFound."""
    resource = parse_arn(arn, account_id, region, "Failed to untag resource")
    gone = set(keys)
    left = tuple(tag for tag in _held(conn, account_id, resource) if tag[0] not in gone)
    write_tags_of(conn, account_id, resource.kind, resource.name, write_tags(left))


def replace_tags(conn: Connection, account_id: str, kind: Kind, name: str, tags: Tags) -> None:
    """Give a resource these tags and no others. Raises BadRequest or NotFound."""
    check_resource_tags(tags)
    _held(conn, account_id, Resource(kind, name, name))
    write_tags_of(conn, account_id, kind, name, write_tags(tags))


def parse_arn(arn: str, account_id: str, region: str, elsewhere: str) -> Resource:
    """Read `arn:aws:ses:REGION:ACCOUNT:KIND/NAME`; `elsewhere`: what is said of another region.

    Raises BadRequest, and NotFound for what there is none of.
    """
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or not parts[1].startswith("aws"):
        raise BadRequest("ResourceArn is not the expected format")
    kind, slash, name = parts[5].partition("/")
    if not slash or not name:
        raise BadRequest("ResourceArn is not the expected format")
    if parts[2] != "ses" or kind not in _CALLED | _NONE_OF:
        raise BadRequest("Provided resource identifier is not an SES resource")
    if parts[4] != account_id:
        raise BadRequest("Operations on a resource created in a different account is not allowed")
    if parts[3] != region:
        raise BadRequest(elsewhere)
    if kind in _NONE_OF:
        raise NotFound(_no_such(_NONE_OF[kind], name))
    stored = _identity_name(name) if kind == "identity" else name
    return Resource(cast("Kind", kind), stored, name)


def _identity_name(name: str) -> str:
    try:
        return parse_identity(name).name
    except BadRequest:
        return name  # nothing has such a name


def _held(conn: Connection, account_id: str, resource: Resource) -> Tags:
    tags = hold_tags_of(conn, account_id, resource.kind, resource.name)
    if tags is None:
        raise _missing(resource)
    return read_tags(tags)


def _missing(resource: Resource) -> NotFound:
    return NotFound(_no_such(_CALLED[resource.kind], resource.written))


def _no_such(called: str, name: str) -> str:
    return f"No {called} present with name: {shortened(name)}"
