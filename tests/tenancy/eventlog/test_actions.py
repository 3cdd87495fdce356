"""Actions follow their grammar, noun:verb."""

import re

import pytest

from tenancy.eventlog import EventAction, TenancyAction


@pytest.mark.parametrize(
    "bad", ["install", "Installation:install", "a:b:c", "a-b:c", ":install", "team:", "a b:c", "_:b"]
)
def test_an_action_against_the_grammar_fails_when_its_class_is_made(bad: str) -> None:
    with pytest.raises(ValueError, match="is not noun:verb"):
        EventAction("Bad", {"ACT": bad})  # type: ignore[call-overload]


def test_all_actions_of_this_layer_are_noun_and_verb() -> None:
    assert TenancyAction
    for action in TenancyAction:
        assert re.fullmatch(r"[a-z_]+:[a-z_]+", action)


def test_no_two_actions_are_the_same() -> None:
    assert len({action.value for action in TenancyAction}) == len(TenancyAction.__members__)
