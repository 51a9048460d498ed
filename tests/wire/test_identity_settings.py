"""The Put operations of identities through botocore, in both APIs."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from sqlalchemy import select

from pillarbox.store.tables import accounts, dkim_tokens
from tests.wire.calls import refused, with_body, without_metadata
from tests.wire.test_identities import set_status

DOMAIN, ADDRESS = "example.com", "me@example.com"
CLIENTS = ["v1", "v2"]


def encoded(key, form=serialization.PrivateFormat.TraditionalOpenSSL, kind="DER"):
    wrapped = key.private_bytes(
        getattr(serialization.Encoding, kind), form, serialization.NoEncryption()
    )
    return base64.b64encode(wrapped).decode()


KEY = rsa.generate_private_key(65537, 1024)
OWN = {"DomainSigningSelector": "own", "DomainSigningPrivateKey": encoded(KEY)}


@pytest.fixture(params=CLIENTS)
def client(request):
    """The account's client of either API, with a domain and an address."""
    found = request.getfixturevalue(request.param)
    found.create_email_identity(EmailIdentity=DOMAIN)
    found.create_email_identity(EmailIdentity=ADDRESS)
    return found


@pytest.fixture
def domain(v2):
    v2.create_email_identity(EmailIdentity=DOMAIN)
    return v2


def test_what_is_put_is_shown_and_what_is_left_out_is_off(client):
    for value in (False, True):
        client.put_email_identity_dkim_attributes(EmailIdentity=DOMAIN, SigningEnabled=value)
        client.put_email_identity_feedback_attributes(
            EmailIdentity=DOMAIN, EmailForwardingEnabled=value
        )
        shown = client.get_email_identity(EmailIdentity=DOMAIN)
        assert shown["DkimAttributes"]["SigningEnabled"] is value
        assert shown["FeedbackForwardingStatus"] is value
    client.put_email_identity_dkim_attributes(EmailIdentity=DOMAIN)
    client.put_email_identity_feedback_attributes(EmailIdentity=DOMAIN)
    shown = client.get_email_identity(EmailIdentity=DOMAIN)
    assert shown["DkimAttributes"]["SigningEnabled"] is False
    assert shown["FeedbackForwardingStatus"] is False


