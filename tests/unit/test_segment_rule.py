"""The language of segments: what is written means what it says, and else says what is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.engagement import KINDS
from pillarbox.model.segment import Did, Either, Every, Has, Not, Rule
from pillarbox.proto.segment_rule import MAX_DEPTH, RuleError, parse_rule

DAY, HOUR = 86_400_000, 3_600_000

MEANS = {
    "clicked": Did("clicked"),
    "Opened IN 30 Days": Did("opened", within=30 * DAY),
    "sent in 1 hour": Did("sent", within=HOUR),
    "sent at least 5 times": Did("sent", 5),
    "never opened": Not(Did("opened")),
    "never opened after 5 sends": Every((Did("sent", 5), Not(Did("opened")))),
    "not bounced and not complained": Every((Not(Did("bounced")), Not(Did("complained")))),
    "attribute plan": Has("plan"),
    'attribute "my plan" is "very gold"': Has("my plan", "very gold"),
    "attribute plan is Gold": Has("plan", "Gold"),
    "opened or clicked and sent": Either(
        (Did("opened"), Every((Did("clicked"), Did("sent")))),
    ),
    "(opened or clicked) and sent": Every((Either((Did("opened"), Did("clicked"))), Did("sent"))),
}


@pytest.mark.parametrize("text", MEANS)
def test_a_rule_means_what_it_says(text):
    assert parse_rule(text) == MEANS[text]


REFUSED = {
    "": "The end stands where one of sent, delivered",
    "opend": "opend stands where one of",
    "opened in days": "days stands where a number from 1 to 100000 must be.",
    "opened in 0 days": "0 stands where a number",
    "opened in 30 weeks": "weeks stands where 'days' or 'hours' must be.",
    "opened at least 3": "The end stands where 'times' must be.",
    "opened clicked": "clicked can't follow here",
    "(opened": "The end stands where a closing parenthesis must be.",
    "opened)": ") can't follow here",
    'attribute plan is "gold': "A quotation mark is not closed.",
    "attribute": "The end stands where an attribute's name must be.",
    "(" * 50 + "opened" + ")" * 50: f"A rule goes {MAX_DEPTH} parentheses deep at most.",
    "opened " * 1000: "A rule has 2000 characters at most.",
}


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_rule_is_refused_with_the_reason(text):
    with pytest.raises(RuleError) as refused:
        parse_rule(text)
    assert str(refused.value).startswith(REFUSED[text])


def written(rule: Rule) -> str:
    match rule:
        case Did(kind, _, int(within)):
            return f"{kind} in {within // HOUR} hours"
        case Did(kind, times):
            return f"{kind} at least {times} times"
        case Has(name, value):
            return f'attribute "{name}"' + ("" if value is None else f' is "{value}"')
        case Not(inner):
            return f"not ({written(inner)})"
        case Every(rules):
            return " and ".join(f"({written(one)})" for one in rules)
    return " or ".join(f"({written(one)})" for one in rule.rules)


KIND = st.sampled_from(KINDS)
NUMBER = st.integers(1, 5000)
WORD = st.text(st.characters(exclude_characters='"'), max_size=8)
SIMPLE = st.one_of(
    st.builds(Did, KIND, NUMBER),
    st.builds(lambda kind, hours: Did(kind, within=hours * HOUR), KIND, NUMBER),
    st.builds(Has, WORD, st.none() | WORD),
)


def _joined(inner):
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(Not, inner) | st.builds(Every, several) | st.builds(Either, several)


@given(st.recursive(SIMPLE, _joined, max_leaves=6))
def test_every_rule_can_be_written_and_is_read_as_it_was_meant(rule):
    assert parse_rule(written(rule)) == rule


@given(
    st.text()
    | st.lists(st.sampled_from([*"() ", "not", "never", "opened", "in", "3"])).map(" ".join)
)
def test_any_text_is_a_rule_or_is_refused(text):
    try:
        parse_rule(text)
    except RuleError as error:
        assert str(error)
