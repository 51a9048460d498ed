"""Templates through botocore: SES v2 and its twins in SES v1."""

import datetime as dt

import pytest
from sqlalchemy import select

from pillarbox.store.tables import shared_contents
from tests.wire.calls import refused, without_metadata
from tests.wire.template_calls import CONTENT, create

B, N = ("BadRequestException", 400), ("NotFoundException", 404)
V1 = {"SubjectPart": "Hi {{name}}", "TextPart": "Dear {{name}}", "HtmlPart": "<p>{{name}}</p>"}


def get(client, name="Welcome"):
    return without_metadata(client.get_email_template(TemplateName=name))


def names(client, **arguments):
    answer = client.list_email_templates(**arguments)
    return [one["TemplateName"] for one in answer["TemplatesMetadata"]], answer.get("NextToken")


def test_a_template_lives_from_create_to_delete(v2):
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)
    tags = [{"Key": "team", "Value": "mail"}]
    v2.create_email_template(TemplateName="Welcome", TemplateContent=CONTENT, Tags=tags)
    assert get(v2) == {"TemplateName": "Welcome", "TemplateContent": CONTENT, "Tags": tags}
    (shown,) = v2.list_email_templates()["TemplatesMetadata"]
    assert shown["CreatedTimestamp"] > before
    changed = {"Subject": "New", "Text": "new"}
    v2.update_email_template(TemplateName="Welcome", TemplateContent=changed)
    assert get(v2)["TemplateContent"] == changed
    v2.delete_email_template(TemplateName="Welcome")
    assert names(v2) == ([], None)
    gone = (*N, "Template Welcome does not exist")
    assert refused(v2.get_email_template, TemplateName="Welcome") == gone
    assert refused(v2.delete_email_template, TemplateName="Welcome") == gone
    update = {"TemplateName": "Welcome", "TemplateContent": CONTENT}
    assert refused(v2.update_email_template, **update) == gone


def test_a_template_of_one_api_is_a_template_of_the_other(v2, ses):
    ses.create_template(Template={"TemplateName": "One", **V1})
    assert get(v2, "One")["TemplateContent"] == {
        "Subject": V1["SubjectPart"],
        "Text": V1["TextPart"],
        "Html": V1["HtmlPart"],
    }
    v2.update_email_template(TemplateName="One", TemplateContent={"Subject": "S", "Html": "h"})
    shown = ses.get_template(TemplateName="One")["Template"]
    assert shown == {"TemplateName": "One", "SubjectPart": "S", "HtmlPart": "h"}
    ses.update_template(Template={"TemplateName": "One", **V1})
    assert get(v2, "One")["TemplateContent"]["Subject"] == V1["SubjectPart"]
    assert [one["Name"] for one in ses.list_templates()["TemplatesMetadata"]] == ["One"]
    ses.delete_template(TemplateName="One")
    ses.delete_template(TemplateName="One")
    assert names(v2) == ([], None)


def test_a_second_template_of_the_same_name_is_refused(v2, ses, account):
    create(v2)
    text = f"Template Welcome already exists for account id {account}"
    again = {"TemplateName": "Welcome", "TemplateContent": CONTENT}
    assert refused(v2.create_email_template, **again) == ("AlreadyExistsException", 400, text)
    with pytest.raises(ses.exceptions.AlreadyExistsException) as caught:
        ses.create_template(Template={"TemplateName": "Welcome", **V1})
    assert caught.value.response["Error"]["Message"] == text
    assert caught.value.response["Name"] == "Welcome"


BROKEN = "Parse error on line 1: "
WRONG = [
    ({"Subject": ""}, "The subject must be specified.", "InvalidParameterValue"),
    ({"Text": "{{#if x}}"}, f"{BROKEN}the block 'if' is not closed.", "InvalidTemplate"),
    ({"Html": "{{x"}, f"{BROKEN}near '{{{{x'.", "InvalidTemplate"),
    ({"Subject": "{{helper x}}"}, f"{BROKEN}there is no helper 'helper'.", "InvalidTemplate"),
    (
        {"Html": "{{ses:openTracker}}" * 2},
        "{{ses:openTracker}} can't be specified more than once.",
        "InvalidTemplate",
    ),
    ({"Text": "x" * 512_000}, "The template is larger than 500 KB.", "InvalidTemplate"),
]


@pytest.mark.parametrize(("content", "text", "code"), WRONG, ids=lambda one: str(one)[:30])
def test_what_is_wrong_with_a_template_is_told_and_leaves_nothing(v2, ses, content, text, code):
    content = CONTENT | content
    arguments = {"TemplateName": "Wrong", "TemplateContent": content}
    assert refused(v2.create_email_template, **arguments) == (*B, text)
    parts = {f"{name}Part": value for name, value in content.items()}
    wrong = {"TemplateName": "Wrong", **parts}
    assert refused(ses.create_template, Template=wrong) == (code, 400, text)
    assert names(v2) == ([], None)
    create(v2, "Wrong")
    assert refused(v2.update_email_template, **arguments) == (*B, text)
    assert get(v2, "Wrong")["TemplateContent"] == CONTENT