def test_a_mail_from_domain_is_shown_with_its_state_and_removed_with_its_behaviour(client):
    client.put_email_identity_mail_from_attributes(
        EmailIdentity=DOMAIN,
        MailFromDomain="Bounce.Example.com",
        BehaviorOnMxFailure="REJECT_MESSAGE",
    )
    shown = client.get_email_identity(EmailIdentity=DOMAIN)["MailFromAttributes"]
    assert shown == {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": "PENDING",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }
    client.put_email_identity_mail_from_attributes(EmailIdentity=DOMAIN, MailFromDomain="")
    shown = client.get_email_identity(EmailIdentity=DOMAIN).get("MailFromAttributes")
    v2 = "SESV2" in type(client).__name__.upper()
    assert shown == ({"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"} if v2 else None)


REFUSED = [
    (
        "put_email_identity_dkim_attributes",
        {"EmailIdentity": "other.example"},
        "Domain other.example is not verified for DKIM signing.",
    ),
    (
        "put_email_identity_dkim_attributes",
        {"EmailIdentity": "me@other.example"},
        "Domain other.example is not verified for DKIM signing.",
    ),
    (
        "put_email_identity_feedback_attributes",
        {"EmailIdentity": "other.example"},
        "Identity other.example is invalid. Must be a verified email address or domain.",
    ),
    (
        "put_email_identity_mail_from_attributes",
        {"EmailIdentity": "other.example", "MailFromDomain": "a.other.example"},
        "Identity <other.example> does not exist.",
    ),
    (
        "put_email_identity_mail_from_attributes",
        {"EmailIdentity": ADDRESS, "MailFromDomain": "bar.foo.com"},
        (
            "Provided MAIL-FROM domain 'bar.foo.com' is not subdomain of the domain of the "
            "identity 'me@example.com'"
        ),
    ),
    (
        "put_email_identity_mail_from_attributes",
        {"EmailIdentity": DOMAIN, "MailFromDomain": DOMAIN},
        (
            "Provided MAIL-FROM domain 'example.com' is not subdomain of the domain of the "
            "identity 'example.com'"
        ),
    ),
    (
        "put_email_identity_mail_from_attributes",
        {"EmailIdentity": DOMAIN, "MailFromDomain": "notexample.com"},
        (
            "Provided MAIL-FROM domain 'notexample.com' is not subdomain of the domain of the "
            "identity 'example.com'"
        ),
    ),
    (
        "put_email_identity_mail_from_attributes",
        {"EmailIdentity": DOMAIN, "MailFromDomain": "a b.example.com"},
        "Invalid domain name: 'a b.example.com'.",
    ),
    (
        "put_email_identity_mail_from_attributes",
        {"EmailIdentity": DOMAIN, "MailFromDomain": "a.example.com", "BehaviorOnMxFailure": "X"},
        (
            "1 validation error detected: Value at 'behaviorOnMxFailure' failed to satisfy "
            "constraint: Member must satisfy enum value set: [REJECT_MESSAGE, USE_DEFAULT_VALUE]"
        ),
    ),
]


@pytest.mark.parametrize(("call", "arguments", "text"), REFUSED)
def test_what_is_wrong_is_refused_and_changes_nothing(client, call, arguments, text):
    before = without_metadata(client.get_email_identity(EmailIdentity=DOMAIN))
    assert refused(getattr(client, call), **arguments) == ("BadRequestException", 400, text)
    assert without_metadata(client.get_email_identity(EmailIdentity=DOMAIN)) == before


def test_dkim_of_an_address_is_its_domains_and_left_as_it_is(client):
    client.put_email_identity_dkim_attributes(EmailIdentity=ADDRESS, SigningEnabled=False)
    client.put_email_identity_dkim_attributes(EmailIdentity="you@a.example.com")
    shown = client.get_email_identity(EmailIdentity=DOMAIN)
    assert shown["DkimAttributes"]["SigningEnabled"] is True


def test_the_default_set_is_put_and_removed(domain):
    domain.create_configuration_set(ConfigurationSetName="spring")
    put = domain.put_email_identity_configuration_set_attributes
    put(EmailIdentity=DOMAIN, ConfigurationSetName="spring")
    shown = domain.get_email_identity(EmailIdentity=DOMAIN)
    assert shown["ConfigurationSetName"] == "spring"
    put(EmailIdentity=DOMAIN)
    assert "ConfigurationSetName" not in domain.get_email_identity(EmailIdentity=DOMAIN)
    assert refused(put, EmailIdentity=DOMAIN, ConfigurationSetName="none") == (
        "NotFoundException",
        404,
        "Configuration set <none> does not exist.",
    )
    assert refused(put, EmailIdentity="b.example", ConfigurationSetName="spring") == (
        "NotFoundException",
        404,
        "Email identity b.example does not exist.",
    )


def test_a_key_of_ones_own_is_kept_sealed_and_told_by_its_selector(server, account, domain):
    answer = domain.put_email_identity_dkim_signing_attributes(
        EmailIdentity=DOMAIN, SigningAttributesOrigin="EXTERNAL", SigningAttributes=OWN
    )
    assert without_metadata(answer) == {"DkimStatus": "PENDING", "DkimTokens": ["own"]}
    shown = domain.get_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]
    assert shown == {
        "SigningEnabled": True,
        "Status": "PENDING",
        "Tokens": ["own"],
        "SigningAttributesOrigin": "EXTERNAL",
    }
    with server.store.transaction() as conn:
        query = select(dkim_tokens).where(
            dkim_tokens.c.account_id == account, dkim_tokens.c.origin == "EXTERNAL"
        )
        row = conn.execute(query).one()
    secret = base64.b64decode(OWN["DomainSigningPrivateKey"])
    assert secret not in row.private_key_sealed
    assert row.public_key.startswith("v=DKIM1; k=rsa; p=")


def test_two_accounts_may_bring_the_same_selector(server, domain):
    other = server.client("sesv2", server.new_account())
    for client, name in ((other, DOMAIN), (other, "b.example"), (domain, "c.example")):
        client.create_email_identity(EmailIdentity=name, DkimSigningAttributes=OWN)
        shown = client.get_email_identity(EmailIdentity=name)["DkimAttributes"]
        assert (shown["Tokens"], shown["Status"]) == (["own"], "PENDING")


