"""Reports by their parts: what is read where a part is missing, mislabelled, or within another."""

import pytest

from pillarbox.proto.report.bounce_class import classify
from pillarbox.proto.report.reading import read_report

PATH = "bnzwk3dpoizhgy2k7x4fua6lq5t2ehc7mxw3bna4qjd5z@bounce.mail.example"
ORIGINAL = f"""Return-Path: <{PATH}>
From: Shop <news@shop.example>
To: ann@dest.example
Subject: Your order

Questions: help@shop.example
"""
FAILED = "Final-Recipient: rfc822; ann@dest.example\nAction: failed\nStatus: "
MAILER = "From: MAILER-DAEMON@dest.example\nSubject: Undelivered\n"
PLAIN, STATUS, HTML = "text/plain", "message/delivery-status", "text/html"
MESSAGE = "message/rfc822"


def mail(*parts, boundary="b1", head=MAILER, kind="multipart/report", to=PATH):
    start = f"{head}To: {to}\nMIME-Version: 1.0\nContent-Type: {kind}; boundary={boundary}\n"
    written = "".join(f"--{boundary}\nContent-Type: {one}\n\n{body}\n" for one, body in parts)
    return f"{start}\n{written}--{boundary}--\n"


def status(told):
    return f"Reporting-MTA: dns; mx.dest.example\n\n{told}\n"


def report(told="5.1.1", boundary="inner"):
    parts = (PLAIN, "It failed."), (STATUS, status(FAILED + told)), (MESSAGE, ORIGINAL)
    return mail(*parts, boundary=boundary)


TEXT_REPORT = f"{MAILER}To: {PATH}\n\n<ann@dest.example>:\nno such user\n"
SHAPES = {
    "temporary though it failed": (
        report("4.1.1\nDiagnostic-Code: smtp; 450 unknown"),
        "Transient",
    ),
    "expired in words": (report("5.0.0\nDiagnostic-Code: x; message expired"), "Transient"),
    "a status as text": (
        mail((PLAIN, "It failed."), (PLAIN, status(FAILED + "5.1.1")), (MESSAGE, ORIGINAL)),
        "Permanent",
    ),
    "a status of nobody": (
        mail((PLAIN, "User unknown"), (STATUS, "Reporting-MTA: dns; mx\n"), (MESSAGE, ORIGINAL)),
        "Permanent",
    ),
    "a status of a placeholder": (
        mail(
            (PLAIN, "x"),
            (STATUS, status(FAILED.replace("ann@dest.example", "(unknown)") + "5.1.1")),
            (MESSAGE, ORIGINAL),
        ),
        "Permanent",
    ),
    "only a header is returned": (
        mail((PLAIN, "Could not deliver: mailbox full."), ("text/rfc822-headers", ORIGINAL)),
        "Transient",
    ),
    "HTML and the original": (
        mail((HTML, "<p>Das Postfach ist <b>voll</b>, nicht zugestellt</p>"), (MESSAGE, ORIGINAL)),
        "Transient",
    ),
    "a person passes a report on": (
        mail((PLAIN, "FYI"), (MESSAGE, report()), head="From: bob@shop.example\n"),
        "Permanent",
    ),
    "a gateway's own status is of nobody": (
        mail((STATUS, "Reporting-MTA: dns; gate\n"), (MESSAGE, report()), to="who@gate.example"),
        "Permanent",
    ),
    "a gateway around a report in words": (
        mail((PLAIN, "These addresses failed:"), (MESSAGE, TEXT_REPORT), (PLAIN, "x@y.example")),
        "Permanent",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_report_of_this_shape_names_who_failed_and_how(name):
    content, kind = SHAPES[name]
    found = read_report(content.encode())
    assert found.kind == "bounce"
    (one,) = found.recipients
    assert one.address == "ann@dest.example"
    assert classify(one.status, one.code, one.diagnostic or "").bounce_type == kind


def test_a_mail_that_came_from_a_robot_is_what_was_sent_and_no_report():
    sent = "From: bounces@shop.example\nTo: ann@dest.example\n\nWrite to bob@dest.example\n"
    found = read_report(mail((PLAIN, "Could not be delivered."), (MESSAGE, sent)).encode())
    assert [one.address for one in found.recipients] == ["ann@dest.example"]


def test_a_robot_that_failed_is_named_by_its_own_line():
    text = (
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\n<abuse@dest.example>:\nfull\n"
    )
    found = read_report(text.encode())
    assert [one.address for one in found.recipients] == ["abuse@dest.example"]


@pytest.mark.parametrize(
    "name", ["システム管理者", "Administrador del sistema", "Systeembeheerder"]
)
def test_a_mail_system_speaks_under_its_name_in_any_language(name):
    text = f"From: {name} <x@dest.example>\nSubject: Mail\n\n<ann@dest.example>: error\n"
    assert read_report(text.encode()).kind == "bounce"
