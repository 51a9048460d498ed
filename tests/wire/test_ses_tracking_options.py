"""SES v1 tracking options through botocore: the checks in the real service's order (facts §2.3)."""

import pytest
from sqlalchemy import update

from pillarbox.store.tables import identities
from tests.wire.calls import refused, without_metadata

NEWS = {"ConfigurationSetName": "news"}
OPTIONS = {"TrackingOptions": {"CustomRedirectDomain": "click.example.com"}}
MISSING = "Configuration set <none> does not exist."
NULL = (
    "1 validation error detected: Value at 'trackingOptions' failed to satisfy constraint: "
    "Member must not be null"
)


@pytest.fixture
def named(server, account, ses, v2):
    """A set called `news`, and a verified domain."""
    ses.create_configuration_set(ConfigurationSet={"Name": "news"})
    v2.create_email_identity(EmailIdentity="example.com")
    with server.store.transaction() as conn:
        own = identities.c.account_id == account
        conn.execute(update(identities).where(own).values(status="SUCCESS"))


def shown(ses):
    return without_metadata(
        ses.describe_configuration_set(**NEWS, ConfigurationSetAttributeNames=["trackingOptions"])
    )


def test_options_live_from_create_to_delete(ses, named):
    assert "TrackingOptions" not in shown(ses)
    ses.create_configuration_set_tracking_options(**NEWS, **OPTIONS)
    assert shown(ses)["TrackingOptions"] == {"CustomRedirectDomain": "click.example.com"}
    other = {"TrackingOptions": {"CustomRedirectDomain": "Links.Example.com"}}
    ses.update_configuration_set_tracking_options(**NEWS, **other)
    assert shown(ses)["TrackingOptions"] == {"CustomRedirectDomain": "links.example.com"}
    ses.delete_configuration_set_tracking_options(**NEWS)
    assert "TrackingOptions" not in shown(ses)


def test_the_policy_that_only_v2_knows_stays(ses, v2, named):
    v2.put_configuration_set_tracking_options(
        **NEWS, CustomRedirectDomain="click.example.com", HttpsPolicy="REQUIRE"
    )
    ses.update_configuration_set_tracking_options(**NEWS, **OPTIONS)
    kept = v2.get_configuration_set(**NEWS)["TrackingOptions"]["HttpsPolicy"]
    assert kept == "REQUIRE"


def test_options_that_are_there_or_missing_are_told_with_their_set(ses, named):
    for call, options in (
        (ses.update_configuration_set_tracking_options, OPTIONS),
        (ses.delete_configuration_set_tracking_options, {}),
    ):
        with pytest.raises(ses.exceptions.TrackingOptionsDoesNotExistException) as caught:
            call(**NEWS, **options)
        answer = caught.value.response
        text = "There are no tracking options for configuration set <news>"
        assert (answer["Error"]["Message"], answer["ConfigurationSetName"]) == (text, "news")
    ses.create_configuration_set_tracking_options(**NEWS, **OPTIONS)
    with pytest.raises(ses.exceptions.TrackingOptionsAlreadyExistsException) as caught:
        ses.create_configuration_set_tracking_options(**NEWS, **OPTIONS)
    answer = caught.value.response
    text = "Configuration set <news> already has tracking options."
    assert (answer["Error"]["Message"], answer["ConfigurationSetName"]) == (text, "news")


def options(domain):
    return {"TrackingOptions": {"CustomRedirectDomain": domain}}


@pytest.mark.parametrize("call", ["create", "update"])
@pytest.mark.parametrize(
    ("asked", "code", "text"),
    [
        ({"ConfigurationSetName": "none"}, "ValidationError", NULL),
        ({"ConfigurationSetName": "none"} | options(""), "InvalidTrackingOptions",
         "At least one field of TrackingOptions must contain a value."),
        ({"ConfigurationSetName": "none"} | options("x.other.example"), "InvalidTrackingOptions",
         "Domain <x.other.example> is not verified under this account."),
        ({"ConfigurationSetName": "none"} | OPTIONS, "ConfigurationSetDoesNotExist", MISSING),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_order(ses, named, call, asked, code, text):
    method = getattr(ses, f"{call}_configuration_set_tracking_options")
    assert refused(method, **asked) == (code, 400, text)


def test_deleting_needs_a_set(ses):
    answer = refused(ses.delete_configuration_set_tracking_options, ConfigurationSetName="none")
    assert answer == ("ConfigurationSetDoesNotExist", 400, MISSING)
