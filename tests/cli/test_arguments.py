"""What the words of the command line mean, and that the quick way says what argparse says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devenv.api.wording import read_duration
from devenv.cli.arguments import HelpWanted, parse, quick
from devenv.cli.slow import slow
from devenv.cli.verbs import GLOBAL, VERBS
from devenv.errors import UsageError

WORDS = st.sampled_from([
    "web", "db", "5", "1m", "-f", "--follow", "-n", "--json", "-e", "shop", "--timeout", "--since",
    "-C", "/", "--profile", "--for", "ready", "--", "-y", "--tail=3", "-n5", "--volumes", "-x", "",
])  # fmt: skip


@given(verb=st.sampled_from(list(VERBS.values())), words=st.lists(WORDS, max_size=6))
def test_the_quick_way_says_what_argparse_says(verb: object, words: list[str]) -> None:
    assert isinstance(verb, type(VERBS["up"]))
    found = quick(verb, words)
    if found is not None:
        assert found == slow(verb, words)


def test_plain_words_never_need_argparse() -> None:
    for line in ("status", "status web", "up", "up web -d --timeout 5m", "logs -f -n 10 web"):
        name, *words = line.split()
        assert quick(VERBS[name], words) is not None


def test_global_options_stand_before_and_after_the_verb() -> None:
    for line in ("-C /a -e shop --json status web", "status -C /a web -e shop --json"):
        arguments = parse(line.split())
        assert arguments.verb == "status"
        assert arguments.directory == "/a"
        assert arguments.environment == "shop"
        assert arguments.json
        assert arguments.services == ["web"]


def test_options_that_may_be_given_often_add_up() -> None:
    arguments = parse(
        ["-f", "a.yaml", "-fb.yaml", "--file=c.yaml", "up", "--file", "d.yaml", "--profile", "x"]
    )
    assert arguments.file == ["a.yaml", "b.yaml", "c.yaml", "d.yaml"]
    assert arguments.profile == ["x"]


def test_f_means_a_file_before_logs_and_to_follow_after_it() -> None:
    arguments = parse(["-f", "a.yaml", "logs", "-f", "web"])
    assert arguments.file == ["a.yaml"]
    assert arguments.follow
    assert arguments.services == ["web"]


def test_an_alias_is_its_verb() -> None:
    assert parse(["ps"]).verb == "status"


def test_a_command_is_taken_as_it_stands() -> None:
    for line in ("exec --index 1 web -- ls -l --json", "exec --index 1 web ls -l --json"):
        arguments = parse(line.split())
        assert arguments.service == "web"
        assert arguments.index == 1
        assert arguments.command == ["ls", "-l", "--json"]
        assert not arguments.json


def test_a_task_takes_options_after_it() -> None:
    arguments = parse(["run", "migrate", "--timeout", "5m"])
    assert arguments.task == "migrate"
    assert arguments.timeout == 300
    assert arguments.command == []
    arguments = parse(["run", "--service", "web", "--", "ls", "--json"])
    assert arguments.service == "web"
    assert arguments.task is None
    assert arguments.command == ["ls", "--json"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("stauts", "no verb 'stauts'"),
        ("--colour status", "no option --colour"),
        ("-C", "-C needs a value"),
        ("status --colour", "unrecognized arguments: --colour"),
        ("up --timeout soon", "'soon' is no time"),
        ("logs -n many", "'many' is no number"),
        ("wait --for rain", "invalid choice: 'rain'"),
        ("why", "required: SERVICE"),
        ("why a b", "unrecognized arguments: b"),
        ("daemon dance", "invalid choice: 'dance'"),
        ("init here", "unrecognized arguments: here"),
    ],
)
def test_wrong_words_are_refused(line: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        parse(line.split())
    assert refused.value.hint


def test_a_mistyped_verb_is_guessed() -> None:
    with pytest.raises(UsageError) as refused:
        parse(["stauts"])
    assert refused.value.hint == "did you mean `status`?"


@pytest.mark.parametrize("line", ["", "-h", "--help", "help", "help up", "up -h", "--version"])
def test_help_is_at_hand(line: str) -> None:
    with pytest.raises(HelpWanted) as wanted:
        parse(line.split())
    assert "devenv" in str(wanted.value)


def test_every_verb_has_help_that_names_its_options() -> None:
    for verb in VERBS.values():
        with pytest.raises(HelpWanted) as wanted:
            parse([verb.name, "--help"])
        for option in verb.options:
            assert option.names[-1] in str(wanted.value)


def test_no_two_options_of_a_verb_mean_the_same_attribute() -> None:
    for verb in VERBS.values():
        names = [option.to for option in (*GLOBAL, *verb.options)]
        words = [word.rstrip("*?.-") for word in verb.takes]
        assert len({*names, *words}) == len(names) + len(words), verb.name


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30", 30.0),
        ("1.5", 1.5),
        ("500ms", 0.5),
        ("90s", 90.0),
        ("1h30m", 5400.0),
        ("2d", 172800.0),
        ("", None),
        ("soon", None),
        ("1x", None),
        ("-1", None),
        ("1m 2s", None),
        ("1m2", None),
        (".", None),
    ],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert read_duration(text) == seconds