def test_a_template_needs_a_body(v2):
    text = "The template must have a text or an HTML part."
    content = {"Subject": "x"}
    call = {"TemplateName": "x", "TemplateContent": content}
    assert refused(v2.create_email_template, **call) == (*B, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a b", "Invalid template name <a b>: only alphanumeric ASCII characters, '_', and '-' "),
        ("x" * 65, "Template name cannot exceed 64 characters."),
    ],
    ids=["characters", "length"],
)
def test_names_of_templates_go_by_the_rules_of_names(v2, name, text):
    code, status, told = refused(
        v2.create_email_template, TemplateName=name, TemplateContent=CONTENT
    )
    assert (code, status) == B
    assert told.startswith(text)


def test_pages_are_sorted_and_whole(v2, ses):
    for name in ("b", "C", "a", "d"):
        create(v2, name)
    first, token = names(v2, PageSize=3)
    assert first == ["C", "a", "b"]
    assert names(v2, PageSize=3, NextToken=token) == (["d"], None)
    page = ses.list_templates(MaxItems=3)
    assert [one["Name"] for one in page["TemplatesMetadata"]] == first
    rest = ses.list_templates(MaxItems=1000, NextToken=page["NextToken"])
    assert [one["Name"] for one in rest["TemplatesMetadata"]] == ["d"]


def test_ten_templates_are_a_page_unless_another_size_is_asked_for(v2):
    for number in range(11):
        create(v2, f"t{number:02}")
    assert len(names(v2)[0]) == 10
    text = "The page size must be between 1 and 100"
    assert refused(v2.list_email_templates, PageSize=101) == (*B, text)
    code, status, _ = refused(v2.list_email_templates, NextToken="other")
    assert (code, status) == B


def test_trying_a_template_out_shows_the_message(v2, ses):
    create(v2)
    data = '{"name": "Ann & <Bob>", "list": ["x", "y"]}'
    v2_text = v2.test_render_email_template(TemplateName="Welcome", TemplateData=data)
    text = v2_text["RenderedTemplate"]
    assert "\r\nSubject: Hi Ann & <Bob>\r\n" in f"\r\n{text}"
    assert "Dear Ann & <Bob>\r\n" in text
    assert "<p>Dear Ann &amp; &lt;Bob&gt;, x;y;</p>" in text
    assert "multipart/alternative" in text
    v1_text = ses.test_render_template(TemplateName="Welcome", TemplateData=data)
    assert "<p>Dear Ann &amp; &lt;Bob&gt;, x;y;</p>" in v1_text["RenderedTemplate"]


@pytest.mark.parametrize(
    ("data", "code", "text"),
    [
        (
            "{}",
            "MissingRenderingAttribute",
            "Attribute 'name' is not present in the rendering data.",
        ),
        ('{"name": null}', "MissingRenderingAttribute", "Attribute 'name' is not present in the "),
        ("{", "InvalidRenderingParameter", "Template rendering data is invalid"),
        ("[]", "InvalidRenderingParameter", "Template rendering data is invalid"),
        ('{"name": "a\\nb"}', "InvalidRenderingParameter", ""),
    ],
    ids=["missing", "null", "broken", "no object", "a line end in the subject"],
)
def test_what_can_not_be_rendered_is_told_when_it_is_tried_out(v2, ses, data, code, text):
    create(v2)
    arguments = {"TemplateName": "Welcome", "TemplateData": data}
    found = refused(v2.test_render_email_template, **arguments)
    assert found[:2] == B
    assert found[2].startswith(text)
    found = refused(ses.test_render_template, **arguments)
    assert found[:2] == (code, 400)
    assert found[2].startswith(text)


def test_trying_out_a_template_that_is_not_there_is_refused(v2, ses):
    text = "Template none does not exist"
    call = {"TemplateName": "none", "TemplateData": "{}"}
    assert refused(v2.test_render_email_template, **call) == (*N, text)
    with pytest.raises(ses.exceptions.TemplateDoesNotExistException) as caught:
        ses.test_render_template(**call)
    assert caught.value.response["TemplateName"] == "none"


def test_templates_belong_to_an_account_and_have_tags(server, v2, account):
    create(v2)
    other = server.client("sesv2", server.new_account())
    assert refused(other.get_email_template, TemplateName="Welcome")[:2] == N
    arn = f"arn:aws:ses:us-east-1:{account}:template/Welcome"
    v2.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert get(v2)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert v2.list_tags_for_resource(ResourceArn=arn)["Tags"] == get(v2)["Tags"]
    v2.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert get(v2)["Tags"] == []


def test_an_update_keeps_the_version_that_accepted_mail_needs(server, v2, account):
    create(v2)
    create(v2, "Other")
    v2.update_email_template(TemplateName="Welcome", TemplateContent=CONTENT)
    v2.delete_email_template(TemplateName="Other")
    of_account = select(shared_contents.c.superseded_at).where(
        shared_contents.c.account_id == account
    )
    with server.store.transaction() as conn:
        found = list(conn.execute(of_account).scalars())
    assert sorted(one is None for one in found) == [False, False, True]
