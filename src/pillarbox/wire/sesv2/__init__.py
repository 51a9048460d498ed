"""The handlers and shapes of the SES v2 API; Pinpoint Email v1 is a table of differences."""
