from __future__ import annotations

import pytest

from devenv.errors import DevenvError
from devenv.profile.interpolate import Variables, substitute, with_references

VALUES = {"A": "a", "EMPTY": "", "REF": "${{ self.secret }}", "DOLLAR": "$"}


def replaced(template: str) -> str:
    return substitute(template, Variables(VALUES.get, lambda _: None))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("$A", "a"),
        ("${A}", "a"),
        ("x${A}y$A.z", "xaya.z"),
        ("$UNSET", ""),
        ("${UNSET}", ""),
        ("${A:-d}", "a"),
        ("${EMPTY:-d}", "d"),
        ("${EMPTY-d}", ""),
        ("${UNSET-d}", "d"),
        ("${UNSET:-d}", "d"),
        ("${UNSET-}", ""),
        ("${A:?no}", "a"),
        ("${EMPTY?no}", ""),
        ("${A:+alt}", "alt"),
        ("${EMPTY:+alt}", ""),
        ("${EMPTY+alt}", "alt"),
        ("${UNSET+alt}", ""),
        ("${UNSET:-${OTHER:-deep}}", "deep"),
        ("${UNSET:-$A and ${A}}", "a and a"),
        ('${UNSET:-{"a": {"b": 1}}}', '{"a": {"b": 1}}'),
        ("${UNSET:-a:?b-c}", "a:?b-c"),
        ("$$A", "$A"),
        ("$$$A", "$a"),
        ("$$$$", "$$"),
        ("100$", "100$"),
        ("$1 $ $-", "$1 $ $-"),
        ("a\n${A}", "a\na"),
        ("${UNSET:+${OTHER:?never}}x", "x"),
    ],
)
def test_operators_mean_what_they_mean_in_compose(template: str, value: str) -> None:
    assert replaced(template) == value


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("${UNSET?}", "required variable UNSET is missing a value"),
        ("${UNSET:?set $A}", "required variable UNSET is missing a value: set a"),
        ("${EMPTY:?x}", "required variable EMPTY is missing a value: x"),
        ("${1}", "invalid variable `${1}`"),
        ("${}", "invalid variable `${}`"),
        ("${A", "invalid variable `${A`"),
        ("${A B}", "invalid variable `${A B}`"),
        ("${A/a/b}", "invalid variable `${A/a/b}`"),
        ("${A:-" * 30 + "}" * 30, ""),
        ("${U:-" * 30 + "}" * 30, "variables nested deeper than 20 levels"),
    ],
)
def test_what_is_refused(template: str, message: str) -> None:
    if not message:
        assert replaced(template) == "a"
        return
    with pytest.raises(DevenvError) as caught:
        replaced(template)
    assert caught.value.message == message


def test_variables_cannot_grow_without_end() -> None:
    lookup = {"BIG": "x" * 100_000}.get
    with pytest.raises(DevenvError, match="more than 128 KiB"):
        substitute("$BIG" * 10_000, Variables(lookup, lambda _: None))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("${{ services.db.url }}", "${{ services.db.url }}"),
        ("${UNSET:-${{ services.db.url }}}", "${{ services.db.url }}"),
        ("${A:-${{ services.db.url }}}", "a"),
        ("x$A${{ self.port }}$A", "xa${{ self.port }}a"),
        ("$${{ self.port }}", "${{$}}{{ self.port }}"),
        ("$REF", "${{$}}{{ self.secret }}"),
        ("$DOLLAR${{ self.port }}", "$${{ self.port }}"),
        ("$$${A}", "$a"),
    ],
)
def test_references_are_kept_and_never_come_out_of_a_variable(template: str, value: str) -> None:
    assert with_references(template, Variables(VALUES.get, lambda _: None)) == value


def test_a_reference_must_be_closed() -> None:
    with pytest.raises(DevenvError, match="without"):
        with_references("${{ self.port", Variables(VALUES.get, lambda _: None))
