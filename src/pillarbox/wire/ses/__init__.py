"""SES v1 (2010-12-01): the Query protocol over the same `accept` and `manage` as the JSON APIs.

In the order of a request: `protocol` (how a request means an action, how answers look), `action`
(what an action is), `operations` (all that are served), then a family a file with its shapes.
"""
