"""Operators that call subgraphs: how a program is written with them, recorded with them, and run.

What may enter: one operator a file (its eager form, how it is recorded), the table of the functions that stand for
them during a trace, and how a program runs them. How Python's own control flow becomes such an operator is the
business of `rewriting`.
"""

from __future__ import annotations

from fullgraph.control_flow.associative_scan import associative_scan
from fullgraph.control_flow.cond import cond, switch
from fullgraph.control_flow.functions import FUNCTIONS
from fullgraph.control_flow.map import map  # noqa: A004  (PyTorch's name for it)
from fullgraph.control_flow.running import RUNNERS
from fullgraph.control_flow.scan import scan
from fullgraph.control_flow.while_loop import while_loop

__all__ = ["FUNCTIONS", "RUNNERS", "associative_scan", "cond", "map", "scan", "switch", "while_loop"]
