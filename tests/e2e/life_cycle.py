"""A whole life in an account, as a table: each API call with what its answer has to hold.

Takes the names to use; hands on steps that boto3, the AWS CLI and the JavaScript SDK run alike. A
step expects members of the answer (others may be there), or an error code.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One call. `error`: the code it must be refused with."""

    operation: str
    arguments: dict[str, Any] = field(default_factory=dict)
    holds: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


ACCOUNT = "123456789012"
TAGS = [{"Key": "team", "Value": "mail"}]


def life_cycle(service: str, domain: str, address: str) -> list[Step]:
    """Give the steps for `pinpoint-email` or `sesv2`; `address`: a dedicated IP of the node."""
    name = domain.replace(".", "-")
    return [
        *_configuration_set(service, name),
        *_identity(service, domain, name),
        *_addresses(service, name, address),
        *_account(service),
        *_sending(domain, name),
        *(_lists(domain, name) if service == "sesv2" else []),
        *(_custom_mails(domain, name) if service == "sesv2" else []),
        *(_templates(domain, name) if service == "sesv2" else []),
        *_end(domain, name),
    ]


def _configuration_set(service: str, name: str) -> list[Step]:
    of_set = {"ConfigurationSetName": name}
    topic = {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:mail"}
    destination = {"Enabled": True, "MatchingEventTypes": ["SEND"], "SnsDestination": topic}
    narrower = {**destination, "Enabled": False, "MatchingEventTypes": ["BOUNCE", "CLICK"]}
    of_destination = of_set | {"EventDestinationName": "topic"}
    metrics = {"ReputationMetricsEnabled": True}
    return [
        Step("CreateConfigurationSet", of_set | {"Tags": TAGS}),
        Step("CreateConfigurationSet", of_set, error="AlreadyExistsException"),
        Step("PutConfigurationSetDeliveryOptions", of_set | {"TlsPolicy": "REQUIRE"}),
        Step("PutConfigurationSetReputationOptions", of_set | metrics),
        Step("PutConfigurationSetSendingOptions", of_set | {"SendingEnabled": False}),
        Step("PutConfigurationSetTrackingOptions", of_set),
        Step(
            "GetConfigurationSet",
            of_set,
            {
                "ConfigurationSetName": name,
                "DeliveryOptions": {"TlsPolicy": "REQUIRE"},
                "ReputationOptions": metrics,
                "SendingOptions": {"SendingEnabled": False},
                "Tags": TAGS,
            },
        ),
        Step("ListConfigurationSets", {"PageSize": 1000}),
        Step(
            "CreateConfigurationSetEventDestination",
            of_destination | {"EventDestination": destination},
        ),
        Step(
            "UpdateConfigurationSetEventDestination",
            of_destination | {"EventDestination": narrower},
        ),
        Step(
            "GetConfigurationSetEventDestinations",
            of_set,
            {"EventDestinations": [{"Name": "topic", **narrower}]},
        ),
        Step("DeleteConfigurationSetEventDestination", of_destination),
        Step("DeleteConfigurationSetEventDestination", of_destination, error="NotFoundException"),
        *(_only_in_v2(of_set) if service == "sesv2" else []),
        *_tags(service, f"configuration-set/{name}"),
    ]


def _only_in_v2(of_set: dict[str, Any]) -> list[Step]:
    suppressed = {"EmailAddress": "gone@receiver.example"}
    reasons = {"SuppressedReasons": ["BOUNCE"]}
    return [
        Step("PutConfigurationSetSuppressionOptions", of_set | reasons),
        Step("GetConfigurationSet", of_set, {"SuppressionOptions": reasons}),
        Step("PutAccountSuppressionAttributes", reasons),
        Step("GetAccount", {}, {"SuppressionAttributes": reasons}),
        Step("PutSuppressedDestination", suppressed | {"Reason": "COMPLAINT"}),
        Step("GetSuppressedDestination", suppressed),
        Step("ListSuppressedDestinations", {"Reasons": ["COMPLAINT"]}),
        Step("DeleteSuppressedDestination", suppressed),
        Step("GetSuppressedDestination", suppressed, error="NotFoundException"),
        Step("PutAccountSuppressionAttributes", {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]}),
    ]


