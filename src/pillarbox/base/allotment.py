"""How one limit is divided among those who share it. Pure.

Takes what each holder of a limit recently wanted, as a fraction of the limit; gives each its fair
portion (max-min fairness: nobody gets more than it wants while another wants for more; where all
want too much, equal portions). While not all is wanted, most of what is over is given out too, so
that a burst finds it, and a part stays free for a holder that comes new.

A limit that is a count (connections) is divided in whole grains: `grains` of them make up the
limit. What is left over by rounding goes round: each holder that wants it has it for an `epoch`.
"""

from collections.abc import Mapping

#: A holder gets a quarter more than it last wanted, so that it can grow.
HEADROOM = 1.25
#: What a holder gets that wants nothing now, as a fraction of the limit, if there is so much.
LEAST = 0.01
#: How much of what nobody wants is given out; the rest waits for newcomers.
GIVEN_OUT = 0.75
_EXACT = 1e-9


def allot(wanted: Mapping[str, float], grains: int = 0, epoch: int = 0) -> dict[str, float]:
    """Give each holder's portion, a fraction of the limit; together they are at most 1.

    `grains` 0: portions may be as small as you like.
    """
    if not wanted:
        return {}
    asked = {one: min(1.0, max(LEAST, wish * HEADROOM)) for one, wish in wanted.items()}
    over = 1.0 - sum(asked.values())
    if over >= 0.0:
        portions = {one: ask + over * GIVEN_OUT / len(asked) for one, ask in asked.items()}
    else:
        level = _level(sorted(asked.values()))
        portions = {one: min(ask, level) for one, ask in asked.items()}
    return _in_grains(portions, wanted, grains, epoch) if grains else portions


def _level(asked: list[float]) -> float:
    """Give the level at which all that is asked for, cut off there, makes up the limit."""
    left = 1.0
    for number, ask in enumerate(asked):
        level = left / (len(asked) - number)
        if ask >= level:
            return level
        left -= ask
    return 1.0


def _in_grains(
    portions: Mapping[str, float], wanted: Mapping[str, float], grains: int, epoch: int
) -> dict[str, float]:
    """Round portions down to whole grains; those left over go to holders that want one more."""
    whole = {one: whole_grains(portion, grains) for one, portion in portions.items()}
    left = grains - sum(whole.values())
    wanting = sorted(one for one in whole if wanted[one] * grains > whole[one] + _EXACT)
    first = epoch % len(wanting) if wanting else 0
    for one in (wanting[first:] + wanting[:first])[:left]:
        whole[one] += 1
    return {one: count / grains for one, count in whole.items()}


def whole_grains(portion: float, grains: int) -> int:
    """Give how many whole grains a portion is."""
    return int(portion * grains + _EXACT)
