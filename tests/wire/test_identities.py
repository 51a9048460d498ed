"""Identities through botocore, in both APIs."""

import pytest
from sqlalchemy import func, select, update

from pillarbox.store.tables import accounts, dkim_tokens, identities, messages
from tests.wire.calls import refused, with_body, without_metadata

TAGS = [{"Key": "team", "Value": "news"}]


def set_status(server, account, name, status, **more):
    with server.store.transaction() as conn:
        conn.execute(
            update(identities)
            .where(identities.c.account_id == account, identities.c.name == name)
            .values(status=status, dkim_status=status, checks=7, **more)
        )


def test_v1_creates_a_domain_and_shows_it(v1):
    created = without_metadata(v1.create_email_identity(EmailIdentity="Example.COM", Tags=TAGS))
    tokens = created["DkimAttributes"]["Tokens"]
    assert created == {
        "IdentityType": "DOMAIN",
        "VerifiedForSendingStatus": False,
        "DkimAttributes": {"SigningEnabled": True, "Status": "NOT_STARTED", "Tokens": tokens},
    }
    assert len(tokens) == 3
    assert without_metadata(v1.get_email_identity(EmailIdentity="example.com")) == {
        "IdentityType": "DOMAIN",
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": False,
        "DkimAttributes": {"SigningEnabled": True, "Status": "PENDING", "Tokens": tokens},
        "Tags": TAGS,
    }


def test_v2_shows_what_only_v2_knows(v2):
    v2.create_configuration_set(ConfigurationSetName="default")
    v2.create_email_identity(EmailIdentity="example.com", ConfigurationSetName="default")
    answer = without_metadata(v2.get_email_identity(EmailIdentity="example.com"))
    dkim = answer.pop("DkimAttributes")
    assert len(dkim.pop("Tokens")) == 3
    assert dkim.pop("LastKeyGenerationTimestamp").year >= 2026
    assert dkim == {
        "SigningEnabled": True,
        "Status": "PENDING",
        "SigningHostedZone": "dkim.mail.test",
        "SigningAttributesOrigin": "AWS_SES",
        "NextSigningKeyLength": "RSA_2048_BIT",
        "CurrentSigningKeyLength": "RSA_2048_BIT",
    }
    assert answer == {
        "IdentityType": "DOMAIN",
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": False,
        "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
        "Policies": {},
        "Tags": [],
        "ConfigurationSetName": "default",
        "VerificationStatus": "PENDING",
    }


def test_an_address_has_no_tokens_and_keeps_its_case(v1):
    created = v1.create_email_identity(EmailIdentity="Ann+x@Example.com")
    assert created["IdentityType"] == "EMAIL_ADDRESS"
    assert "Tokens" not in created["DkimAttributes"]
    (listed,) = v1.list_email_identities()["EmailIdentities"]
    assert listed["IdentityName"] == "Ann+x@Example.com"


def test_an_international_domain_is_kept_as_a_labels(v2):
    v2.create_email_identity(EmailIdentity="Bücher.example")
    assert v2.list_email_identities()["EmailIdentities"][0]["IdentityName"] == (
        "xn--bcher-kva.example"
    )
    assert v2.get_email_identity(EmailIdentity="bücher.example")["IdentityType"] == "DOMAIN"


def test_a_path_may_carry_any_identity(v2):
    v2.create_email_identity(EmailIdentity="a+b/c@example.com")
    assert v2.get_email_identity(EmailIdentity="a+b/c@example.com")["Tags"] == []
    v2.delete_email_identity(EmailIdentity="a+b/c@example.com")


