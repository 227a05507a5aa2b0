"""Shape rules: what an operator returns, worked out from its arguments without running it.

What may enter: for an operator of PyTorch, how the sizes and dtype of its results follow from its arguments. A rule
is exact for every size, 0 and 1 included, and asks about sizes only where the operator's behaviour depends on the
answer. Operators without a rule are shaped by PyTorch's meta kernels, outside this folder.

Read in this order: `dims` (computing with sizes, and what is asked), `dtypes` (PyTorch decides them), `table` (the
decorators and the look-up), `broadcast`, `pointwise`, then one family of operators a file.
"""

from __future__ import annotations

from fullgraph.tracing.rules import (
    attention,
    backward,
    constrain,
    conv,
    differences,
    equations,
    factory,
    fourier,
    histogram,
    index,
    joining,
    linalg,
    losses,
    matmul,
    norm,
    pointwise,
    pooling,
    random,
    recurrent,
    reduction,
    split,
    view,
)
from fullgraph.tracing.rules.dims import product, require, require_same, shown
from fullgraph.tracing.rules.table import Out, has_rule, shape_of

# Importing a family enters its rules into the table.
FAMILIES = (
    pointwise,
    reduction,
    matmul,
    constrain,
    conv,
    differences,
    equations,
    pooling,
    view,
    split,
    index,
    joining,
    factory,
    norm,
    attention,
    recurrent,
    random,
    fourier,
    linalg,
    losses,
    histogram,
    backward,
)

__all__ = ["FAMILIES", "Out", "has_rule", "product", "require", "require_same", "shape_of", "shown"]
