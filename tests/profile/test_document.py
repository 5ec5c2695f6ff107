from __future__ import annotations

import time

import pytest

from devenv.model.origin import ProfileError
from devenv.profile.document import parse
from devenv.profile.problems import Problems
from devenv.profile.tree import Table, origin_of, plain


def read(content: bytes) -> Table:
    problems = Problems()
    tree = parse(content, "p.yaml", problems)
    problems.raise_errors()
    return tree


def refusal(content: str | bytes) -> str:
    with pytest.raises(ProfileError) as caught:
        read(content if isinstance(content, bytes) else content.encode())
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("'true'", "true"),
        ("~", None),
        ("", None),
        ("null", None),
        ("22:22", "22:22"),
        ("1.10", "1.10"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("2026-01-02", "2026-01-02"),
        ("8080", 8080),
        ("-1", -1),
        ("!!str 5", "5"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_words_have_the_types_that_compose_gives_them(written: str, value: object) -> None:
    assert plain(read(f"a: {written}".encode())) == {"a": value}


def test_anchors_and_merge_keys_are_expanded_and_explicit_keys_win() -> None:
    text = b"x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz: {<<: [*x, *y], a: 9}\nw: {<<: *x}\n"
    tree = read(text)
    assert plain(tree) == {
        "x": {"a": 1, "b": 2},
        "y": {"b": 3, "c": 4},
        "z": {"a": 9, "b": 2, "c": 4},
        "w": {"a": 1, "b": 2},
    }
    assert str(origin_of(tree, ("z", "b"))) == "p.yaml:1:17"


def test_every_value_knows_its_place() -> None:
    tree = read(b"services:\n  web:\n    ports: [80,\n      90]\n")
    assert str(origin_of(tree, ("services", "web", "ports", 1))) == "p.yaml:4:7"
    assert str(origin_of(tree, ("services", "web"))) == "p.yaml:2:3"
    assert str(origin_of(tree, ("services", "web", "ports", 7))) == "p.yaml:3:12"


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"---\n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_an_empty_table(content: bytes) -> None:
    assert plain(read(content)) == {}


BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
LONG = f"a: &a {'x' * 100_000}\nb: [{','.join(['*a'] * 100)}]\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("a: 1\na: 2\n", "p.yaml:2:1: duplicate key `a` (it is already on line 1)"),
        ("a: {b: 1, b: 2}", "p.yaml:1:11: duplicate key `b` (it is already on line 1)"),
        (
            "a: {b: 1, b: 2, c: 3, c: 4}",
            "p.yaml:1:11: duplicate key `b` (it is already on line 1)\n"
            "p.yaml:1:23: duplicate key `c` (it is already on line 1)",
        ),
        ("- a\n", "p.yaml:1:1: expected a mapping at the top, such as `services:`"),
        ("hello", "p.yaml:1:1: expected a mapping at the top, such as `services:`"),
        ("[a]: 1", "p.yaml:1:1: a key must be a plain word"),
        ("~: 1", "p.yaml:1:1: a key must be a plain word"),
        ("a: [1,\n b: 2", "p.yaml:3:1: not YAML: did not find expected ',' or ']'"),
        (
            "\ta: 1\n",
            "p.yaml:1:1: not YAML: found character that cannot start any token "
            "(indent with spaces, not tabs; quote a value that starts with @ or `)",
        ),
        (
            "a: b: c",
            "p.yaml:1:5: not YAML: mapping values are not allowed in this context "
            "(quote a value that holds `: `)",
        ),
        (
            "a: 1\n---\nb: 1\n",
            "p.yaml:3:1: a second document in one file (keep one; remove the `---`)",
        ),
        ("a: !foo 1", "p.yaml:1:4: the tag `!foo` is not read (only `!reset` and `!override` are)"),
        (
            "a: !!python/name:os.system 1",
            "p.yaml:1:4: the tag `tag:yaml.org,2002:python/name:os.system` is not read "
            "(only `!reset` and `!override` are)",
        ),
        (
            "a: &a [*a]",
            "p.yaml:1:8: unknown alias `*a` (its anchor must come before it, whole)",
        ),
        ("a: *b", "p.yaml:1:4: unknown alias `*b` (its anchor must come before it, whole)"),
        ("a: {<<: 1}", "p.yaml:1:9: `<<` takes a mapping, or a list of them"),
        ("a: x\0y", "p.yaml:1:5: the control character U+0000"),
        ('a: "x\\0y"', "p.yaml:1:4: a NUL character in a value"),
        ("a: 1\nb: \x1b[31m", "p.yaml:2:4: the control character U+001B"),
        (b"a: 1\nb: \xff\xfe", "p.yaml:2:4: not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), "p.yaml:1:1: not UTF-8 text"),
        (b"a: " + b"x" * 10_000_000, "p.yaml: larger than 1024 KiB"),
        ("a: " + "[" * 500, "p.yaml:1:43: nested deeper than 40 levels"),
        ("- " * 20_000, "p.yaml:1:81: nested deeper than 40 levels"),
        (BOMB, "p.yaml:5:17: more than 50000 values, aliases expanded"),
        (LONG, "p.yaml:2:125: more than 4194304 characters, aliases expanded"),
    ],
)
def test_what_is_refused(content: str | bytes, said: str) -> None:
    started = time.monotonic()
    assert refusal(content) == said
    assert time.monotonic() - started < 2


def test_depth_that_the_parser_itself_refuses_is_said_in_the_same_words() -> None:
    assert "nested deeper than 40 levels" in refusal("a: " + "[" * 20_000)


def test_aliases_cannot_nest_deeper_than_the_limit() -> None:
    lines = ["a0: &a0 [x]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60)]
    assert "nested deeper than 40 levels" in refusal("\n".join(lines))
