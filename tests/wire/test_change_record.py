"""Changes by the API are in the audit log, each with who, what and of what; nothing else is."""

import itertools
import json
from urllib.parse import urlencode

import msgspec
import pytest

from pillarbox.app.audit import new_recorder
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.manage.people.audit import list_audit
from pillarbox.store.store import Store
from pillarbox.wire.http.change_record import MAX_SUBJECT, is_change, subject_of
from pillarbox.wire.pinpoint.operations import operations as v1_operations
from pillarbox.wire.ses.operations import actions as query_actions
from pillarbox.wire.ses.protocol import QueryProtocol
from pillarbox.wire.sesv2.operations import operations as v2_operations
from tests.store.rows import ACCOUNT, add_account
from tests.unit.signing import KEY_ID, NOW
from tests.wire.api import Api
from tests.wire.server import WireServer

SETS = "/v2/email/configuration-sets"


class Audited:
    """The real operations over a store, with a recorder; `log`: what the audit log says."""

    def __init__(self, store, record=None):
        self.store = store
        services = WireServer(store, everything_verified=True).services()
        self.api = Api(
            served=[*v1_operations(services), *v2_operations(services)],
            query=QueryProtocol(query_actions(services)),
            record=record or new_recorder(store, itertools.count(NOW).__next__),
        )

    async def call(self, method, path, body=None):
        return await self.api(method, path, json.dumps(body).encode() if body is not None else b"")

    async def query(self, **parameters):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return await self.api("POST", "/", urlencode(parameters).encode(), headers=headers)

    @property
    def log(self):
        with self.store.engine.begin() as conn:
            found = list_audit(conn, account_id=ACCOUNT, limit=50)
        return [(one.actor, one.via, one.action, one.subject, one.source_ip) for one in found]


@pytest.fixture
async def store(migrated_url):
    store = Store(migrated_url)
    store.start()
    with store.transaction() as conn:
        add_account(conn)
    yield store
    store.close()


@pytest.fixture
def audited(store):
    return Audited(store)


def entry(action, subject):
    return (KEY_ID, "api", action, subject, "127.0.0.9")


async def test_a_change_is_noted_with_its_key_operation_and_resource(audited):
    assert (await audited.call("POST", SETS, {"ConfigurationSetName": "spring"})).status == 200
    assert audited.log == [entry("CreateConfigurationSet", "spring")]


async def test_what_lies_inside_of_a_resource_is_named_with_it(audited):
    await audited.call("POST", SETS, {"ConfigurationSetName": "spring"})
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND"],
        "SnsDestination": {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t"},
    }
    body = {"EventDestinationName": "hook", "EventDestination": destination}
    answer = await audited.call("POST", f"{SETS}/spring/event-destinations", body)
    assert answer.status == 200
    assert (await audited.call("DELETE", f"{SETS}/spring/event-destinations/hook")).status == 200
    assert audited.log[:2] == [
        entry("DeleteConfigurationSetEventDestination", "spring/hook"),
        entry("CreateConfigurationSetEventDestination", "spring/hook"),
    ]


async def test_the_three_apis_note_alike(audited):
    await audited.call("POST", "/v1/email/configuration-sets", {"ConfigurationSetName": "one"})
    await audited.query(
        Action="CreateConfigurationSet",
        Version="2010-12-01",
        **{"ConfigurationSet.Name": "two"},
    )
    await audited.call("DELETE", f"{SETS}/one")
    assert audited.log == [
        entry("DeleteConfigurationSet", "one"),
        entry("CreateConfigurationSet", "two"),
        entry("CreateConfigurationSet", "one"),
    ]


async def test_reading_sending_and_what_was_refused_are_not_noted(audited):
    assert (await audited.call("GET", SETS)).status == 200
    mail = {
        "FromEmailAddress": "a@example.com",
        "Destination": {"ToAddresses": ["b@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
    }
    assert (await audited.call("POST", "/v2/email/outbound-emails", mail)).status == 200
    assert (await audited.call("DELETE", f"{SETS}/none")).status == 404
    assert audited.log == []


async def test_a_change_of_the_account_itself_names_nothing(audited):
    answer = await audited.call("PUT", "/v2/email/account/sending", {"SendingEnabled": False})
    assert answer.status == 200
    assert audited.log == [entry("PutAccountSendingAttributes", "")]


async def test_a_change_stands_when_it_can_not_be_noted(store):
    async def fail(_change):
        raise ServiceUnavailable

    audited = Audited(store, fail)
    assert (await audited.call("POST", SETS, {"ConfigurationSetName": "spring"})).status == 200
    assert (await audited.call("GET", f"{SETS}/spring")).status == 200


READS = ("Get", "List", "Describe", "BatchGet", "TestRender")


def test_every_operation_is_either_a_reading_one_sends_or_is_noted(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'x'}")
    services = WireServer(store).services()
    served = [*v1_operations(services), *v2_operations(services), *query_actions(services)]
    store.close()
    noted = {one.name for one in served if is_change(one.name)}
    rest = {one.name for one in served} - noted
    assert [name for name in rest if not name.startswith(("Send", *READS))] == []
    # What a method of HTTP says: nothing that only reads is noted.
    assert not [
        one.name for one in served if getattr(one, "method", "") == "GET" and one.name in noted
    ]


class Request(msgspec.Struct, rename="pascal"):
    email_identity: str
    signing_private_key: str = "secret"


def test_a_subject_is_bounded_and_holds_what_names_things_alone():
    assert subject_of(Request(email_identity="a.example"), {}) == "a.example"
    assert subject_of(Request(email_identity="a" * 999), {}) == "a" * MAX_SUBJECT
    assert subject_of(None, {"IP": "192.0.2.1"}) == "192.0.2.1"
