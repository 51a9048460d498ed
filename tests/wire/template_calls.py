"""Templates and bulks as tests of the wire write them."""

import json

CONTENT = {
    "Subject": "Hi {{name}}",
    "Text": "Dear {{name}}",
    "Html": "<p>Dear {{name}}, {{#each list}}{{.}};{{/each}}</p>",
}
SOURCE = "me@shop.example"


def create(client, name="Welcome", **content):
    client.create_email_template(TemplateName=name, TemplateContent=CONTENT | content)


def entry(address, data=None, **members):
    """An entry of SendBulkEmail."""
    replacement = {"ReplacementTemplateData": json.dumps(data)} if data is not None else {}
    content = {"ReplacementEmailContent": {"ReplacementTemplate": replacement}}
    return {
        "Destination": {"ToAddresses": [address]},
        **(content if replacement else {}),
        **members,
    }


def bulk(*entries, template="Welcome", data=None, **members):
    """The arguments of SendBulkEmail."""
    named = {"TemplateName": template} if isinstance(template, str) else template
    return {
        "FromEmailAddress": SOURCE,
        "DefaultContent": {"Template": {**named, "TemplateData": json.dumps(data or {})}},
        "BulkEmailEntries": list(entries),
        **members,
    }
