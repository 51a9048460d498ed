"""auth -> route -> parse -> call -> serialise: the HTTP side that all the APIs share.

Takes ASGI calls; hands decoded, authenticated Calls on to the handlers of `sesv2`, `pinpoint` and
`ses`. In the order of a request: `api_app` (the table of contents), `exchange`, `protocol` (what
differs from API to API), `json_protocol` with its `router`, `authenticate`, `admission`, `body`,
`call_rates`, `common_parameters`, `operation`, `respond`, `access_log`.
"""
