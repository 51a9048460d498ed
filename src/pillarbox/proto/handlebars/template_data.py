"""The data that a template is filled with: a JSON object, as text (SES API, TemplateData)."""

from typing import Any

import msgspec

from pillarbox.proto.handlebars.values import is_shallow

#: In characters; the models' own limit.
MAX_DATA = 262_144


class TemplateDataError(ValueError):
    """The template data is invalid"""


def read_data(text: str) -> dict[str, Any]:
    """Read template data; no text is an empty object. Raises TemplateDataError."""
    if not text:
        return {}
    if len(text) > MAX_DATA:
        raise TemplateDataError(TemplateDataError.__doc__)
    try:
        data = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        data = None
    if not isinstance(data, dict) or not is_shallow(data):
        raise TemplateDataError(TemplateDataError.__doc__)
    return data
