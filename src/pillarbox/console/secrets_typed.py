"""Passwords and one-time codes that people type: checked and hashed away from the event loop."""

import asyncio
import hmac
from concurrent.futures import ThreadPoolExecutor

import pyotp

from pillarbox.base.errors import BadRequest
from pillarbox.base.passwords import check_password, hash_password
from pillarbox.base.secrets import Sealer
from pillarbox.console.form import Form, FormError, blame
from pillarbox.manage.people.users import check_password_choice

STEP_SECONDS = 30
#: Hashing takes 64 MiB: so many at once, and no more.
_room = ThreadPoolExecutor(2, thread_name_prefix="passwords")


async def hash_typed(password: str) -> str:
    """Hash a password in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_room, hash_password, password)


async def is_password(password_hash: str | None, password: str) -> bool:
    """Tell whether it is the password, in the same time when there is none."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_room, check_password, password_hash, password)


def chosen_password(form: Form, name: str, *, twice: bool = True) -> str:
    """Give the password that a form sets; raises FormError."""
    with blame("password"):
        password = check_password_choice(form.raw("password"), name)
    if twice and form.raw("again") != password:
        raise FormError({"again": "This is not the same password."})
    return password


def code_step(secret: str, code: str, now_ms: int) -> int | None:
    """Give the time step of a one-time code (RFC 6238), None for a wrong one.

    The steps before and after count too, since clocks differ.
    """
    digits = "".join(code.split())
    here = now_ms // 1000 // STEP_SECONDS
    for step in (here - 1, here, here + 1):
        right = pyotp.TOTP(secret, interval=STEP_SECONDS).at(step * STEP_SECONDS)
        if hmac.compare_digest(right.encode(), digits.encode()):
            return step
    return None


def totp_place(user_id: bytes) -> str:
    """Name the place that a user's one-time secret is sealed for."""
    return f"users/{user_id.hex()}/totp"


def open_totp(sealer: Sealer, sealed: bytes, user_id: bytes) -> str:
    """Open the secret of a user's one-time codes."""
    return sealer.open(sealed, totp_place(user_id)).decode()


def check_totp_secret(secret: str) -> str:
    """Give a secret that our page offered; raises BadRequest for any other text."""
    if len(secret) != 32 or not set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        raise BadRequest("This is no secret of ours: load the page again.")
    return secret
