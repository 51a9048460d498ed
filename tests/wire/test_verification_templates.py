"""Custom verification mails in SES v2 and v1, through botocore."""

import re

import pytest
from sqlalchemy import insert

from pillarbox.base.clock import now_ms
from pillarbox.model.page import PageRequest
from pillarbox.model.verification import LINK_MS
from pillarbox.store.tables import identities
from pillarbox.wire.verification_page import VerificationPage
from tests.wire.calls import refused, without_metadata
from tests.wire.real_door import MAX_BYTES
from tests.wire.rows import verified_domain

B, N = ("BadRequestException", 400), ("NotFoundException", 404)
YES, NO = "https://shop.example/yes?a=1", "https://shop.example/no"
ADDRESS = "new@customer.example"
MAIL = {
    "TemplateName": "hello",
    "FromEmailAddress": "Shop <me@example.com>",
    "TemplateSubject": "Is it you?",
    "TemplateContent": "<html><body><p>Press!</p></body></html>",
    "SuccessRedirectionURL": YES,
    "FailureRedirectionURL": NO,
}


@pytest.fixture(autouse=True)
def domain(server, account):
    """The account's verified domain example.com."""
    with server.store.transaction() as conn:
        conn.execute(insert(identities).values(verified_domain(account, "example.com")))


def send(client):
    answer = client.send_custom_verification_email(EmailAddress=ADDRESS, TemplateName="hello")
    return answer["MessageId"]


def test_a_mail_lives_from_its_making_to_its_end_in_both_apis(v2, ses):
    v2.create_custom_verification_email_template(**MAIL, Tags=[{"Key": "a", "Value": "b"}])
    shown = without_metadata(v2.get_custom_verification_email_template(TemplateName="hello"))
    assert shown == MAIL | {"Tags": [{"Key": "a", "Value": "b"}]}
    ses.update_custom_verification_email_template(TemplateName="hello", TemplateSubject="Well?")
    shown = without_metadata(ses.get_custom_verification_email_template(TemplateName="hello"))
    assert shown == MAIL | {"TemplateSubject": "Well?"}
    (listed,) = ses.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"]
    assert listed == {k: v for k, v in shown.items() if k != "TemplateContent"}
    v2.update_custom_verification_email_template(**MAIL)
    assert v2.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"]
    v2.delete_custom_verification_email_template(TemplateName="hello")
    text = "Custom verification email template <hello> does not exist"
    for call in (
        v2.get_custom_verification_email_template,
        v2.delete_custom_verification_email_template,
    ):
        assert refused(call, TemplateName="hello") == (*N, text)
    assert refused(v2.update_custom_verification_email_template, **MAIL) == (*N, text)
    answer = refused(ses.get_custom_verification_email_template, TemplateName="hello")
    assert answer == ("CustomVerificationEmailTemplateDoesNotExist", 400, text)
    ses.delete_custom_verification_email_template(TemplateName="hello")


def test_a_name_is_taken_once(v2, ses):
    v2.create_custom_verification_email_template(**MAIL)
    text = "Custom verification email template <hello> already exists"
    answer = refused(v2.create_custom_verification_email_template, **MAIL)
    assert answer == ("AlreadyExistsException", 400, text)
    answer = refused(ses.create_custom_verification_email_template, **MAIL)
    assert answer == ("CustomVerificationEmailTemplateAlreadyExists", 400, text)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"TemplateSubject": ""}, (*B, "TemplateSubject is required.")),
        (
            {"FromEmailAddress": "a@other.example"},
            (*N, "The from email address <a@other.example> is not verified"),
        ),
        (
            {"SuccessRedirectionURL": "javascript:alert(1)"},
            (*B, "The success redirection URL is invalid"),
        ),
        (
            {"FailureRedirectionURL": "https://a.example\\@b"},
            (*B, "The failure redirection URL is invalid"),
        ),
        (
            {"FailureRedirectionURL": "//evil.example"},
            (*B, "The failure redirection URL is invalid"),
        ),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(v2, change, error):
    assert refused(v2.create_custom_verification_email_template, **(MAIL | change)) == error
    assert v2.list_custom_verification_email_templates()["CustomVerificationEmailTemplates"] == []


def test_an_unverified_sender_has_its_own_code_in_v1(ses):
    change = MAIL | {"FromEmailAddress": "a@other.example"}
    answer = refused(ses.create_custom_verification_email_template, **change)
    assert answer[:2] == ("FromEmailAddressNotVerified", 400)