def _tags(service: str, resource: str) -> list[Step]:
    arn = {"ResourceArn": f"arn:aws:ses:us-east-1:{ACCOUNT}:{resource}"}
    more = [{"Key": "cost", "Value": "7"}]
    return [
        Step("TagResource", arn | {"Tags": more}),
        Step("ListTagsForResource", arn),
        Step("UntagResource", arn | {"TagKeys": ["team"]}),
        Step("ListTagsForResource", arn, {"Tags": more}),
        Step("TagResource", {"ResourceArn": "nonsense", "Tags": more}, error="BadRequestException"),
    ]


def _identity(service: str, domain: str, name: str) -> list[Step]:
    of_identity = {"EmailIdentity": domain}
    mail_from = {"MailFromDomain": f"bounce.{domain}", "BehaviorOnMxFailure": "REJECT_MESSAGE"}
    linked = [
        Step("PutEmailIdentityConfigurationSetAttributes", of_identity | _named(name)),
        Step("GetEmailIdentity", of_identity, _named(name)),
        Step("PutEmailIdentityConfigurationSetAttributes", of_identity),
    ]
    return [
        Step("CreateEmailIdentity", of_identity | {"Tags": TAGS}, {"IdentityType": "DOMAIN"}),
        Step("PutEmailIdentityDkimAttributes", of_identity | {"SigningEnabled": False}),
        Step("PutEmailIdentityFeedbackAttributes", of_identity | {"EmailForwardingEnabled": False}),
        Step("PutEmailIdentityMailFromAttributes", of_identity | mail_from),
        Step(
            "GetEmailIdentity",
            of_identity,
            {
                "DkimAttributes": {"SigningEnabled": False},
                "FeedbackForwardingStatus": False,
                "MailFromAttributes": mail_from,
            },
        ),
        Step("PutEmailIdentityMailFromAttributes", of_identity),
        Step("PutEmailIdentityDkimAttributes", of_identity | {"SigningEnabled": True}),
        *(linked if service == "sesv2" else []),
        *_tags(service, f"identity/{domain}"),
        Step("ListEmailIdentities", {"PageSize": 1000}),
        Step("GetEmailIdentity", {"EmailIdentity": "no.example"}, error="NotFoundException"),
    ]


def _addresses(service: str, name: str, address: str) -> list[Step]:
    pool, of_ip = {"PoolName": name}, {"Ip": address}
    return [
        Step("CreateDedicatedIpPool", pool | {"Tags": TAGS}),
        Step("CreateDedicatedIpPool", pool, error="AlreadyExistsException"),
        *([Step("GetDedicatedIpPool", pool)] if service == "sesv2" else []),
        Step("ListDedicatedIpPools", {"PageSize": 10}),
        Step("PutDedicatedIpInPool", of_ip | {"DestinationPoolName": name}),
        Step("PutDedicatedIpWarmupAttributes", of_ip | {"WarmupPercentage": 100}),
        Step(
            "GetDedicatedIp",
            of_ip,
            {"DedicatedIp": {**of_ip, "PoolName": name, "WarmupStatus": "DONE"}},
        ),
        Step("GetDedicatedIps", pool, {"DedicatedIps": [of_ip | {"WarmupPercentage": 100}]}),
        Step("PutConfigurationSetDeliveryOptions", _named(name) | {"SendingPoolName": name}),
        Step("PutConfigurationSetDeliveryOptions", _named(name)),
        Step("DeleteDedicatedIpPool", pool),
        Step("DeleteDedicatedIpPool", pool, error="NotFoundException"),
        Step("GetDedicatedIp", {"Ip": "192.0.2.1"}, error="NotFoundException"),
    ]


def _account(service: str) -> list[Step]:
    dashboard = {"DashboardEnabled": False}
    return [
        Step("PutAccountDedicatedIpWarmupAttributes", {"AutoWarmupEnabled": False}),
        Step("GetAccount", {}, {"DedicatedIpAutoWarmupEnabled": False, "SendingEnabled": True}),
        Step("PutAccountDedicatedIpWarmupAttributes", {"AutoWarmupEnabled": True}),
        Step("GetDeliverabilityDashboardOptions", {}, dashboard),
    ]


