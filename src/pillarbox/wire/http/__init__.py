"""auth -> route -> parse -> call -> serialise: the HTTP side that the JSON APIs share.

Takes ASGI calls; hands decoded, authenticated Calls on to the handlers of `sesv2` and `pinpoint`.
In the order of a request: `api_app` (the table of contents), `exchange`, `router`, `authenticate`,
`admission`, `body`, `call_rates`, `common_parameters`, `operation`, `respond`, `access_log`.
"""
