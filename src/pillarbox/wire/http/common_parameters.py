"""Action and Version in the query string (reference, "Common Parameters"): optional, but checked
when given.

Takes the pairs of the query and the operation that the path means; raises what is wrong between
them.
"""

import re

from pillarbox.proto.aws.query_string import Pairs
from pillarbox.wire.http.errors import (
    Api,
    InvalidAction,
    InvalidParameterValue,
    InvalidQueryParameter,
    MissingAction,
    MissingParameter,
)

VERSIONS: dict[Api, str] = {"v1": "2018-07-26", "v2": "2019-09-27"}

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check_action(query: Pairs, operation: str, api: Api) -> None:
    """Refuse an Action or Version that is not the one of the path."""
    if not query:
        return
    action = _once(query, "Action")
    version = _once(query, "Version")
    if action == "":
        raise MissingAction
    if version == "":
        raise MissingParameter("The request must contain the parameter Version.")
    if version is not None and not _DATE.fullmatch(version):
        raise InvalidParameterValue("Version must be written as YYYY-MM-DD.")
    if action not in {None, operation} or version not in {None, VERSIONS[api]}:
        raise InvalidAction(
            f"Could not find operation {action or operation} for version {version or VERSIONS[api]}"
        )


def _once(query: Pairs, name: str) -> str | None:
    values = [value for given, value in query if given == name]
    if len(values) > 1:
        raise InvalidQueryParameter(f"The parameter {name} is given more than once.")
    return values[0] if values else None
