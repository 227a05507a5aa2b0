"""The module that a function was compiled from: its text, and its tree compiled again.

A function is never compiled by itself: taken out of its module it would lose its closure, the mangling of private
names, its `from __future__` imports and its line numbers, each to be mended by a trick. Compiled as a part of the
whole module, as Python did it, it has them all.

Invariant: nothing is executed, and the user's warnings are not given a second time.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import warnings
from dataclasses import dataclass
from types import CodeType
from typing import Final


@dataclass(frozen=True)
class Module:
    """The source of a module, as Python compiled it.

    Args:
        filename: what code objects call it; cells of a notebook have one too.
        text: its source.
        flags: the `from __future__` imports that were in force (a prompt remembers those of earlier cells).
    """

    filename: str
    text: str
    flags: int


def module_of(code: CodeType) -> Module | None:
    """Return the module that a code object comes from; None when there is no source (`exec`, generated code)."""
    linecache.checkcache(code.co_filename)
    text = "".join(linecache.getlines(code.co_filename))
    return Module(code.co_filename, text, code.co_flags & _FUTURES) if text else None


def compiled(module: Module, *transformers: ast.NodeTransformer) -> CodeType | None:
    """Return the code of a whole module, with its tree transformed; None when it does not compile."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree: ast.Module = ast.parse(module.text, module.filename)
            for transformer in transformers:
                tree = transformer.visit(tree)
            code: CodeType = compile(tree, module.filename, "exec", flags=module.flags, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            return None
    return code


def _all_futures() -> int:
    flags = 0
    for name in __future__.all_feature_names:
        flags |= getattr(__future__, name).compiler_flag
    return flags


# `nested` and `generators` share their bits with flags of code objects that say something else.
_FUTURES: Final = _all_futures() & ~0xFFF