def _sending(domain: str, name: str) -> list[Step]:
    text = {"Subject": {"Data": "Grüße"}, "Body": {"Text": {"Data": "Hello"}}}
    mail = {
        "FromEmailAddress": f"me@{domain}",
        "Destination": {"ToAddresses": ["you@receiver.example"]},
        "Content": {"Simple": text},
    }
    return [
        Step("SendEmail", mail | _named(name), error="SendingPausedException"),
        Step("PutConfigurationSetSendingOptions", _named(name) | {"SendingEnabled": True}),
        Step("SendEmail", mail | _named(name) | {"EmailTags": [{"Name": "a", "Value": "b"}]}),
        Step("PutAccountSendingAttributes", {"SendingEnabled": False}),
        Step("SendEmail", mail, error="SendingPausedException"),
        Step("PutAccountSendingAttributes", {"SendingEnabled": True}),
        Step("SendEmail", mail | _named("no-such-set"), error="NotFoundException"),
        Step("SendEmail", mail | _template("no-such-template"), error="NotFoundException"),
    ]


def _template(name: str) -> dict[str, Any]:
    """The content of a message from a template, in the form that both JSON APIs have."""
    arn = f"arn:aws:ses:us-east-1:{ACCOUNT}:template/{name}"
    return {"Content": {"Template": {"TemplateArn": arn, "TemplateData": '{"name": "Zoë"}'}}}


def _templates(domain: str, name: str) -> list[Step]:
    of_template = {"TemplateName": name}
    content = {"Subject": "Hi {{name}}", "Text": "Dear {{name}}", "Html": "<p>{{name}}</p>"}
    changed = {"Subject": "Hello {{name}}", "Text": "{{#if name}}Dear {{name}}{{/if}}"}
    to = {"ToAddresses": ["you@receiver.example"]}
    data = {"ReplacementTemplate": {"ReplacementTemplateData": '{"name": "Ann"}'}}
    default = of_template | {"TemplateData": '{"name": "you"}'}
    entries = [{"Destination": to, "ReplacementEmailContent": data}, {"Destination": to}]
    sender = {"FromEmailAddress": f"me@{domain}"}
    sent = sender | {"Destination": to} | _template(name)
    bulk = sender | {"DefaultContent": {"Template": default}, "BulkEmailEntries": entries}
    accepted = {"Status": "SUCCESS"}
    test = of_template | {"TemplateData": "{}"}
    return [
        Step("CreateEmailTemplate", of_template | {"TemplateContent": content}),
        Step(
            "CreateEmailTemplate",
            of_template | {"TemplateContent": content},
            error="AlreadyExistsException",
        ),
        Step("GetEmailTemplate", of_template, of_template | {"TemplateContent": content}),
        Step("ListEmailTemplates", {"PageSize": 100}),
        Step("TestRenderEmailTemplate", of_template | {"TemplateData": '{"name": "x"}'}),
        Step("TestRenderEmailTemplate", test, error="BadRequestException"),
        Step("SendEmail", sent),
        Step("SendBulkEmail", bulk, {"BulkEmailEntryResults": [accepted, accepted]}),
        Step("UpdateEmailTemplate", of_template | {"TemplateContent": changed}),
        Step("GetEmailTemplate", of_template, {"TemplateContent": changed}),
        Step("DeleteEmailTemplate", of_template),
        Step("SendBulkEmail", bulk, error="NotFoundException"),
        Step("GetEmailTemplate", of_template, error="NotFoundException"),
    ]