def test_v2_refuses_to_create_again(v2):
    v2.create_email_identity(EmailIdentity="example.com")
    assert refused(v2.create_email_identity, EmailIdentity="Example.com") == (
        "AlreadyExistsException",
        400,
        "Email identity Example.com already exist.",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [("FAILED", "PENDING"), ("SUCCESS", "SUCCESS"), ("TEMPORARY_FAILURE", "TEMPORARY_FAILURE")],
)
def test_v1_creates_again_and_restarts_only_a_failed_check(server, account, v1, before, after):
    tokens = v1.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]
    set_status(server, account, "example.com", before)
    again = v1.create_email_identity(EmailIdentity="example.com")
    assert again["DkimAttributes"]["Status"] == after
    assert again["DkimAttributes"]["Tokens"] == tokens


def test_a_verified_identity_says_so(server, account, v2):
    v2.create_email_identity(EmailIdentity="example.com")
    set_status(server, account, "example.com", "SUCCESS")
    answer = v2.get_email_identity(EmailIdentity="example.com")
    assert answer["VerifiedForSendingStatus"] is True
    assert answer["VerificationStatus"] == answer["DkimAttributes"]["Status"] == "SUCCESS"


def test_in_capture_mode_everything_counts_as_verified_and_nothing_is_stored(capture_server):
    account = capture_server.new_account()
    client = capture_server.client("sesv2", account)
    assert client.create_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"]
    assert client.get_email_identity(EmailIdentity="example.com")["VerificationStatus"] == "SUCCESS"
    failing = client.list_email_identities(Filter={"VERIFICATION_STATUS": "FAILED"})
    assert failing["EmailIdentities"] == []
    with capture_server.store.transaction() as conn:
        query = select(identities.c.status).where(identities.c.account_id == account)
        assert conn.execute(query).scalar_one() == "PENDING"


def test_a_deleted_identity_is_gone_and_its_keys_are_retired(server, account, v1):
    v1.create_email_identity(EmailIdentity="example.com")
    v1.delete_email_identity(EmailIdentity="example.com")
    gone = ("NotFoundException", 404, "Email identity example.com does not exist.")
    assert refused(v1.get_email_identity, EmailIdentity="example.com") == gone
    assert refused(v1.delete_email_identity, EmailIdentity="example.com") == gone
    with server.store.transaction() as conn:
        query = select(dkim_tokens.c.retired_at).where(dkim_tokens.c.account_id == account)
        assert None not in conn.execute(query).scalars().all()
    assert v1.create_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"]


def test_accounts_do_not_see_each_other(server, v1):
    v1.create_email_identity(EmailIdentity="example.com")
    other = server.client("pinpoint-email", server.new_account())
    assert other.list_email_identities()["EmailIdentities"] == []
    assert refused(other.get_email_identity, EmailIdentity="example.com")[0] == "NotFoundException"


def test_each_change_bumps_the_generation(server, account, v1):
    def generation():
        with server.store.transaction() as conn:
            query = select(accounts.c.generation).where(accounts.c.id == account)
            return conn.execute(query).scalar_one()

    before = generation()
    v1.create_email_identity(EmailIdentity="example.com")
    created = generation()
    v1.delete_email_identity(EmailIdentity="example.com")
    assert before < created < generation()


