"""The error of everything that reads or writes messages.

    MimeError (ValueError)
    ├── AddressError    an address can't be used (`addresses.py`)
    └── TagError        a message tag can't be used (`ses_headers.py`)

The text of each is what the caller of the API is shown, so it is the real service's where the facts
know it.
"""


class MimeError(ValueError):
    """The message can't be composed or can't be taken as it is."""
