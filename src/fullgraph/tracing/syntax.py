"""Which part of the source a frame is evaluating, and what that is part of."""

from __future__ import annotations

import ast
import functools
import linecache
import types
from itertools import islice
from typing import Any

Kinds = tuple[type[ast.expr], ...]


def nodes_at(frame: types.FrameType, kinds: Kinds) -> list[ast.expr]:
    """Return what the instruction that runs now evaluates; where Python does not say, all that it may be.

    Args:
        frame: the frame.
        kinds: what it may be. Before Python 3.11, which part of a line runs is not known.
    """
    code = frame.f_code
    parents = parents_in(code.co_filename)
    expressions = [node for node in parents if isinstance(node, ast.expr)]
    positions: Any = getattr(code, "co_positions", tuple)
    position = next(islice(positions(), frame.f_lasti // 2, None), (None,))
    if None in position:
        return [each for each in expressions if isinstance(each, kinds) and _is_on(each, frame.f_lineno)]
    exact = [each for each in expressions if _position(each) == position]
    return [each for each in exact if parents[each] not in exact][:1]


def parents_in(filename: str) -> dict[ast.AST, ast.AST]:
    """Return for each part of a file what it is part of; nothing where there is no source."""
    return _parents_in("".join(linecache.getlines(filename)))


@functools.lru_cache(maxsize=16)
def _parents_in(source: str) -> dict[ast.AST, ast.AST]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return {}
    return {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}


def _is_on(node: ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _position(node: ast.expr) -> tuple[Any, ...]:
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