def test_ours_come_back_with_the_tokens_that_were_there(domain):
    put = domain.put_email_identity_dkim_signing_attributes
    tokens = domain.get_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]["Tokens"]
    put(EmailIdentity=DOMAIN, SigningAttributesOrigin="EXTERNAL", SigningAttributes=OWN)
    answer = put(EmailIdentity=DOMAIN, SigningAttributesOrigin="AWS_SES")
    assert without_metadata(answer) == {
        "DkimStatus": "PENDING",
        "DkimTokens": tokens,
        "SigningHostedZone": "dkim.mail.test",
    }


def test_the_next_key_length_is_shown_beside_the_current_one(domain):
    domain.put_email_identity_dkim_signing_attributes(
        EmailIdentity=DOMAIN,
        SigningAttributesOrigin="AWS_SES",
        SigningAttributes={"NextSigningKeyLength": "RSA_1024_BIT"},
    )
    shown = domain.get_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]
    assert shown["NextSigningKeyLength"] == "RSA_1024_BIT"
    assert shown["CurrentSigningKeyLength"] == "RSA_2048_BIT"


def external(**attributes):
    return {
        "EmailIdentity": DOMAIN,
        "SigningAttributesOrigin": "EXTERNAL",
        "SigningAttributes": attributes,
    }


NO_KEY = "DomainSigningPrivateKey is not a private key in base64."
NOT_FIT = "DomainSigningPrivateKey must be an RSA key of 1024 to 2048 bits."
BOTH = "DomainSigningSelector and DomainSigningPrivateKey must be specified."
CURVE = encoded(ec.generate_private_key(ec.SECP256R1()), serialization.PrivateFormat.PKCS8)
LONG = encoded(rsa.generate_private_key(65537, 3072))
SIGNING_REFUSED = [
    (external(), BOTH),
    (external(DomainSigningSelector="own"), BOTH),
    (external(DomainSigningPrivateKey=OWN["DomainSigningPrivateKey"]), BOTH),
    (external(**OWN | {"DomainSigningPrivateKey": "AAAA"}), NO_KEY),
    (external(**OWN | {"DomainSigningPrivateKey": "AAAAA"}), NO_KEY),
    (external(**OWN | {"DomainSigningPrivateKey": OWN["DomainSigningPrivateKey"][:-8]}), NO_KEY),
    (external(**OWN | {"DomainSigningPrivateKey": CURVE}), NOT_FIT),
    (external(**OWN | {"DomainSigningPrivateKey": LONG}), NOT_FIT),
    (
        external(**OWN, NextSigningKeyLength="RSA_2048_BIT"),
        "NextSigningKeyLength can't be specified for a signing key of your own.",
    ),
    (
        external(**OWN) | {"SigningAttributesOrigin": "AWS_SES"},
        (
            "DomainSigningSelector and DomainSigningPrivateKey can only be specified for the "
            "origin EXTERNAL."
        ),
    ),
    (
        {"EmailIdentity": DOMAIN, "SigningAttributesOrigin": "AWS_SES_EU_WEST_1"},
        "DKIM keys of another region can't be used here.",
    ),
    (
        {"EmailIdentity": ADDRESS, "SigningAttributesOrigin": "AWS_SES"},
        "The EmailIdentity value must be a valid domain.",
    ),
    (
        external(**OWN | {"DomainSigningSelector": "a.b"}),
        (
            "1 validation error detected: Value at 'signingAttributes.domainSigningSelector' "
            "failed to satisfy constraint: Member must satisfy regular expression pattern: "
            r"^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9]))$"
        ),
    ),
]


@pytest.mark.parametrize(("arguments", "text"), SIGNING_REFUSED)
def test_a_signing_that_can_not_be_is_refused_and_changes_nothing(domain, arguments, text):
    domain.create_email_identity(EmailIdentity=ADDRESS)
    before = domain.get_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"]
    told = refused(domain.put_email_identity_dkim_signing_attributes, **arguments)
    assert told == ("BadRequestException", 400, text)
    assert domain.get_email_identity(EmailIdentity=DOMAIN)["DkimAttributes"] == before


