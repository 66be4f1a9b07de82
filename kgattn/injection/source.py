"""What the source of a module's forward says: whether the graph would reach its attention."""

import ast
import inspect
import textwrap
from collections.abc import Collection

from torch import nn


def fetches_attention(module: nn.Module) -> bool | None:
    """Whether its forward looks the attention function up in Transformers' registry; None without source to read."""
    source = _source(module)
    return None if source is None else "ALL_ATTENTION_FUNCTIONS" in source


def first_to_drop(outer: nn.Module, inner: Collection[nn.Module]) -> nn.Module | None:
    """The first module on the way from a call of `outer` to `inner` that hands unknown arguments on to no one.

    Transformers' modules take `**kwargs` in many versions and pass them on in fewer: those are lost without a word.

    Args:
        outer: The module that is given the arguments.
        inner: Modules inside it, all or some of which need them.

    Returns:
        A module whose forward has no `**kwargs`, or calls nothing with them; None where everything passes, and where
        there is no source to read. Containers that are never called are passed over.
    """
    names = [name for name, module in outer.named_modules() if module in inner]
    steps = {".".join(name.split(".")[:depth]): None for name in names for depth in range(name.count(".") + 2)}
    by_class: dict[type[nn.Module], nn.Module] = {}
    for module in map(outer.get_submodule, steps):
        by_class.setdefault(type(module), module)
    return next((module for module in by_class.values() if passes_on(module) is False), None)


def passes_on(module: nn.Module) -> bool | None:
    """Whether its forward calls something but a loss with the arguments it does not know; None without source."""
    if type(module).forward is nn.Module.forward:
        return None
    source = _source(module)
    try:
        function = None if source is None else ast.parse(textwrap.dedent(source)).body[0]
    except SyntaxError:  # a part of an expression
        return None
    if not isinstance(function, ast.FunctionDef):
        return None
    unknown = function.args.kwarg
    return unknown is not None and any(
        any(_is_spread(keyword, unknown.arg) for keyword in call.keywords)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and "loss" not in ast.unparse(call.func)
    )


def _is_spread(keyword: ast.keyword, name: str) -> bool:
    return keyword.arg is None and isinstance(keyword.value, ast.Name) and keyword.value.id == name


def _source(module: nn.Module) -> str | None:
    try:
        return inspect.getsource(type(module).forward)
    except (OSError, TypeError):
        return None
