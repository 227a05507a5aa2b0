"""`constraints=`: facts about dims, written as text (`"a >= b"`), with `dynamic_dim`, or with `Dim`s."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from fullgraph.contract.dim import DynamicDim, Relation
from fullgraph.contract.inputs import Input
from fullgraph.contract.sizes import ANY_SIZE, Sizes, merge_sizes
from fullgraph.contract.symbols import Source
from fullgraph.errors import SpecError
from fullgraph.symbolic import Bool, Expr, parse, render, substitute, symbol


@dataclass(frozen=True)
class Statement:
    """A fact the user stated, and how they wrote it."""

    fact: Bool
    text: str


@dataclass(frozen=True)
class Stated:
    """The constraints as read, before the symbols of the inputs are known.

    Args:
        facts: over named symbols, and over the placeholders that `dynamic_dim` makes.
        dynamic: the dims that `dynamic_dim` was called for, by placeholder.
        sizes: the ranges of the named dims that were mentioned.
    """

    facts: tuple[tuple[Bool, str | None], ...]
    dynamic: Mapping[Expr, Source]
    sizes: Mapping[str, Sizes]

    def resolved(self, exprs: Mapping[Source, Expr], names: Mapping[str, type]) -> tuple[Statement, ...]:
        """Return the facts over the symbols of the inputs.

        Args:
            exprs: the expression of each dynamic size.
            names: the names that the specs gave, and of what: `int` for sizes.
        """
        placeholders = {placeholder: exprs[source] for placeholder, source in self.dynamic.items()}
        spelled = {placeholder: str(source) for placeholder, source in self.dynamic.items()}
        found: list[Statement] = []
        for fact, text in self.facts:
            for unknown in sorted(fact.symbols - placeholders.keys(), key=render):
                if names.get(render(unknown)) is not int:
                    raise _unknown_name(render(unknown), text or render(fact, spelled), names)
            found.append(Statement(substitute(fact, placeholders), text or render(fact, spelled)))
        return tuple(found)


def read_constraints(constraints: object, inputs: Sequence[Input]) -> Stated:
    """Read `constraints=`.

    Args:
        constraints: one constraint or a sequence of them.
        inputs: the flattened arguments, where the tensors given to `dynamic_dim` are looked up.

    Raises:
        SpecError: one cannot be read, or names a tensor that is no argument.
    """
    if constraints is None:
        return Stated((), {}, {})
    is_several = isinstance(constraints, Iterable) and not isinstance(constraints, (str, Mapping))
    items: Iterable[object] = constraints if is_several else [constraints]  # type: ignore[assignment]
    facts: list[tuple[Bool, str | None]] = []
    dynamic: dict[Expr, Source] = {}
    sizes: dict[str, Sizes] = {}
    for item in items:
        if isinstance(item, str):
            facts.append(_read(item))
            continue
        if not isinstance(item, (Relation, DynamicDim)):
            raise _no_constraint(item)
        if isinstance(item, Relation):
            facts.append((item.fact, None))
        for name, place in item.places.items():
            dynamic[symbol(name)] = _find(*place, inputs)
        for name, found in item.sizes.items():
            if name not in item.places:
                sizes[name] = merge_sizes(name, sizes.get(name, ANY_SIZE), found)
    return Stated(tuple(facts), dynamic, sizes)


def _no_constraint(item: object) -> SpecError:
    if isinstance(item, bool):
        return SpecError(
            f"{item!r} is no constraint.",
            why="`==` and `!=` of two `Dim`s, or of one and an integer, compare names and are answered at once.",
            instead='the same as text: constraints=["a == 2*b"]',
        )
    return SpecError(
        f"{item!r} is no constraint.",
        instead='constraints=["a >= b"], or constraints=[dynamic_dim(x, 0) <= 10]',
    )


def _read(text: str) -> tuple[Bool, str]:
    """Read a constraint. Returns what it states, and its text without what Python does not read."""
    try:
        fact = parse(text)
    except SpecError as error:
        raise SpecError(
            f"The constraint {text!r} cannot be read.",
            why=error.why,
            instead='names that dynamic_shapes gives to dims, as in "a >= b", "width % 8 == 0"',
        ) from None
    if not isinstance(fact, Bool):
        raise SpecError(f"The constraint {text!r} states nothing: it is a size.", instead=f'"{text} >= 1"')
    return fact, ast.unparse(ast.parse(text.strip(), mode="eval"))


def _find(tensor: object, dim: int, inputs: Sequence[Input]) -> Source:
    found = [Source(i, dim, leaf.path) for i, leaf in enumerate(inputs) if leaf.value is tensor]
    if not found:
        raise SpecError(
            f"`dynamic_dim` was given a tensor that is no argument of the program; dim {dim} of it.",
            instead="the very tensor that is passed to export",
        )
    if len(found) > 1:
        paths = " and ".join(f"`{source.path}`" for source in found)
        raise SpecError(
            f"`dynamic_dim` was given a tensor that is passed as {paths}.",
            why="It does not say which of them is meant.",
            instead="dynamic_shapes with the names of the parameters",
        )
    return found[0]


def _unknown_name(name: str, text: str, names: Mapping[str, type]) -> SpecError:
    if name in names:
        return SpecError(
            f"The constraint {text!r} names `{name}`, which is a {names[name].__name__}.",
            why="Constraints are about sizes and integers.",
            instead="torch._check(...) in the program, for what must hold of it",
        )
    close = difflib.get_close_matches(name, names, n=1)
    known = ", ".join(f"`{n}`" for n in sorted(names))
    return SpecError(
        f"The constraint {text!r} names `{name}`, which is no dim of any input.",
        why=f"The named dims are {known}." if names else "No dim has a name.",
        instead=f"did you mean `{close[0]}`?" if close else f'dynamic_shapes={{"x": "{name} ..."}}',
    )
