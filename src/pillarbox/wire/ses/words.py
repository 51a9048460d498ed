"""The words of SES v1 for what the JSON APIs write in capitals: `TemporaryFailure`, `linkTag`.

Translates both ways by the words' own letters, so that there is no table to keep.
"""

import re


def pascal(word: str) -> str:
    """Write `TEMPORARY_FAILURE` as `TemporaryFailure`."""
    return word.title().replace("_", "")


def camel(word: str) -> str:
    """Write `RENDERING_FAILURE` as `renderingFailure`."""
    written = pascal(word)
    return written[:1].lower() + written[1:]


def capitals(word: str) -> str:
    """Write `renderingFailure` as `RENDERING_FAILURE`, `UseDefaultValue` as `USE_DEFAULT_VALUE`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", word).upper()