def _lists(domain: str, name: str) -> list[Step]:
    of_list = {"ContactListName": name}
    of_contact = of_list | {"EmailAddress": f"reader@{domain}"}
    topic = {"TopicName": "news", "DisplayName": "News", "DefaultSubscriptionStatus": "OPT_IN"}
    said = [{"TopicName": "news", "SubscriptionStatus": "OPT_OUT"}]
    wanted = {"FilteredStatus": "OPT_OUT", "TopicFilter": {"TopicName": "news"}}
    mail = {
        "FromEmailAddress": f"me@{domain}",
        "Destination": {"ToAddresses": [f"reader@{domain}"]},
        "Content": {
            "Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello"}}},
        },
    }
    return [
        Step("CreateContactList", of_list | {"Topics": [topic], "Tags": TAGS}),
        Step("CreateContactList", of_list, error="BadRequestException"),
        Step("GetContactList", of_list, {"Topics": [topic], "Tags": TAGS}),
        Step("UpdateContactList", of_list | {"Description": "All"}),
        Step("ListContactLists", {"PageSize": 10}, {"ContactLists": [of_list]}),
        Step("CreateContact", of_contact),
        Step("CreateContact", of_contact, error="AlreadyExistsException"),
        Step("SendEmail", mail | {"ListManagementOptions": of_list | {"TopicName": "news"}}),
        Step("UpdateContact", of_contact | {"TopicPreferences": said, "AttributesData": "{}"}),
        Step("GetContact", of_contact, {"TopicPreferences": said, "AttributesData": "{}"}),
        Step(
            "ListContacts",
            of_list | {"Filter": wanted},
            {"Contacts": [{"EmailAddress": f"reader@{domain}", "UnsubscribeAll": False}]},
        ),
        *_tags("sesv2", f"contact-list/{name}"),
        Step("DeleteContact", of_contact),
        Step("GetContact", of_contact, error="NotFoundException"),
        Step("DeleteContactList", of_list),
        Step("GetContactList", of_list, error="NotFoundException"),
    ]


def _custom_mails(domain: str, name: str) -> list[Step]:
    mail = {
        "TemplateName": name,
        "FromEmailAddress": f"me@{domain}",
        "TemplateSubject": "Is it you?",
        "TemplateContent": "<p>Press the link.</p>",
        "SuccessRedirectionURL": "https://shop.example/yes",
        "FailureRedirectionURL": "https://shop.example/no",
    }
    of_mail = {"TemplateName": name}
    sending = of_mail | {"EmailAddress": f"new@{domain}"}
    return [
        Step("CreateCustomVerificationEmailTemplate", mail),
        Step("CreateCustomVerificationEmailTemplate", mail, error="AlreadyExistsException"),
        Step("GetCustomVerificationEmailTemplate", of_mail, mail),
        Step("UpdateCustomVerificationEmailTemplate", mail | {"TemplateSubject": "Well?"}),
        Step("ListCustomVerificationEmailTemplates", {"PageSize": 50}),
        Step("SendCustomVerificationEmail", sending),
        Step("DeleteEmailIdentity", {"EmailIdentity": f"new@{domain}"}),
        Step("DeleteCustomVerificationEmailTemplate", of_mail),
        Step("GetCustomVerificationEmailTemplate", of_mail, error="NotFoundException"),
        Step("SendCustomVerificationEmail", sending, error="NotFoundException"),
    ]


def _end(domain: str, name: str) -> list[Step]:
    return [
        Step("DeleteConfigurationSet", _named(name)),
        Step("GetConfigurationSet", _named(name), error="NotFoundException"),
        Step("DeleteEmailIdentity", {"EmailIdentity": domain}),
        Step("DeleteEmailIdentity", {"EmailIdentity": domain}, error="NotFoundException"),
    ]


def _named(name: str) -> dict[str, Any]:
    return {"ConfigurationSetName": name}


def check(step: Step, error: str | None, answer: dict[str, Any]) -> None:
    """Hold one answer against its step."""
    assert error == step.error, (step, error, answer)
    missing = _missing(step.holds, answer)
    assert not missing, (step, missing, answer)


def _missing(wanted: Any, found: Any) -> Any:
    """Give what of `wanted` is not in `found`; empty when all of it is."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        differing = {name: _missing(value, found.get(name)) for name, value in wanted.items()}
        return {name: value for name, value in differing.items() if value != {}}
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        differing_items = [_missing(one, other) for one, other in zip(wanted, found, strict=True)]
        return [one for one in differing_items if one != {}] or {}
    return {} if wanted == found else wanted