@pytest.mark.parametrize(
    "key",
    [
        encoded(KEY),
        encoded(KEY, serialization.PrivateFormat.PKCS8),
        encoded(KEY, kind="PEM"),
    ],
    ids=["pkcs1", "pkcs8", "pem"],
)
def test_a_key_may_come_in_the_forms_that_tools_write(v2, key):
    own = OWN | {"DomainSigningPrivateKey": key}
    created = v2.create_email_identity(EmailIdentity=DOMAIN, DkimSigningAttributes=own)
    assert created["DkimAttributes"]["Tokens"] == ["own"]
    assert created["DkimAttributes"]["SigningAttributesOrigin"] == "EXTERNAL"


def test_signing_of_an_unknown_identity_is_not_found(v2):
    assert refused(
        v2.put_email_identity_dkim_signing_attributes,
        EmailIdentity="b.example",
        SigningAttributesOrigin="AWS_SES",
    ) == ("NotFoundException", 404, "Email identity b.example does not exist.")


@pytest.mark.parametrize("path", ["dkim/signing", "configuration-set"])
def test_v1_has_no_operation_that_only_v2_has(v1, path):
    v1.create_email_identity(EmailIdentity=DOMAIN)
    with with_body(v1, {}, method="PUT"):
        v1.put_email_identity_dkim_attributes(EmailIdentity=DOMAIN)  # the frame itself works
    v1.meta.events.register("before-call", lambda params, **_: _move(params, path))
    assert refused(v1.put_email_identity_dkim_attributes, EmailIdentity=DOMAIN)[0] == (
        "InvalidAction"
    )


def _move(params, path):
    params["url"] = params["url"].replace("/dkim", f"/{path}")


def test_each_put_is_news_to_those_who_remember(server, account, domain):
    domain.create_configuration_set(ConfigurationSetName="spring")

    def generation():
        with server.store.transaction() as conn:
            query = select(accounts.c.generation).where(accounts.c.id == account)
            return conn.execute(query).scalar_one()

    calls = [
        (domain.put_email_identity_dkim_attributes, {}),
        (domain.put_email_identity_feedback_attributes, {}),
        (domain.put_email_identity_mail_from_attributes, {"MailFromDomain": "a.example.com"}),
        (
            domain.put_email_identity_configuration_set_attributes,
            {"ConfigurationSetName": "spring"},
        ),
        (
            domain.put_email_identity_dkim_signing_attributes,
            {"SigningAttributesOrigin": "EXTERNAL", "SigningAttributes": OWN},
        ),
    ]
    seen = [generation()]
    for call, arguments in calls:
        call(EmailIdentity=DOMAIN, **arguments)
        seen.append(generation())
    assert seen == sorted(set(seen))


def test_in_capture_mode_mail_from_and_dkim_count_as_found(capture_server):
    client = capture_server.client("sesv2", capture_server.new_account())
    client.create_email_identity(EmailIdentity=DOMAIN)
    client.put_email_identity_mail_from_attributes(
        EmailIdentity=DOMAIN, MailFromDomain="a.example.com"
    )
    client.put_email_identity_dkim_signing_attributes(**external(**OWN))
    shown = client.get_email_identity(EmailIdentity=DOMAIN)
    assert shown["MailFromAttributes"]["MailFromDomainStatus"] == "SUCCESS"
    assert shown["DkimAttributes"]["Status"] == "SUCCESS"


def test_what_the_last_check_found_is_shown(server, account, domain):
    set_status(
        server,
        account,
        DOMAIN,
        "FAILED",
        checked_at=1_700_000_000_123,
        check_error="HOST_NOT_FOUND",
        soa="ns.example.com. admin.example.com. 7",
    )
    info = domain.get_email_identity(EmailIdentity=DOMAIN)["VerificationInfo"]
    assert info.pop("LastCheckedTimestamp").timestamp() == 1_700_000_000.123
    assert info == {
        "ErrorType": "HOST_NOT_FOUND",
        "SOARecord": {
            "PrimaryNameServer": "ns.example.com.",
            "AdminEmail": "admin.example.com.",
            "SerialNumber": 7,
        },
    }