def test_there_are_fifty_and_pages_of_them(v2):
    for number in range(50):
        v2.create_custom_verification_email_template(**MAIL | {"TemplateName": f"n{number}"})
    answer = refused(v2.create_custom_verification_email_template, **MAIL)
    assert answer[:2] == ("LimitExceededException", 400)
    first = v2.list_custom_verification_email_templates(PageSize=30)
    rest = v2.list_custom_verification_email_templates(NextToken=first["NextToken"])
    assert len(rest["CustomVerificationEmailTemplates"]) == 20
    answer = refused(v2.list_custom_verification_email_templates, PageSize=51)
    assert answer == (*B, "The page size must be between 1 and 50")
    answer = refused(v2.list_custom_verification_email_templates, NextToken="x")
    assert answer == (*B, "Invalid nextToken <x>.")


def test_an_account_in_the_sandbox_sends_none(server):
    account = server.new_account(production=False)
    with server.store.transaction() as conn:
        conn.execute(insert(identities).values(verified_domain(account, "example.com")))
    ses = server.client("ses", account)
    ses.create_custom_verification_email_template(**MAIL)
    call = ses.send_custom_verification_email
    answer = refused(call, EmailAddress=ADDRESS, TemplateName="hello")
    assert answer[:2] == ("ProductionAccessNotGranted", 400)
    assert ADDRESS not in ses.list_identities()["Identities"]


@pytest.mark.parametrize("wrong", [{"EmailAddress": "nobody"}, {"ConfigurationSetName": "no"}])
def test_what_can_not_be_sent_begins_nothing(server, v2, wrong):
    v2.create_custom_verification_email_template(**MAIL)
    before = len(server.sent)
    call = {"EmailAddress": ADDRESS, "TemplateName": "hello"} | wrong
    refused(v2.send_custom_verification_email, **call)
    assert len(server.sent) == before
    assert [one["IdentityName"] for one in v2.list_email_identities()["EmailIdentities"]] == [
        "example.com"
    ]


@pytest.mark.parametrize("api", ["sesv2", "ses"])
@pytest.mark.parametrize(
    ("columns", "content"),
    [
        pytest.param({"sending_enabled": False}, "", id="sending is paused"),
        pytest.param({"max_24h": 0.0}, "", id="quota used up"),
        pytest.param({}, "x" * MAX_BYTES, id="too large"),
    ],
)
def test_what_the_door_refuses_begins_nothing(accepting_server, api, columns, content):
    account = accepting_server.new_account(**columns)
    with accepting_server.store.transaction() as conn:
        conn.execute(insert(identities).values(verified_domain(account, "example.com")))
    client = accepting_server.client(api, account)
    client.create_custom_verification_email_template(
        **MAIL | {"TemplateContent": MAIL["TemplateContent"] + content}
    )
    call = client.send_custom_verification_email
    assert refused(call, EmailAddress=ADDRESS, TemplateName="hello")[1] == 400
    ses = accepting_server.client("ses", account)
    assert ses.list_identities()["Identities"] == ["example.com"]


async def pressed(server, path, *, later=0, method="POST"):
    """Where the page behind a link leads: status and location."""
    page = VerificationPage(
        store=server.store,
        key=server.mails.key,
        now=lambda: now_ms() + later,
    )
    answer = await page.serve(PageRequest(method=method, path=path))
    return answer.status, answer.location


def link_in(request):
    """The path of the link in the mail that was handed to the door."""
    html = request.content.html.data
    (link,) = set(re.findall(r"http://track\.test(/verify/[\w-]+)", html))
    assert html.endswith("</p></body></html>")
    return link


@pytest.mark.parametrize("api", ["v2", "ses"])
async def test_the_mail_verifies_its_reader_and_leads_on(request, server, v2, api):
    v2.create_custom_verification_email_template(**MAIL)
    assert send(request.getfixturevalue(api))
    sent = server.sent[-1]
    assert (sent.operation, sent.from_address, sent.to) == (
        "SendCustomVerificationEmail",
        MAIL["FromEmailAddress"],
        (ADDRESS,),
    )
    path = link_in(sent)
    assert v2.get_email_identity(EmailIdentity=ADDRESS)["VerificationStatus"] == "PENDING"
    assert await pressed(server, path, method="GET") == (200, None)
    assert await pressed(server, path[:-1]) == (404, None)
    assert await pressed(server, path, later=LINK_MS) == (303, NO)
    assert v2.get_email_identity(EmailIdentity=ADDRESS)["VerificationStatus"] == "PENDING"
    assert await pressed(server, path) == (303, YES)
    assert v2.get_email_identity(EmailIdentity=ADDRESS)["VerificationStatus"] == "SUCCESS"
    v2.update_custom_verification_email_template(**MAIL | {"SuccessRedirectionURL": NO})
    assert await pressed(server, path) == (303, NO)
    v2.delete_email_identity(EmailIdentity=ADDRESS)
    assert await pressed(server, path) == (303, NO)
    v2.delete_custom_verification_email_template(TemplateName="hello")
    assert await pressed(server, path) == (410, None)
