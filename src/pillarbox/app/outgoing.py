"""How mail leaves, as the settings have it: its rendering and its return path."""

from collections.abc import Callable
from concurrent.futures import Executor

from pillarbox.accept.decision import NULL_RETURN_PATH
from pillarbox.app.policies import second_signature
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.model.queued import Claim, Message
from pillarbox.model.tracking import TokenKey
from pillarbox.proto.links import verp
from pillarbox.render.list_copy import UNSUBSCRIBE_KEY
from pillarbox.render.rendering import Rendering

RETURN_PATH_KEY = "verp"


def new_rendering(
    settings: Settings,
    sealer: Sealer,
    keys: DkimKeys,
    threads: Executor,
    token_key: Callable[[], TokenKey],
) -> Rendering:
    """Make what renders messages; `token_key` gives the key of tracked URLs."""
    unsubscribe = sealer.derive(UNSUBSCRIBE_KEY)
    return Rendering(keys, threads, token_key, unsubscribe, second_signature(settings, keys))


def new_return_path(sealer: Sealer) -> Callable[[Claim, Message], str]:
    """Make what gives a recipient's copy its signed return path (design §8)."""
    key = sealer.derive(RETURN_PATH_KEY)

    def return_path(claim: Claim, message: Message) -> str:
        if message.return_path_domain == NULL_RETURN_PATH:
            return ""
        local = verp.encode(message.id, claim.position, key)
        return f"{local}@{message.return_path_domain}"

    return return_path
