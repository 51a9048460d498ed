"""Sending with templates through the real door: what is stored, and what each API answers."""

import json

import msgspec
import pytest
from sqlalchemy import func, insert, select

from pillarbox.base.ids import row_id_of
from pillarbox.model.template import SharedData, TemplatedBody, TemplateParts
from pillarbox.store.mail.shared_contents import read_shared
from pillarbox.store.tables import (
    identities,
    message_bodies,
    messages,
    recipients,
    shared_contents,
)
from tests.wire.calls import refused
from tests.wire.rows import verified_domain
from tests.wire.template_calls import CONTENT, SOURCE, bulk, create, entry

B = ("BadRequestException", 400)
MISSING = "Template none does not exist"
INVALID = "The template data is invalid"


class Client:
    """One account's clients, and what is stored of its messages."""

    def __init__(self, server, **columns) -> None:
        self.account = server.new_account(**columns)
        self.store = server.store
        self.v2 = server.client("sesv2", self.account)
        self.pinpoint = server.client("pinpoint-email", self.account)
        self.ses = server.client("ses", self.account)
        with self.store.transaction() as conn:
            conn.execute(insert(identities).values(verified_domain(self.account, "shop.example")))

    def stored(self, message_id):
        """A message's row, body, template and shared data."""
        row_id = row_id_of(message_id)
        with self.store.transaction() as conn:
            row = conn.execute(select(messages).where(messages.c.id == row_id)).one()
            query = select(message_bodies.c.content).where(message_bodies.c.message_id == row_id)
            body = msgspec.msgpack.decode(conn.execute(query).scalar_one(), type=TemplatedBody)
            shared = read_shared(conn, [one for one in (row.template_id, row.shared_id) if one])
        parts = msgspec.msgpack.decode(shared[row.template_id], type=TemplateParts)
        data = shared.get(row.shared_id)
        return row, body, parts, data and msgspec.msgpack.decode(data, type=SharedData)

    def counts(self):
        with self.store.transaction() as conn:
            return [
                conn.execute(
                    select(func.count()).where(one.c.account_id == self.account)
                ).scalar_one()
                for one in (messages, recipients, shared_contents)
            ]


@pytest.fixture
def client(accepting_server) -> Client:
    made = Client(accepting_server)
    create(made.v2)
    return made


def send(client, template, **members):
    destination = {"ToAddresses": ["to@example.net"], "CcAddresses": ["cc@example.net"]}
    content = {"Template": template}
    return client.send_email(
        **{"FromEmailAddress": SOURCE, "Destination": destination, "Content": content} | members
    )["MessageId"]


def test_send_email_keeps_template_and_data(client):
    data = '{"name": "Ann"}'
    headers = [{"Name": "X-Shop", "Value": "1"}]
    message_id = send(
        client.v2, {"TemplateName": "Welcome", "TemplateData": data, "Headers": headers}
    )
    row, body, parts, shared = client.stored(message_id)
    assert (parts.name, parts.subject) == ("Welcome", CONTENT["Subject"])
    assert (body.data, body.headers, shared) == (data, (("X-Shop", "1"),), None)
    feedback_id, _, fields = body.head.partition(b"\r\n")
    assert feedback_id.startswith(b"Feedback-ID: ")
    assert fields == b"From: me@shop.example\r\nTo: to@example.net\r\nCc: cc@example.net\r\n"
    assert row.subject is None
    assert [one["name"] for one in json.loads(row.mail)["headers"]] == [
        "From",
        "To",
        "Cc",
        "MIME-Version",
    ]
    assert json.loads(row.mail)["tags"]["ses:operation"] == ["SendEmail"]
    assert client.counts() == [1, 2, 1]


def test_a_template_may_go_by_its_arn_in_both_json_apis(client):
    arn = f"arn:aws:ses:us-east-1:{client.account}:template/Welcome"
    for api in (client.pinpoint, client.v2):
        message_id = send(api, {"TemplateArn": arn, "TemplateData": '{"name": "Ann"}'})
        assert client.stored(message_id)[2].name == "Welcome"


def test_a_template_may_come_with_the_call_and_have_attachments(client):
    attachments = [{"RawContent": b"%PDF", "FileName": "a.pdf"}]
    inline = {"Subject": "{{#if", "Text": "x"}
    message_id = send(client.v2, {"TemplateContent": inline, "Attachments": attachments})
    _, _, parts, shared = client.stored(message_id)
    assert (parts.name, parts.subject, parts.html) == (None, "{{#if", None)
    assert [one.data for one in shared.attachments] == [b"%PDF"]