BAD_NAMES = [
    ("", ("1 validation error detected: Value at 'emailIdentity' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1")),
    ("localhost", "Invalid domain name: 'localhost'."),
    ("example.com.", "Invalid domain name: 'example.com.'."),
    ("-a.example", "Invalid domain name: '-a.example'."),
    ("a..example", "Invalid domain name: 'a..example'."),
    ("ex ample.com", "Invalid domain name: 'ex ample.com'."),
    ("192.0.2.1", "Invalid domain name: '192.0.2.1'."),
    ("example.com\r\nX: y", "Invalid domain name: 'example.com\r\nX: y'."),
    (f"{'a' * 64}.example", f"Invalid domain name: '{'a' * 64}.example'."),
    ("@example.com", "Invalid email address<@example.com>."),
    ("a@", "Invalid email address<a@>."),
    ("a@b@example.com", "Invalid email address<a@b@example.com>."),
    ("Ann <a@example.com>", "Invalid email address<Ann <a@example.com>>."),
    ("a b@example.com", "Invalid email address<a b@example.com>."),
    ("ü@example.com", "Invalid email address<ü@example.com>."),
    (f"{'a' * 65}@example.com", f"Invalid email address<{'a' * 65}@example.com>."),
]  # fmt: skip


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize(("name", "text"), BAD_NAMES)
def test_what_is_no_name_is_refused(request, api, name, text):
    client = request.getfixturevalue(api)
    assert refused(client.create_email_identity, EmailIdentity=name) == (
        "BadRequestException",
        400,
        text,
    )
    assert client.list_email_identities()["EmailIdentities"] == []


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"EmailIdentity": "a@example.com", "DkimSigningAttributes": {}},
            "The EmailIdentity value must be a valid domain.",
        ),
        (
            {"EmailIdentity": "a.example", "DkimSigningAttributes": {"DomainSigningSelector": "s"}},
            "DomainSigningSelector and DomainSigningPrivateKey must be specified.",
        ),
        (
            {"EmailIdentity": "a.example", "Tags": [{"Key": "aws:x", "Value": ""}]},
            "Invalid tag key <aws:x>: the prefix aws: is reserved.",
        ),
        (
            {
                "EmailIdentity": "a.example",
                "DkimSigningAttributes": {"NextSigningKeyLength": "RSA_512_BIT"},
            },
            (
                "1 validation error detected: Value at "
                "'dkimSigningAttributes.nextSigningKeyLength' failed to satisfy constraint: "
                "Member must satisfy enum value set: [RSA_1024_BIT, RSA_2048_BIT]"
            ),
        ),
    ],
)
def test_v2_refuses_and_stores_nothing(v2, arguments, expected):
    assert refused(v2.create_email_identity, **arguments)[2] == expected
    assert v2.list_email_identities()["EmailIdentities"] == []


def test_v2_default_set_must_exist(v2):
    assert refused(
        v2.create_email_identity, EmailIdentity="a.example", ConfigurationSetName="none"
    ) == ("NotFoundException", 404, "Configuration set <none> does not exist.")


def test_v1_ignores_members_that_only_v2_has(v1):
    body = {"EmailIdentity": "a.example", "ConfigurationSetName": "none", "Unheard": {"of": 1}}
    with with_body(v1, body):
        assert v1.create_email_identity(EmailIdentity="-")["IdentityType"] == "DOMAIN"


NUMBERED = [f"d{number}.example" for number in range(5)]


@pytest.fixture
def five(v2):
    for name in reversed(NUMBERED):
        v2.create_email_identity(EmailIdentity=name)


def names(answer):
    return [one["IdentityName"] for one in answer["EmailIdentities"]]


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_pages_are_sorted_and_whole(request, five, api):
    client = request.getfixturevalue(api)
    first = client.list_email_identities(PageSize=2)
    second = client.list_email_identities(PageSize=2, NextToken=first["NextToken"])
    third = client.list_email_identities(PageSize=2, NextToken=second["NextToken"])
    assert names(first) + names(second) + names(third) == NUMBERED
    assert "NextToken" not in third


def test_a_page_stays_whole_while_rows_come_and_go(v2, five):
    first = v2.list_email_identities(PageSize=2)
    v2.delete_email_identity(EmailIdentity=NUMBERED[1])
    v2.create_email_identity(EmailIdentity="a.example")
    assert names(v2.list_email_identities(NextToken=first["NextToken"])) == NUMBERED[2:]


def test_tokens_are_interchangeable_between_the_apis(v1, v2, five):
    token = v1.list_email_identities(PageSize=3)["NextToken"]
    assert names(v2.list_email_identities(NextToken=token)) == NUMBERED[3:]


