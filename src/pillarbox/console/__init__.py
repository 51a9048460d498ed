"""The web console: what the API does, done by hand.

A request's way: `serving` (host, session, role, CSRF) -> a page's handler (`pages/`) -> `manage` ->
a template. A handler takes a `Visit` and gives an answer; every route says which role it needs.
"""