def test_send_templated_email_is_the_same_in_query(client):
    message_id = client.ses.send_templated_email(
        Source=SOURCE,
        Destination={"ToAddresses": ["to@example.net"]},
        Template="Welcome",
        TemplateArn=f"arn:aws:ses:us-east-1:{client.account}:template/Welcome",
        TemplateData='{"name": "Ann"}',
        Tags=[{"Name": "a", "Value": "b"}],
    )["MessageId"]
    row, body, parts, _ = client.stored(message_id)
    assert (parts.name, body.data) == ("Welcome", '{"name": "Ann"}')
    tags = json.loads(row.mail)["tags"]
    assert (tags["ses:operation"], tags["a"]) == (["SendTemplatedEmail"], ["b"])


def test_what_is_changed_later_does_not_change_what_was_accepted(client):
    message_id = send(client.v2, {"TemplateName": "Welcome", "TemplateData": "{}"})
    client.v2.update_email_template(
        TemplateName="Welcome", TemplateContent={"Subject": "new", "Text": "new"}
    )
    assert client.stored(message_id)[2].subject == CONTENT["Subject"]
    assert client.stored(send(client.v2, {"TemplateName": "Welcome"}))[2].subject == "new"
    client.v2.delete_email_template(TemplateName="Welcome")
    assert client.stored(message_id)[2].subject == CONTENT["Subject"]
    assert refused(client.v2.send_email, **_of("Welcome"))[0] == "NotFoundException"


def _of(template, data="{}"):
    return {
        "FromEmailAddress": SOURCE,
        "Destination": {"ToAddresses": ["to@example.net"]},
        "Content": {"Template": {"TemplateName": template, "TemplateData": data}},
    }


def test_a_template_that_is_not_there_is_refused_by_every_call(client):
    before = client.counts()
    code = ("NotFoundException", 404, MISSING)
    assert refused(client.v2.send_email, **_of("none")) == code
    arguments = bulk(entry("a@example.net"), entry("b@example.net"), template="none")
    assert refused(client.v2.send_bulk_email, **arguments) == code
    code = ("TemplateDoesNotExist", 400, MISSING)
    one = {"Source": SOURCE, "Template": "none"}
    to = {"Destination": {"ToAddresses": ["to@example.net"]}}
    assert refused(client.ses.send_templated_email, **one, **to, TemplateData="{}") == code
    many = {"DefaultTemplateData": "{}", "Destinations": [to]}
    assert refused(client.ses.send_bulk_templated_email, **one, **many) == code
    assert client.counts() == before


@pytest.mark.parametrize("data", ["{", "[]", '"x"', "[" * 120 + "]" * 120, "nothing"])
def test_data_that_is_no_json_object_is_refused_at_once(client, data):
    before = client.counts()
    assert refused(client.v2.send_email, **_of("Welcome", data)) == (*B, INVALID)
    arguments = bulk(entry("a@example.net"))
    arguments["DefaultContent"]["Template"]["TemplateData"] = data
    assert refused(client.v2.send_bulk_email, **arguments) == (*B, INVALID)
    assert client.counts() == before


def test_the_sender_of_a_template_can_not_be_left_out(client):
    arguments = _of("Welcome")
    del arguments["FromEmailAddress"]
    assert refused(client.v2.send_email, **arguments) == (*B, "Source cannot be empty")


def test_a_bulk_is_a_message_for_each_destination_and_shares_what_is_common(client):
    headers = [{"Name": "X-A", "Value": "1"}, {"Name": "X-B", "Value": "2"}]
    answer = client.v2.send_bulk_email(
        **bulk(
            entry("a@example.net", {"name": "Ann"}),
            entry(
                "b@example.net",
                ReplacementTags=[{"Name": "k", "Value": "own"}],
                ReplacementHeaders=[{"Name": "x-b", "Value": "own"}],
            ),
            template={"TemplateName": "Welcome", "Headers": headers},
            data={"name": "you", "list": [1]},
            DefaultEmailTags=[{"Name": "k", "Value": "v"}, {"Name": "l", "Value": "w"}],
        )
    )
    results = answer["BulkEmailEntryResults"]
    assert [one["Status"] for one in results] == ["SUCCESS", "SUCCESS"]
    first, second = (client.stored(one["MessageId"]) for one in results)
    assert (first[1].data, second[1].data) == ('{"name": "Ann"}', "{}")
    assert json.loads(first[3].default_data) == {"name": "you", "list": [1]}
    assert first[0].shared_id == second[0].shared_id
    assert first[0].template_id == second[0].template_id
    assert second[1].headers == (("X-A", "1"), ("x-b", "own"))
    tags = [json.loads(one[0].mail)["tags"] for one in (first, second)]
    assert [(one["k"], one["l"]) for one in tags] == [(["v"], ["w"]), (["own"], ["w"])]
    assert client.counts() == [2, 2, 2]


