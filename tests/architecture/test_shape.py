"""Sizes and names: what keeps each part small enough to be read at once."""

from __future__ import annotations

import ast

from tests.architecture.code import ALL, PRODUCT, Function, lines, modules

LINES_OF_A_FUNCTION = 50
LINES_OF_A_FILE = 400
LINES_OF_A_CLASS = 150
PUBLIC_METHODS = 13
NAMELESS = {"util", "utils", "common", "helper", "helpers", "misc", "shared", "stuff"}


def test_functions_fit_on_a_screen() -> None:
    long = [
        f"{module.path}: {function.name} has {lines(function)} lines"
        for module in modules(*ALL)
        for function in module.functions()
        if lines(function) > LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_files_are_about_one_thing() -> None:
    long = [
        f"{module.path} has {length} lines"
        for module in modules(*ALL)
        if (length := module.text.count("\n")) > LINES_OF_A_FILE
    ]
    assert long == []


def test_classes_stay_small() -> None:
    long = [
        f"{module.path}: {found.name} has {lines(found)} lines"
        for module in modules(*PRODUCT)
        for found in module.classes()
        if lines(found) > LINES_OF_A_CLASS
    ]
    assert long == []


def test_classes_have_few_public_methods() -> None:
    wide = [
        f"{module.path}: {found.name} has {len(public)} public methods"
        for module in modules(*PRODUCT)
        for found in module.classes()
        if len(public := _public_methods(found)) > PUBLIC_METHODS
    ]
    assert wide == []


def _public_methods(found: ast.ClassDef) -> list[str]:
    methods = (node.name for node in found.body if isinstance(node, Function))
    return [name for name in methods if not name.startswith(("_", *_CALLED_BY_TEXTUAL))]


_CALLED_BY_TEXTUAL = ("action_", "on_")
"""A key or an event each, found by name: no caller of ours has to know them."""


def test_values_cannot_change() -> None:
    """Only the daemon and the terminal's views hold state that changes in place."""
    loose = [
        f"{module.path}: {found.name}"
        for module in modules(*PRODUCT)
        if not module.path.startswith(("devenv/daemon/", "devenv/tui/"))
        for found in module.classes()
        for decorator in map(ast.unparse, found.decorator_list)
        if decorator.startswith(("dataclass", "dataclasses.dataclass"))
        and not ("frozen=True" in decorator and "slots=True" in decorator)
    ]
    assert loose == []


def test_every_file_is_named_after_what_is_in_it() -> None:
    paths = [module.path.removesuffix(".py").split("/") for module in modules(*ALL)]
    assert ["/".join(path) for path in paths if NAMELESS.intersection(path)] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        module.path
        for module in modules(*PRODUCT)
        if module.text.strip() and not ast.get_docstring(module.tree)
    ]
    assert silent == []
