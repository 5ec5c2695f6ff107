from __future__ import annotations

import pytest

from devenv.model.origin import ProfileError
from devenv.profile.dotenv import EnvFile, parse

OUTSIDE = {"HOME": "/home/me", "BOTH": "outside"}


def read(text: str | bytes, *, raw: bool = False) -> dict[str, str]:
    content = text if isinstance(text, bytes) else text.encode()
    return dict(parse(EnvFile(content, ".env", raw), OUTSIDE.get))


def test_a_file_sees_its_own_variables_ahead_of_those_of_earlier_files() -> None:
    earlier = {"A": "earlier", "B": "earlier", "HOME": "earlier"}
    file = EnvFile(b"A=own\nC=$A $B $HOME", ".env", earlier=earlier)
    assert parse(file, OUTSIDE.get)["C"] == "own earlier /home/me"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("A=1\nB=2", {"A": "1", "B": "2"}),
        ("\n# note\n  # more\nexport A=1\n", {"A": "1"}),
        ("A: 1", {"A": "1"}),
        ("A = spaced  \n", {"A": "spaced"}),
        ("A=", {"A": ""}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("HOME\nUNSET\nA=1", {"HOME": "/home/me", "A": "1"}),
        ("A=x # note", {"A": "x"}),
        ("A=x#y", {"A": "x#y"}),
        ("A='$HOME # x'", {"A": "$HOME # x"}),
        ('A="$HOME # x" # note', {"A": "/home/me # x"}),
        ("A=$HOME/x", {"A": "/home/me/x"}),
        ("A=1\nB=${A}2", {"A": "1", "B": "12"}),
        ("BOTH=inside\nC=$BOTH", {"BOTH": "inside", "C": "outside"}),
        ("A=${UNSET:-d}", {"A": "d"}),
        ('A="a\\nb\\t\\"c\\" \\$HOME \\\\ \\q"', {"A": 'a\nb\t"c" $HOME \\ \\q'}),
        ('A="\\0101"', {"A": "A"}),
        ("A='it\\'s'", {"A": "it's"}),
        ('A="two\nlines"\nB=1', {"A": "two\nlines", "B": "1"}),
        (b"\xef\xbb\xbfA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("a.b-c[0]=1", {"a.b-c[0]": "1"}),
        ("A=$$x", {"A": "$x"}),
    ],
)
def test_env_files_read_as_compose_reads_them(text: str | bytes, values: dict[str, str]) -> None:
    assert read(text) == values


def test_the_raw_format_takes_lines_as_they_are() -> None:
    assert read('# x\nA="$B" # y\nHOME\nUNSET\n', raw=True) == {
        "A": '"$B" # y',
        "HOME": "/home/me",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A=1\nB?=2", ".env:2:1: `?` is not possible in a variable's name"),
        ("A B=1", ".env:1:1: a space in the name `A B`"),
        ("=1", ".env:1:1: `=` is not possible in a variable's name"),
        ("A=1\nB='x", ".env:2:3: the quote ' is not closed"),
        ("A=${X", ".env:1:3: invalid variable `${X` (write `$$` for a dollar sign)"),
        ("A=${X:?y}", ".env:1:3: required variable X is missing a value: y (set X)"),
        (b"A=\xff", ".env: not UTF-8 text"),
        ("A=\0", ".env: a NUL character"),
        ("A=" + "x" * 2_000_000, ".env: larger than 1024 KiB"),
    ],
)
def test_what_is_refused(text: str | bytes, said: str) -> None:
    with pytest.raises(ProfileError) as caught:
        read(text)
    assert str(caught.value) == said


def test_variables_cannot_grow_without_end() -> None:
    lines = ["A0=xxxxxxxxxx"] + [f"A{n}=$A{n - 1}$A{n - 1}" for n in range(1, 60)]
    with pytest.raises(ProfileError, match="more than 128 KiB"):
        read("\n".join(lines))
