"""From a code object to its rewritten form: the constructs in order.

There is one construct so far, calls; the order begins to matter with the second.

Invariant: rewritten code does what the original does when nothing traced reaches it, at the same lines and columns.
"""

from __future__ import annotations

import functools
from types import CodeType
from typing import Final

from fullgraph.rewriting.ast_tools import Module, compiled, find, follow, module_of, with_constant
from fullgraph.rewriting.calls import Calls
from fullgraph.rewriting.runtime import select

_SELECT: Final = "<fullgraph: select>"  # stands for the runtime until the code is compiled


def rewritten(code: CodeType) -> CodeType | None:
    """Return the rewritten form of a code object, with all that is in it; None when its source is not to be had."""
    module = module_of(code)
    forms = None if module is None else _both_forms(module)
    if forms is None:
        return None
    path = find(code, forms[0])
    return None if not path else with_constant(follow(forms[1], path), _SELECT, select)


@functools.lru_cache(maxsize=16)
def _both_forms(module: Module) -> tuple[CodeType, CodeType] | None:
    """Compile a module as it is, and rewritten. Several of its functions are likely to be asked for."""
    original, changed = compiled(module), compiled(module, Calls(_SELECT))
    return None if original is None or changed is None else (original, changed)
