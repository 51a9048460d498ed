"""Rows that wire tests put into the store themselves."""


def verified_domain(account, name="example.com"):
    """An identity that DNS has verified."""
    return {
        "account_id": account,
        "name": name,
        "status": "SUCCESS",
        "kind": "DOMAIN",
        "created_at": 0,
        "check_started_at": 0,
        "checks": 1,
        "signing_enabled": True,
        "signing_key_bits": 2048,
        "feedback_forwarding": True,
        "mail_from_behavior": "USE_DEFAULT_VALUE",
        "tags": "[]",
    }