@pytest.mark.parametrize(("api", "least"), [("v1", 0), ("v2", 1)])
@pytest.mark.parametrize("size", [-1, 1001])
def test_page_sizes_out_of_range_are_refused(request, api, least, size):
    assert refused(request.getfixturevalue(api).list_email_identities, PageSize=size) == (
        "BadRequestException",
        400,
        (
            f"Value {size} for parameter PageSize is invalid. PageSize must be between {least} and "
            "1000."
        ),
    )


def test_page_size_0_is_the_default_in_v1_and_refused_in_v2(v1, v2, five):
    assert names(v1.list_email_identities(PageSize=0)) == NUMBERED
    assert refused(v2.list_email_identities, PageSize=0)[0] == "BadRequestException"


def test_a_foreign_token_is_refused(server, v1, v2, five):
    v2.create_configuration_set(ConfigurationSetName="a")
    v2.create_configuration_set(ConfigurationSetName="b")
    of_sets = v2.list_configuration_sets(PageSize=1)["NextToken"]
    other = server.client("sesv2", server.new_account())
    own = v2.list_email_identities(PageSize=1)["NextToken"]
    for client, token in ((v2, of_sets), (other, own), (v1, "x"), (v1, f"{own}A"), (v1, "\u00fc")):
        assert refused(client.list_email_identities, NextToken=token) == (
            "BadRequestException",
            400,
            f"Invalid NextToken <{token}>.",
        )


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"IDENTITY_NAME_CONTAINS": "EXAMP"}, ["a@b.example", *NUMBERED]),
        ({"IDENTITY_NAME_CONTAINS": "%.e"}, []),
        ({"IDENTITY_TYPE": "EMAIL_ADDRESS"}, ["a@b.example"]),
        ({"VERIFICATION_STATUS": "SUCCESS"}, []),
        ({"VERIFICATION_STATUS": "PENDING", "IDENTITY_TYPE": "DOMAIN"}, NUMBERED),
    ],
)
def test_v2_lists_what_is_asked_for(v2, five, wanted, expected):
    v2.create_email_identity(EmailIdentity="a@b.example")
    assert names(v2.list_email_identities(Filter=wanted)) == expected


@pytest.mark.parametrize("part", ["ab", "a" * 65])
def test_a_filter_has_its_lengths(v2, part):
    assert refused(v2.list_email_identities, Filter={"IDENTITY_NAME_CONTAINS": part})[2] == (
        "IDENTITY_NAME_CONTAINS must be between 3 and 64 characters"
    )


def test_v1_list_reads_a_body_when_there_is_no_query(v1, five):
    with with_body(v1, {"PageSize": 2}):
        assert names(v1.list_email_identities()) == NUMBERED[:2]


def test_older_sdks_list_v2_with_get(v2, five):
    with with_body(v2, None, method="GET", path="/v2/email/identities", query="PageSize=2"):
        assert names(v2.list_email_identities()) == NUMBERED[:2]


def mails(server, account):
    """How many mails of the system are queued for an account."""
    with server.store.transaction() as conn:
        query = select(func.count()).where(messages.c.account_id == f"system-{account}")
        return conn.execute(query).scalar_one()


def test_v1_sends_the_mail_of_an_address_again_and_v2_refuses(server, account, v1, v2):
    v1.create_email_identity(EmailIdentity="me@example.com")
    assert mails(server, account) == 1
    again = v1.create_email_identity(EmailIdentity="me@example.com")
    assert (again["VerifiedForSendingStatus"], mails(server, account)) == (False, 2)
    assert refused(v2.create_email_identity, EmailIdentity="me@example.com")[0] == (
        "AlreadyExistsException"
    )
    set_status(server, account, "me@example.com", "SUCCESS")
    again = v1.create_email_identity(EmailIdentity="me@example.com")
    assert (again["VerifiedForSendingStatus"], mails(server, account)) == (True, 2)


def test_a_domain_gets_no_mail(server, account, v2):
    v2.create_email_identity(EmailIdentity="example.com")
    assert mails(server, account) == 0
