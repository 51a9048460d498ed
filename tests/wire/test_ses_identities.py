"""SES v1 identities through botocore, beside SES v2 over the same rows."""

import base64

import pytest
from sqlalchemy import select, update

from pillarbox.store.tables import identities, messages
from tests.wire.calls import refused, without_metadata

TOPIC = "arn:aws:sns:us-east-1:123456789012:bounces"
V = "InvalidParameterValue"
NO_SUBDOMAIN = (
    "Provided MAIL-FROM domain 'mail.example.net' is not subdomain of the domain of the identity "
    "'example.com'"
)
NO_BEHAVIOR = (
    "1 validation error detected: Value at 'behaviorOnMXFailure' failed to satisfy constraint: "
    "Member must satisfy enum value set: [RejectMessage, UseDefaultValue]"
)


def attributes(ses, kind, *names):
    """What GetIdentity…Attributes says of these identities."""
    answer = without_metadata(
        getattr(ses, f"get_identity_{kind}_attributes")(Identities=list(names))
    )
    (found,) = answer.values()
    return found


def verify(server, account, *names, **columns):
    """Have checks found what they look for."""
    with server.store.transaction() as conn:
        conn.execute(
            update(identities)
            .where(identities.c.account_id == account, identities.c.name.in_(names))
            .values(**{"status": "SUCCESS"} | columns)
        )


def mails(server, account):
    """Who was asked by mail whether it wants to be verified."""
    with server.store.transaction() as conn:
        rows = conn.execute(select(messages.c.mail).where(messages.c.account_id.contains(account)))
        return [row.mail for row in rows]


@pytest.mark.parametrize("call", ["verify_email_identity", "verify_email_address"])
def test_an_address_is_asked_by_mail_and_again(server, account, ses, call):
    assert without_metadata(getattr(ses, call)(EmailAddress="Me@example.com")) == {}
    (mail,) = mails(server, account)
    assert "Me@example.com" in mail
    assert attributes(ses, "verification", "Me@example.com", "none@example.com") == {
        "Me@example.com": {"VerificationStatus": "Pending"}
    }
    getattr(ses, call)(EmailAddress="Me@example.com")
    assert len(mails(server, account)) == 2
    assert ses.list_verified_email_addresses()["VerifiedEmailAddresses"] == []
    verify(server, account, "Me@example.com")
    getattr(ses, call)(EmailAddress="Me@example.com")
    assert len(mails(server, account)) == 2, "a verified address is not asked again"
    assert ses.list_verified_email_addresses()["VerifiedEmailAddresses"] == ["Me@example.com"]


@pytest.mark.parametrize("address", ["", "STUB", "a@", "a b@example.com", "a@b"])
def test_what_is_no_address_is_refused(server, account, ses, address):
    for call in (ses.verify_email_identity, ses.verify_email_address):
        answer = refused(call, EmailAddress=address)
        assert answer == (V, 400, f"Invalid email address<{address}>.")
    assert mails(server, account) == []
    assert ses.list_identities()["Identities"] == []


def test_a_domain_has_one_txt_token_and_three_dkim_tokens(ses, v2):
    token = ses.verify_domain_identity(Domain="Example.com")["VerificationToken"]
    assert len(base64.b64decode(token)) == 32
    assert ses.verify_domain_identity(Domain="example.com")["VerificationToken"] == token
    assert attributes(ses, "verification", "example.com") == {
        "example.com": {"VerificationStatus": "Pending", "VerificationToken": token}
    }
    (before,) = attributes(ses, "dkim", "example.com").values()
    assert (before["DkimEnabled"], before["DkimVerificationStatus"]) == (False, "NotStarted")
    tokens = ses.verify_domain_dkim(Domain="example.com")["DkimTokens"]
    assert len(set(tokens)) == 3
    assert ses.verify_domain_dkim(Domain="example.com")["DkimTokens"] == tokens
    assert attributes(ses, "dkim", "example.com") == {
        "example.com": {
            "DkimEnabled": True,
            "DkimVerificationStatus": "Pending",
            "DkimTokens": tokens,
        }
    }
    shown = v2.get_email_identity(EmailIdentity="example.com")
    assert shown["DkimAttributes"]["Tokens"] == tokens


def test_an_address_has_no_dkim_of_its_own(ses, v2):
    v2.create_email_identity(EmailIdentity="example.com")
    ses.verify_email_identity(EmailAddress="a@example.com")
    assert attributes(ses, "dkim", "a@example.com") == {
        "a@example.com": {
            "DkimEnabled": False,
            "DkimVerificationStatus": "NotStarted",
            "DkimTokens": [],
        }
    }


def test_a_domain_may_begin_with_dkim(ses):
    assert len(ses.verify_domain_dkim(Domain="example.com")["DkimTokens"]) == 3
    assert ses.list_identities(IdentityType="Domain")["Identities"] == ["example.com"]


@pytest.mark.parametrize("domain", ["", "x", "a@example.com", "a b.example"])
@pytest.mark.parametrize("call", ["verify_domain_identity", "verify_domain_dkim"])
def test_what_is_no_domain_is_refused(ses, call, domain):
    answer = refused(getattr(ses, call), Domain=domain)
    assert answer == (V, 400, f"Invalid domain name: '{domain}'.")


def test_identities_are_listed_in_pages_and_by_type(server, account, ses, v2):
    addresses = [f"a{number}@example.com" for number in range(3)]
    domains = [f"d{number}.example" for number in range(3)]
    for name in (*addresses, *domains):
        v2.create_email_identity(EmailIdentity=name)
    assert ses.list_identities()["Identities"] == [*addresses, *domains]
    assert ses.list_identities(IdentityType="Domain")["Identities"] == domains
    first = ses.list_identities(MaxItems=2, IdentityType="EmailAddress")
    assert first["Identities"] == addresses[:2]
    rest = ses.list_identities(NextToken=first["NextToken"], IdentityType="EmailAddress")
    assert (rest["Identities"], "NextToken" in rest) == (addresses[2:], False)
    verify(server, account, *addresses, *domains)
    assert ses.list_verified_email_addresses()["VerifiedEmailAddresses"] == addresses


