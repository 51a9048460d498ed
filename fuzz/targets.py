"""Every parser of outside bytes, by name: the table that `python -m fuzz` runs.

A new parser is a new row. `check` raises when what always holds does not hold.
"""

from fuzz import (
    clamd,
    identity,
    lists,
    mail,
    network,
    reports,
    smtp,
    templates,
    tracking,
    tracking_server,
    wire,
)
from fuzz.run import Target

TARGETS = (
    Target("sigv4", wire.claim, (wire.AUTHORIZATION, b"\n/v2/email/x%40y\n" + wire.PRESIGNED)),
    Target("resource_arn", wire.resource_arn, (wire.ARN + b"identity/A.b", wire.ARN + b"table/a")),
    Target("query_string", wire.query, (wire.PRESIGNED, b"PageSize=10&NextToken=a%2Fb")),
    Target("query_form", wire.form_body, wire.FORMS),
    Target("rest_json", wire.json_body, (wire.SEND, wire.RAW, wire.DESTINATION)),
    Target("raw_message", mail.raw, (mail.LETTER, b"From: a@b.example\n\nx")),
    Target("address", mail.address, mail.ADDRESSES),
    Target("encoded_words", mail.words, (mail.ADDRESSES[2], "naïve 日本語".encode())),
    Target("dkim", mail.dkim, (mail.LETTER, b"A: b\r\n\r\n \t x  y \r\n\r\n\r\n")),
    Target("dots", mail.dots, (mail.LETTER, b".\r\n..\r\n", b"a\r\n.")),
    Target("return_path", mail.return_path, (b"a" * 45,)),
    Target("smtp_reply", network.replies, network.SESSION),
    Target("smtp_session", network.session, network.SESSION),
    Target("tracking_token", tracking.token, tracking.TOKENS),
    Target("html_links", tracking.links, tracking.PAGES),
    Target("tracked_copy", tracking.copies, tracking.LETTERS),
    Target(
        "tracking_request",
        tracking_server.requests,
        (tracking_server.REQUEST, tracking_server.REQUEST * 3),
    ),
    Target("proxy_protocol", tracking_server.proxy_header, tracking_server.PROXY_HEADERS),
    Target("journal", tracking_server.journal, (tracking_server.SEGMENT,)),
    Target("smtp_server", smtp.server, smtp.DIALOGS),
    Target("report", reports.report, reports.MAILS),
    Target("delivery_status", reports.delivery_status, reports.STATUSES),
    Target("feedback_report", reports.feedback_report, reports.FEEDBACK),
    Target("dns_query", network.dns_query, network.QUERIES),
    Target("dns_text", identity.dns_text, identity.RECORDS),
    Target("own_key", identity.own_key, identity.OWN_KEYS),
    Target("verify_link", identity.link, identity.LINKS),
    Target("template", templates.template, templates.TEMPLATES),
    Target("unsubscribe_token", lists.token, lists.TOKENS),
    Target("one_click", lists.post, lists.POSTS),
    Target("list_copy", lists.copy, lists.MAILS),
    Target("segment_rule", lists.rule, lists.RULES),
    Target("clamd_reply", clamd.reply, clamd.REPLIES),
    Target("tracking_probe", network.tracking_probe, network.PROBES),
)
