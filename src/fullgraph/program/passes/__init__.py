"""Passes: from a legal graph, or the parts of a program, to another one that means the same. One pass a file."""

from __future__ import annotations

from fullgraph.program.passes.dead_code import eliminate_dead_code
from fullgraph.program.passes.grad_regions import group_grad_regions
from fullgraph.program.passes.runtime_assertions import add_runtime_assertions

__all__ = ["add_runtime_assertions", "eliminate_dead_code", "group_grad_regions"]
