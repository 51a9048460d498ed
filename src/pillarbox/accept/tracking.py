"""The one resolver: is this message tracked, and on which host; opens and clicks apart. Pure.

Takes what the message, its configuration set and the tracking settings say; hands on the
TrackingPlan that is frozen with the message, with its reasons, or None where nothing has an opinion
(design §7). The first of these that says something decides:

    the message itself    ConfigurationOverrides: on or off
    the configuration set on, when it has an enabled destination for OPEN (CLICK); else no opinion
    the sender domain     its tracking setting: on or off
    the account           its tracking setting: on or off

The host is the first one named from there downwards: the set's custom domain, the setting's trace
domain, the service's own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pillarbox.accept.tracking_host import WHERE_IT_WORKS, Element, OwnHost, choose_base, need_of
from pillarbox.model.sender import SendingRules
from pillarbox.model.tracking import TrackingPlan
from pillarbox.model.tracking_setup import (
    TrackingHost,
    TrackingOverride,
    TrackingSetting,
    TrackingSetup,
)

Kind = Literal["opens", "clicks"]
_EVENT = {"opens": "OPEN", "clicks": "CLICK"}
_PARTS: dict[Kind, tuple[Element, ...]] = {
    "opens": ("pixel",),
    "clicks": ("http links", "https links"),
}
_SHOWN: dict[Element, str] = {
    "pixel": "The pixel is",
    "http links": "Links to http targets are",
    "https links": "Links to https targets are",
}
_NO_CHECK = "it has not been checked yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingQuestion:
    """All that the answer depends on. `sender_domain`: the identity that the sender belongs to."""

    override: TrackingOverride | None
    rules: SendingRules | None
    sender_domain: str
    setup: TrackingSetup
    own: OwnHost


@dataclass(frozen=True, slots=True)
class _Setting:
    """The setting that applies, and how it is called."""

    value: TrackingSetting
    name: str


@dataclass(frozen=True, slots=True)
class _Answer:
    """Whether one kind is tracked, None: nobody says; and from which level downwards the host."""

    tracked: bool | None
    why: str
    from_set: bool = False


@dataclass(frozen=True, slots=True)
class _Place:
    """The host that was named. `chosen` None: none was, or it is unknown to us."""

    named: str | None
    by: str
    policy: str
    chosen: TrackingHost | None


def plan_tracking(question: TrackingQuestion) -> TrackingPlan | None:
    """Decide on one message; None where neither it nor any set-up says anything of tracking."""
    setting = _setting(question)
    answers = {kind: _answer(kind, question, setting) for kind in _PARTS}
    if all(one.tracked is None for one in answers.values()):
        return None
    bases: dict[Element, str | None] = {}
    reasons: list[str] = []
    for kind, answer in answers.items():
        reasons.append(f"{kind.capitalize()} are {_tracked(answer)}: {answer.why}.")
        if answer.tracked:
            place = _place(answer, question, setting)
            reasons += [one for one in _about(place, question.own) if one not in reasons]
            for part in _PARTS[kind]:
                bases[part] = choose_base(part, place.policy, place.chosen, question.own)
                reasons += _about_base(part, bases[part], place, question.own)
    return TrackingPlan(
        pixel=bases.get("pixel"),
        http_links=bases.get("http links"),
        https_links=bases.get("https links"),
        anonymous=setting is not None and setting.value.anonymous,
        mso_comments=setting is None or setting.value.mso_comments,
        trap=setting is not None and setting.value.trap,
        reasons=tuple(reasons),
    )


def unsubscribe_base(question: TrackingQuestion) -> str | None:
    """Give the base URL where recipients unsubscribe, None where none reaches us.

    The host is chosen as for links, whether or not anything is tracked; https where it has it.
    """
    answer = _Answer(tracked=None, why="", from_set=True)
    place = _place(answer, question, _setting(question))
    return choose_base("https links", "OPTIONAL", place.chosen, question.own)


def _setting(question: TrackingQuestion) -> _Setting | None:
    """Give the tracking setting of the sender's domain, as the account's dimension says."""
    account = question.setup.account
    if account is None or not account.enabled:
        return None
    domain = question.sender_domain
    if account.dimension != "ACCOUNT":
        own = question.setup.domains.get(domain)
        if own is not None:
            return _Setting(own, f"the tracking setting of {domain}")
        if account.dimension == "DOMAIN":
            return None
    return _Setting(account, "the account's tracking setting")


def _answer(kind: Kind, question: TrackingQuestion, setting: _Setting | None) -> _Answer:
    override = getattr(question.override, kind) if question.override else None
    if override is not None:
        state = "on" if override else "off"
        return _Answer(override, f"the message itself switches them {state}", from_set=True)
    rules = question.rules
    if rules is not None and getattr(rules, f"tracks_{kind}"):
        why = f"configuration set {rules.name} has an enabled destination for {_EVENT[kind]}"
        return _Answer(tracked=True, why=why, from_set=True)
    if setting is None:
        return _Answer(None, "nothing asks for it")
    on = setting.value.enabled and getattr(setting.value, kind)
    return _Answer(on, f"{setting.name} has them {'on' if on else 'off'}")


def _tracked(answer: _Answer) -> str:
    return "tracked" if answer.tracked else "not tracked"


def _place(answer: _Answer, question: TrackingQuestion, setting: _Setting | None) -> _Place:
    rules, hosts = question.rules, question.setup.hosts
    required = rules.https_policy if rules else None
    custom = rules.custom_redirect_domain if rules else None
    if answer.from_set and rules is not None and custom is not None:
        by = f"the custom domain of configuration set {rules.name}"
        return _Place(custom, by, required or "OPTIONAL", hosts.get(custom))
    named = setting.value.host if setting is not None else None
    if setting is not None and named is not None:
        by = f"the tracking domain of {setting.name}"
        return _Place(named, by, required or WHERE_IT_WORKS, hosts.get(named))
    return _Place(None, "", required or "OPTIONAL", None)


def _about(place: _Place, own: OwnHost) -> Iterator[str]:
    """Say which host it is, and why it is not the one that was named."""
    ours = f"the service's own host, {own.url}" if own.url else "the service's own host"
    if own.captures and place.named is not None:
        yield (
            f"The host is {place.named}, {place.by}; in capture mode it counts as verified, and "
            f"its links open through {own.url}."
        )
    elif place.named is None:
        yield f"The host is {ours}."
    elif place.chosen is not None and place.chosen.works:
        yield f"The host is {place.named}, {place.by}."
        if not place.chosen.https:
            yield f"{place.named} has no working HTTPS: {place.chosen.https_reason or _NO_CHECK}."
    else:
        why = (place.chosen.reason if place.chosen else "") or _NO_CHECK
        yield f"The host is {ours}, since {place.named}, {place.by}, is not verified: {why}."
    if own.url is None:
        yield "The service's own host has no address for recipients: [track] url is not set."


def _about_base(part: Element, base: str | None, place: _Place, own: OwnHost) -> Iterator[str]:
    """Say what became of one element where it is not what one would expect."""
    shown = _SHOWN[part]
    if base is None and need_of(part, place.policy) == "SECURE":
        yield (
            f"{shown} left untracked: HttpsPolicy {place.policy} asks for HTTPS, and neither the "
            "custom domain nor the service's own host has it."
        )
    elif base is None:
        yield f"{shown} left untracked: there is no host for it."
    elif part == "https links" and base.startswith("http://") and not own.captures:
        yield f"{shown} tracked over http: no host has HTTPS, and the policy does not ask for it."
