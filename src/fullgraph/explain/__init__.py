"""All the obstacles of a program in one report.

What may enter: running an export in order to learn about it, and what is said of it. Nothing here captures anything.

Read in this order: `report` (what is said), `explain` (how it is found).
"""

from __future__ import annotations

from fullgraph.explain.explain import explain
from fullgraph.explain.report import Fact, GivenUp, Obstacle, Report

__all__ = ["Fact", "GivenUp", "Obstacle", "Report", "explain"]
