"""The URLs that notifications of local topics name, and how they are signed. Pure.

All hang below the URL by which subscribers reach the API listener. An unsubscribe URL carries a
MAC, so that nobody ends subscriptions by guessing.
"""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

from pillarbox.destinations.signing import SnsKey
from pillarbox.model.topic import Subscription
from pillarbox.proto.aws.sns_envelope import Signing

PATH = "/sns"


@dataclass(frozen=True, slots=True)
class TopicUrls:
    """`base`: without a slash at its end; `secret`: of unsubscribe URLs."""

    base: str
    certificate_path: str
    key: SnsKey
    secret: bytes

    def signing(self, version: str) -> Signing:
        """Give how messages of a topic with a signature version are signed."""
        return Signing(
            version=version,
            sign=self.key.signer(version),
            certificate_url=self.base + self.certificate_path,
        )

    def subscribe(self, hook: Subscription) -> str:
        """Give the URL that confirms a subscription."""
        query = {
            "Action": "ConfirmSubscription",
            "TopicArn": hook.topic.arn,
            "Token": hook.token,
        }
        return f"{self.base}{PATH}?{urlencode(query)}"

    def unsubscribe(self, hook: Subscription) -> str:
        """Give the URL that ends a subscription."""
        mac = unsubscribe_mac(self.secret, hook.arn)
        query = {"Action": "Unsubscribe", "SubscriptionArn": hook.arn, "Mac": mac}
        return f"{self.base}{PATH}?{urlencode(query)}"


def unsubscribe_mac(secret: bytes, subscription_arn: str) -> str:
    """Give what proves that we wrote an unsubscribe URL."""
    return hmac.new(secret, subscription_arn.encode(), sha256).hexdigest()[:32]
