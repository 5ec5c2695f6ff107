from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from devenv.sync.diff import (
    Change,
    Comparison,
    Conflict,
    Content,
    Contents,
    changes,
    compare,
    unsent,
)
from devenv.sync.tree import EMPTY, Edit, Entry, File, Folder, Link, Odd, at, edited, walk


def file(number: int) -> File:
    return File(number, number, number, 0o644)


def folder(**entries: Entry) -> Folder:
    return Folder(entries=entries)


def test_what_is_equal_is_no_change() -> None:
    assert list(changes(folder(a=file(1)), folder(a=file(1)))) == []


def test_a_new_folder_is_one_change_with_all_that_is_in_it() -> None:
    inner = folder(a=file(1), b=file(2))
    assert list(changes(EMPTY, folder(new=inner))) == [Change("new", None, inner)]


def test_a_change_within_a_folder_is_told_by_its_path() -> None:
    before, after = folder(in_=folder(a=file(1))), folder(in_=folder(a=file(2)))
    assert list(changes(before, after)) == [Change("in_/a", file(1), file(2))]


def test_the_mode_of_a_folder_changes_without_what_is_in_it() -> None:
    before = folder(bin=Folder(0o755, entries={"a": file(1)}))
    after = folder(bin=Folder(0o700, entries={"a": file(1)}))
    assert list(changes(before, after)) == [Change("bin", Folder(0o755), Folder(0o700))]


def test_what_cannot_be_read_is_told_and_of_what_is_no_file_only_what_took_a_place() -> None:
    (socket,) = changes(EMPTY, folder(socket=Odd("it is a socket")))
    (secret,) = changes(EMPTY, folder(d=folder(secret=Odd("Permission denied", is_unread=True))))
    (instead,) = changes(folder(a=file(1)), folder(a=Odd("it is a socket")))
    assert list(unsent(socket)) == []
    assert list(unsent(instead)) == [("a", "it is a socket")]
    assert list(unsent(secret)) == [("d/secret", "Permission denied")]


NAMES = st.sampled_from(["a", "b", "c"])
LEAVES = st.one_of(st.integers(0, 3).map(file), st.sampled_from(["x", "y"]).map(Link))
TREES = st.recursive(
    st.dictionaries(NAMES, LEAVES, max_size=3).map(lambda found: Folder(entries=found)),
    lambda inner: st.dictionaries(NAMES, LEAVES | inner, max_size=3).map(
        lambda found: Folder(entries=found)
    ),
    max_leaves=8,
)


@given(TREES, TREES)
def test_making_all_changes_makes_the_source(before: Folder, after: Folder) -> None:
    found = list(changes(before, after))
    kept = [c for c in found if not (isinstance(c.old, Folder) and isinstance(c.new, Folder))]
    assert edited(before, [Edit(change.path, change.new) for change in kept]) == after


@given(TREES)
def test_every_path_leads_to_its_entry(tree: Folder) -> None:
    assert all(at(tree, path) is entry for path, entry in walk(tree))


CONTENTS: st.SearchStrategy[Contents] = st.dictionaries(
    NAMES, st.sampled_from(["1", "2", "3"]).map(lambda text: Content("file", 0o644, text))
)


@given(CONTENTS, CONTENTS, CONTENTS)
def test_nothing_that_the_target_changed_is_lost_in_silence(
    agreed: Contents, source: Contents, target: Contents
) -> None:
    found = compare(agreed, source, target)
    told = {conflict.path for conflict in found.conflicts}
    for path in (found.send | found.remove) & target.keys() & agreed.keys():
        assert target[path] == agreed[path] or path in told


@given(CONTENTS, CONTENTS, CONTENTS)
def test_the_target_becomes_the_source_but_for_what_it_changed_itself(
    agreed: Contents, source: Contents, target: Contents
) -> None:
    found = compare(agreed, source, target)
    after = {path: one for path, one in target.items() if path not in found.remove}
    after |= {path: source[path] for path in found.send}
    kept = {conflict.path for conflict in found.conflicts if not conflict.overwritten}
    for path in (agreed.keys() | source.keys()) - kept:
        assert after.get(path) == source.get(path)


@given(CONTENTS, CONTENTS)
def test_a_fresh_target_never_deletes_and_never_conflicts(
    source: Contents, target: Contents
) -> None:
    found = compare({}, source, target)
    assert (found.remove, found.conflicts) == (frozenset(), ())


def test_what_the_target_lost_is_sent_again() -> None:
    one = {"a": Content("file", 0o644, "1")}
    assert compare(one, one, {}) == Comparison(send=frozenset({"a"}))


def test_a_change_on_both_sides_is_the_sources_and_is_told() -> None:
    old, new, other = (Content("file", 0o644, text) for text in "123")
    found = compare({"a": old}, {"a": new}, {"a": other})
    assert found == Comparison(frozenset({"a"}), conflicts=(Conflict("a", overwritten=True),))
