"""From a code object to its rewritten form: the constructs in order.

Calls come first: what conditions are replaced by is called as it stands.

Invariant: rewritten code does what the original does when nothing traced reaches it, at the same lines and columns.
"""

from __future__ import annotations

import functools
from types import CodeType
from typing import Final

from fullgraph.rewriting.ast_tools import Module, compiled, find, follow, module_of, with_constant
from fullgraph.rewriting.calls import Calls
from fullgraph.rewriting.conditions import Conditions
from fullgraph.rewriting.joining import both, first, negated
from fullgraph.rewriting.runtime import select

# What stands for the runtime until the code is compiled.
_RUNTIME: Final = {f"<fullgraph: {each.__name__}>": each for each in (first, both, negated, select)}
_FIRST, _BOTH, _NEGATED, _SELECT = _RUNTIME


def rewritten(code: CodeType) -> CodeType | None:
    """Return the rewritten form of a code object, with all that is in it; None when its source is not to be had."""
    module = module_of(code)
    forms = None if module is None else _both_forms(module)
    if forms is None:
        return None
    path = find(code, forms[0])
    if not path:
        return None
    code = follow(forms[1], path)
    for placeholder, function in _RUNTIME.items():
        code = with_constant(code, placeholder, function)
    return code


@functools.lru_cache(maxsize=16)
def _both_forms(module: Module) -> tuple[CodeType, CodeType] | None:
    """Compile a module as it is, and rewritten. Several of its functions are likely to be asked for."""
    original = compiled(module)
    changed = compiled(module, Calls(_SELECT), Conditions(_FIRST, _BOTH, _NEGATED))
    return None if original is None or changed is None else (original, changed)
