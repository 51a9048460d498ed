"""An account whose identities are verified against a real DNS server; tests turn its clock."""

from pillarbox.base.resolver import Resolver
from pillarbox.base.secrets import Sealer
from pillarbox.identity.checking import IdentityChecks
from pillarbox.identity.names import ServiceNames
from pillarbox.manage.identities.creation import Made, NewIdentity, create_identity
from pillarbox.manage.identities.dkim_signing import Signing, needed_keys, set_signing
from pillarbox.manage.identities.identities import Identity, get_identity
from pillarbox.manage.identities.mail_from import set_mail_from
from pillarbox.proto.dkim import generate_key, private_pem, public_record
from pillarbox.store.identity.dkim_tokens import find_public_key
from pillarbox.store.identity.identities import TokenRow
from pillarbox.store.sets.sender import find_sender_identities
from pillarbox.store.store import Store
from tests.peers.dns_zone import DnsZone
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.rows import ACCOUNT, NOW

NAMES = ServiceNames("mail.test")
SEALER = Sealer(b"k" * 32)
KEYS = [generate_key(1024) for _ in range(5)]
HOUR = 3_600_000
DOMAIN = "example.com"


def key_row(number: int, token: str, **more) -> TokenRow:
    """A key of ours or, with `origin`, of a customer's."""
    pem = SEALER.seal(private_pem(KEYS[number]), f"dkim_tokens/{token}")
    return TokenRow(
        token=token, private_key_sealed=pem, public_key=public_record(KEYS[number]), **more
    )


class IdentityWorld:
    """The account, its DNS, and the checks of one worker."""

    def __init__(self, store: Store, zone: DnsZone) -> None:
        self.store = store
        self.zone = zone
        self.now = NOW
        self.resolver = Resolver(zone.address, timeout_s=ARRIVAL_SECONDS)
        self.checks = IdentityChecks(store, self.resolver, NAMES, "node/0", lambda: self.now)

    def run(self, function, *args, **options):
        """Run a function of `manage` or `store` in a transaction."""
        with self.store.transaction() as conn:
            return function(conn, *args, **options)

    def create(self, name: str = DOMAIN, keys=None, signing=None) -> Identity:
        if keys is None:
            keys = [key_row(n, f"t{n}") for n in range(3)] if "@" not in name else []
        return self.run(
            create_identity,
            ACCOUNT,
            NewIdentity(name=name, signing=signing),
            Made(keys=keys),
            now=self.now,
            again=True,
            everything_verified=False,
        )

    def publish(self, *tokens: str, domain: str = DOMAIN) -> None:
        """Set the CNAMEs of tokens, and serve behind them what our zone serves."""
        for token in tokens or ("t0", "t1", "t2"):
            self.zone.set(f"{token}._domainkey.{domain}", "CNAME", NAMES.dkim_target(token))
            record = self.run(find_public_key, token, self.now)
            self.zone.set(NAMES.dkim_target(token), "TXT", record or "none")

    def set_signing(self, signing: Signing, *keys: TokenRow) -> Identity:
        return self.run(
            set_signing, ACCOUNT, DOMAIN, signing, keys, now=self.now, everything_verified=False
        )

    def needed(self, signing: Signing):
        return self.run(needed_keys, ACCOUNT, DOMAIN, signing, self.now)

    def set_mail_from(self, domain: str | None, behavior=None, name: str = DOMAIN) -> None:
        self.run(set_mail_from, ACCOUNT, name, domain, behavior, now=self.now)

    async def check(self, later: int = 0) -> Identity:
        """Let time pass and check what is due."""
        self.now += later
        await self.checks.turn()
        return self.get()

    def get(self, name: str = DOMAIN) -> Identity:
        return self.run(get_identity, ACCOUNT, name, everything_verified=False)

    def signer(self) -> str | None:
        """The name of the key that signs mail now, None while none does."""
        found = self.run(find_sender_identities, ACCOUNT, [DOMAIN])[DOMAIN]
        return found.signing_token if found.signing_verified else None