def test_what_is_wrong_with_one_destination_is_its_status(client):
    answer = client.v2.send_bulk_email(
        **bulk(
            entry("good@example.net"),
            entry("no address"),
            entry("data@example.net") | _data("{"),
            {"Destination": {}},
            entry("tag@example.net", ReplacementTags=[{"Name": "a b", "Value": "c"}]),
            entry("last@example.net"),
        )
    )
    results = answer["BulkEmailEntryResults"]
    wrong = ["INVALID_PARAMETER"] * 4
    assert [one["Status"] for one in results] == ["SUCCESS", *wrong, "SUCCESS"]
    assert results[2]["Error"] == INVALID
    assert results[3]["Error"] == "Missing required header 'To'."
    assert results[4]["Error"].startswith("Invalid tag name <a b>")
    assert all(("MessageId" in one) != ("Error" in one) for one in results)
    assert client.counts()[0] == 2


def _data(text):
    return {"ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": text}}}


def test_statuses_of_query_are_in_its_own_words(client):
    answer = client.ses.send_bulk_templated_email(
        Source=SOURCE,
        Template="Welcome",
        DefaultTemplateData="{}",
        DefaultTags=[{"Name": "k", "Value": "v"}],
        Destinations=[
            {"Destination": {"ToAddresses": ["a@example.net"]}, "ReplacementTemplateData": "{}"},
            {"Destination": {"ToAddresses": ["no address"]}},
        ],
    )["Status"]
    assert [one["Status"] for one in answer] == ["Success", "InvalidParameterValue"]
    row, *_ = client.stored(answer[0]["MessageId"])
    tags = json.loads(row.mail)["tags"]
    assert (tags["ses:operation"], tags["k"]) == (["SendBulkTemplatedEmail"], ["v"])


def test_the_daily_quota_ends_within_a_bulk(accepting_server):
    client = Client(accepting_server, max_24h=2.0)
    create(client.v2)
    answer = client.v2.send_bulk_email(**bulk(*(entry(f"r{n}@example.net") for n in range(3))))
    found = [one["Status"] for one in answer["BulkEmailEntryResults"]]
    assert found == ["SUCCESS", "SUCCESS", "ACCOUNT_DAILY_QUOTA_EXCEEDED"]


def test_what_is_wrong_with_the_whole_bulk_is_its_error(client):
    good = [entry("a@example.net"), entry("b@example.net")]
    call = client.v2.send_bulk_email
    assert refused(call, **bulk()) == (*B, "At least one destination must be specified.")
    too_many = bulk(*(entry(f"r{n}@example.net") for n in range(51)))
    assert refused(call, **too_many) == (*B, "The number of destinations exceeds 50.")
    no_template = bulk(*good) | {"DefaultContent": {}}
    assert refused(call, **no_template) == (*B, "A bulk needs a Template in its DefaultContent.")
    stranger = bulk(*good) | {"FromEmailAddress": "x@other.example"}
    assert refused(call, **stranger)[0] == "MessageRejected"
    no_set = bulk(*good, ConfigurationSetName="none")
    assert refused(call, **no_set)[:2] == ("NotFoundException", 404)
    nobody = bulk(*good)
    del nobody["FromEmailAddress"]
    assert refused(call, **nobody) == (*B, "Source cannot be empty")
    assert client.counts() == [0, 0, 1]


def test_members_without_effect_are_refused_in_a_bulk(client):
    arguments = bulk(entry("a@example.net"), TenantName="x")
    text = "TenantName is not supported yet."
    assert refused(client.v2.send_bulk_email, **arguments) == (*B, text)


def test_an_attachment_that_is_refused_in_simple_mail_is_refused_in_a_bulk(client):
    attachments = [{"RawContent": b"MZ", "FileName": "a.exe"}]
    template = {"TemplateName": "Welcome", "Attachments": attachments}
    arguments = bulk(entry("a@example.net"), template=template)
    assert refused(client.v2.send_bulk_email, **arguments)[:2] == B
    assert client.counts() == [0, 0, 1]
