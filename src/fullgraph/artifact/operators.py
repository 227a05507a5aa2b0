"""The functions that a graph calls, by name, and whether the ones found are those that were saved.

An operator keeps its schema in the file. At load it must exist and take at least the arguments it took, under the same
names and types; new ones must have defaults. Of Python's and torch's own functions only those on numbers are looked
up: `operator.attrgetter` or `operator.call` in a forged graph would be a way to run anything.
"""

from __future__ import annotations

import builtins
import math
import operator
import re
from collections.abc import Mapping
from typing import Any, Final

import torch

from fullgraph.errors import ArtifactError
from fullgraph.tracing import HigherOrderOperator, OpOverload

_ON_NUMBERS: Final[Mapping[str, frozenset[str]]] = {
    "operator": frozenset(
        "add sub mul truediv floordiv mod pow neg pos abs lshift rshift and_ or_ xor invert not_ truth index "
        "eq ne lt le gt ge getitem".split()
    ),
    "math": frozenset(name for name in dir(math) if not name.startswith("_")),
    "builtins": frozenset("round min max abs int float bool".split()),
    "torch": frozenset(name for name in dir(torch) if name.startswith(("sym_", "_sym_"))),
}
_MODULES: Final = {"operator": operator, "math": math, "builtins": builtins, "torch": torch}
_COMMA: Final = re.compile(r", (?![^\[]*\])")  # not those inside `int[2] stride=[1, 1]`
_MODULE_NAMES: Final = {"_operator": "operator"}


def operator_name(target: Any) -> str:
    """Return the name of what a node calls: `aten.add.Tensor`, `higher_order.cond`, `operator.add`."""
    if isinstance(target, OpOverload):
        return str(target)
    if isinstance(target, HigherOrderOperator):
        return f"higher_order.{target.name()}"
    module = _MODULE_NAMES.get(target.__module__, target.__module__)
    if target.__name__ not in _ON_NUMBERS.get(module, ()):
        raise ArtifactError(f"The graph calls `{module}.{target.__name__}`, which a file cannot hold.")
    return f"{module}.{target.__name__}"


def schema_of(target: Any) -> str | None:
    """Return the schema of an operator as text; None for what has none."""
    return str(target._schema) if isinstance(target, OpOverload) else None


def find_operators(schemas: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the functions of these names.

    Args:
        schemas: the schema that each had when the program was saved.

    Raises:
        ArtifactError: some do not exist here, or take other arguments; all of them are named.
    """
    found = {name: _find(name) for name in schemas}
    missing = sorted(name for name, target in found.items() if target is None)
    if missing:
        libraries = sorted({name.partition(".")[0] for name in missing})
        raise ArtifactError(
            f"The program calls operators that do not exist here: {', '.join(f'`{name}`' for name in missing)}.",
            why=f"This is torch {torch.__version__}, and nothing that was imported registers them.",
            instead=f"Import the package that registers the operators of `{'`, `'.join(libraries)}` before "
            "fullgraph.load, or use the version of torch that the program was saved with.",
        )
    changed = sorted(name for name, target in found.items() if not _takes(target, schemas[name]))
    if changed:
        raise ArtifactError(
            f"Operators of the program have changed: {', '.join(f'`{name}`' for name in changed)}.",
            why="\n".join(f"{schemas[name]}  (saved)\n{found[name]._schema}  (here)" for name in changed),
            instead="Use the version of torch that the program was saved with, or export again.",
        )
    return found


def _find(name: str) -> Any:
    library, _, rest = name.partition(".")
    if library in _ON_NUMBERS:
        return getattr(_MODULES[library], rest) if rest in _ON_NUMBERS[library] else None
    found: Any = torch.ops
    try:
        for part in name.split("."):
            found = getattr(found, part)
    except (AttributeError, RuntimeError):
        return None
    return found if isinstance(found, (OpOverload, HigherOrderOperator)) else None


def _takes(target: Any, schema: str | None) -> bool:
    if schema is None:
        return not isinstance(target, OpOverload)
    if not isinstance(target, OpOverload):
        return False
    now = str(target._schema)
    if now == schema:
        return True
    (old, old_named, old_result), (new, new_named, new_result) = _split(schema), _split(now)
    added = [*new[len(old) :], *(new_named - old_named)]
    return (
        old_result == new_result
        and new[: len(old)] == old
        and old_named <= new_named
        and all("=" in argument for argument in added)
    )


def _split(schema: str) -> tuple[list[str], set[str], str]:
    """Return the arguments by position, those by name, and the result of `op(Tensor a, *, int n=1) -> Tensor`."""
    head, _, result = schema.partition(") -> ")
    arguments = _COMMA.split(head.partition("(")[2])
    star = arguments.index("*") if "*" in arguments else len(arguments)
    return arguments[:star], set(arguments[star + 1 :]), result