@pytest.mark.parametrize("size", [0, 1001, -1])
def test_a_page_has_one_to_1000(ses, size):
    text = f"Value {size} for parameter MaxItems is invalid. MaxItems must be between 1 and 1000."
    assert refused(ses.list_identities, MaxItems=size) == (V, 400, text)
    assert refused(ses.list_identities, NextToken="x") == (V, 400, "Invalid NextToken <x>.")


def test_identities_are_forgotten_and_forgetting_nothing_is_no_error(ses, v2):
    for name in ("a@example.com", "b@example.com", "example.com"):
        v2.create_email_identity(EmailIdentity=name)
    for _ in range(2):
        ses.delete_identity(Identity="a@example.com")
        ses.delete_identity(Identity="example.com")
        answer = without_metadata(ses.delete_verified_email_address(EmailAddress="b@example.com"))
        assert answer == {}
    assert ses.list_identities()["Identities"] == []


def test_signing_is_switched(ses):
    ses.verify_domain_dkim(Domain="example.com")
    ses.set_identity_dkim_enabled(Identity="example.com", DkimEnabled=False)
    assert attributes(ses, "dkim", "example.com")["example.com"]["DkimEnabled"] is False
    ses.set_identity_dkim_enabled(Identity="example.com", DkimEnabled=True)
    assert attributes(ses, "dkim", "example.com")["example.com"]["DkimEnabled"] is True
    answer = refused(ses.set_identity_dkim_enabled, Identity="none.example", DkimEnabled=True)
    assert answer == (V, 400, "Domain none.example is not verified for DKIM signing.")


def test_a_mail_from_domain_is_set_shown_and_taken_away(server, account, ses, v2):
    v2.create_email_identity(EmailIdentity="example.com")
    assert attributes(ses, "mail_from_domain", "example.com") == {}
    ses.set_identity_mail_from_domain(
        Identity="example.com",
        MailFromDomain="mail.example.com",
        BehaviorOnMXFailure="RejectMessage",
    )
    expected = {
        "MailFromDomain": "mail.example.com",
        "MailFromDomainStatus": "Pending",
        "BehaviorOnMXFailure": "RejectMessage",
    }
    assert attributes(ses, "mail_from_domain", "example.com") == {"example.com": expected}
    verify(server, account, "example.com", mail_from_status="TEMPORARY_FAILURE")
    (shown,) = attributes(ses, "mail_from_domain", "example.com").values()
    assert shown["MailFromDomainStatus"] == "TemporaryFailure"
    ses.set_identity_mail_from_domain(Identity="example.com")
    assert attributes(ses, "mail_from_domain", "example.com") == {}


@pytest.mark.parametrize(
    ("identity", "domain", "behavior", "code", "text"),
    [
        ("none.example", "mail.none.example", "RejectMessage", V,
         "Identity <none.example> does not exist."),
        ("example.com", "mail.example.net", "RejectMessage", V,
         NO_SUBDOMAIN),
        ("example.com", "mail.example.com", "REJECT", "ValidationError",
         NO_BEHAVIOR),
    ],
)  # fmt: skip
def test_a_mail_from_domain_that_is_wrong_is_refused(
    ses, v2, identity, domain, behavior, code, text
):
    v2.create_email_identity(EmailIdentity="example.com")
    answer = refused(
        ses.set_identity_mail_from_domain,
        Identity=identity,
        MailFromDomain=domain,
        BehaviorOnMXFailure=behavior,
    )
    assert answer == (code, 400, text)


def test_notifications_are_set_shown_and_taken_away(ses, v2):
    v2.create_email_identity(EmailIdentity="example.com")
    nothing = {
        "BounceTopic": "",
        "ComplaintTopic": "",
        "DeliveryTopic": "",
        "ForwardingEnabled": True,
        "HeadersInBounceNotificationsEnabled": False,
        "HeadersInComplaintNotificationsEnabled": False,
        "HeadersInDeliveryNotificationsEnabled": False,
    }
    assert attributes(ses, "notification", "example.com", "x.example") == {"example.com": nothing}
    own = {"Identity": "example.com"}
    ses.set_identity_notification_topic(**own, NotificationType="Bounce", SnsTopic=TOPIC)
    ses.set_identity_headers_in_notifications_enabled(
        **own, NotificationType="Delivery", Enabled=True
    )
    ses.set_identity_feedback_forwarding_enabled(**own, ForwardingEnabled=False)
    changed = {
        "BounceTopic": TOPIC,
        "ForwardingEnabled": False,
        "HeadersInDeliveryNotificationsEnabled": True,
    }
    assert attributes(ses, "notification", "example.com") == {"example.com": nothing | changed}
    ses.set_identity_notification_topic(**own, NotificationType="Bounce")
    assert attributes(ses, "notification", "example.com")["example.com"]["BounceTopic"] == ""


def test_notifications_of_an_unknown_identity_are_refused(ses):
    text = "Identity none.example is invalid. {}ust be a verified email address or domain."
    own = {"Identity": "none.example"}
    answer = refused(ses.set_identity_feedback_forwarding_enabled, **own, ForwardingEnabled=True)
    assert answer == (V, 400, text.format("M"))
    answer = refused(
        ses.set_identity_headers_in_notifications_enabled,
        **own,
        NotificationType="Bounce",
        Enabled=True,
    )
    assert answer == (V, 400, text.format("It m"))
