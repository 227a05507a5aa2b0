"""The other families with symbolic sizes: right at every small size, and what each relies on."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from fullgraph.symbolic import add, mul, truediv
from fullgraph.tracing.rules.dims import minus, plus, times
from tests.tracing.rules.support import agree

aten = torch.ops.aten

ASKS_NOTHING = {
    "linear": lambda t, n, m: (aten.linear.default, (t(n, m, 4), t(5, 4), t(5))),
    "linear by a vector": lambda t, n, m: (aten.linear.default, (t(n, m, 4), t(4))),
    "matmul": lambda t, n, m: (aten.matmul.default, (t(2, n, m), t(m, n))),
    "matmul of batches": lambda t, n, m: (aten.matmul.default, (t(n, 1, 4, m), t(3, m, 2))),
    "matmul of vectors": lambda t, n, m: (aten.matmul.default, (t(n), t(n))),
    "matmul by a vector": lambda t, n, m: (aten.matmul.default, (t(m, 2, n), t(n))),
    "bmm": lambda t, n, m: (aten.bmm.default, (t(n, 2, m), t(n, m, 3))),
    "addmm": lambda t, n, m: (aten.addmm.default, (t(3), t(n, m), t(m, 3))),
    "einsum": lambda t, n, m: (aten.einsum.default, ("bhid,bhjd->bhij", [t(n, 2, m, 4), t(n, 2, 3, 4)])),
    "einsum implicit": lambda t, n, m: (aten.einsum.default, ("...ij,jk", [t(n, m, 3), t(3, m)])),
    "cat": lambda t, n, m: (aten.cat.default, ([t(n, 2), t(m, 2), t(0)], 0)),
    "stack": lambda t, n, m: (aten.stack.default, ([t(n, m), t(n, m)], -1)),
    "pad": lambda t, n, m: (aten.constant_pad_nd.default, (t(n, m), [1, -1, 0, m])),
    "pad by mode": lambda t, n, m: (aten.pad.default, (t(n, m, 4), [1, 2], "reflect")),
    "repeat": lambda t, n, m: (aten.repeat.default, (t(n, 2), [2, m, 1])),
    "tile": lambda t, n, m: (aten.tile.default, (t(n, 2), [m])),
    "repeat_interleave": lambda t, n, m: (aten.repeat_interleave.self_int, (t(n, m), 3, 1)),
    "hstack": lambda t, n, m: (aten.hstack.default, ([t(n), t(m)],)),
    "vstack": lambda t, n, m: (aten.vstack.default, ([t(3), t(n, 3)],)),
    "meshgrid": lambda t, n, m: (aten.meshgrid.default, ([t(n), t(m)],)),
    "index": lambda t, n, m: (aten.index.Tensor, (t(3, n, 4), [None, t(m, 2, dtype=torch.int64)])),
    "index far apart": lambda t, n, m: (
        aten.index.Tensor,
        (t(3, n, 4), [t(m, dtype=torch.int64), None, t(1, dtype=torch.int64)]),
    ),
    "index_select": lambda t, n, m: (aten.index_select.default, (t(2, n), 0, t(m, dtype=torch.int64))),
    "gather": lambda t, n, m: (aten.gather.default, (t(n, 3), 1, t(n, m, dtype=torch.int64))),
    "embedding": lambda t, n, m: (aten.embedding.default, (t(9, 4), t(n, m, dtype=torch.int64))),
    "one_hot": lambda t, n, m: (aten.one_hot.default, (t(n, dtype=torch.int64), 4)),
    "scatter": lambda t, n, m: (aten.scatter.value, (t(n, 3), 1, t(n, 2, dtype=torch.int64), 1.0)),
    "topk": lambda t, n, m: (aten.topk.default, (t(n, 4), 2)),
    "sum": lambda t, n, m: (aten.sum.dim_IntList, (t(n, m, 3), [0, -1])),
    "sum of all": lambda t, n, m: (aten.sum.default, (t(n, m),)),
    "mean keepdim": lambda t, n, m: (aten.mean.dim, (t(n, m, 3), [1], True)),
    "max": lambda t, n, m: (aten.max.dim, (t(n, 3), 1)),
    "argmax": lambda t, n, m: (aten.argmax.default, (t(n, 3), -1, True)),
    "var": lambda t, n, m: (aten.var.correction, (t(n, m), [1])),
    "softmax": lambda t, n, m: (aten.softmax.int, (t(n, m), -1)),
    "cumsum": lambda t, n, m: (aten.cumsum.default, (t(n, m, dtype=torch.int32), 0)),
    "layer_norm": lambda t, n, m: (aten.layer_norm.default, (t(n, m, 4), [4])),
    "layer_norm of a symbol": lambda t, n, m: (aten.layer_norm.default, (t(n, m), [m])),
    "group_norm": lambda t, n, m: (aten.group_norm.default, (t(n, 4, m), 2)),
    "rms_norm": lambda t, n, m: (aten.rms_norm.default, (t(n, m, 4), [4], t(4))),
    "attention": lambda t, n, m: (
        aten.scaled_dot_product_attention.default,
        (t(n, 2, m, 4), t(n, 2, 3, 4), t(n, 2, 3, 5), t(n, 1, m, 3)),
    ),
    "conv1d": lambda t, n, m: (aten.conv1d.default, (t(n, 2, m), t(3, 2, 2), None, [2], [1], [2])),
    "conv2d same": lambda t, n, m: (
        aten.conv2d.padding,
        (t(n, 2, m, m), t(3, 2, 3, 3), None, [1, 1], "same"),
    ),
    "conv2d in groups": lambda t, n, m: (
        aten.conv2d.default,
        (t(n, 4, m, 5), t(4, 1, 3, 3), None, [2, 2], [1, 1], [1, 1], 4),
    ),
    "conv_transpose2d": lambda t, n, m: (
        aten.conv_transpose2d.input,
        (t(n, 2, m, 3), t(2, 3, 2, 2), None, [2, 2], [0, 0], [1, 1]),
    ),
    "max_pool2d": lambda t, n, m: (aten.max_pool2d.default, (t(n, 2, m, 4), [2, 2])),
    "avg_pool1d": lambda t, n, m: (aten.avg_pool1d.default, (t(n, 2, m), [2], [2], [1])),
    "adaptive_avg_pool2d": lambda t, n, m: (aten.adaptive_avg_pool2d.default, (t(n, 2, m, m), [2, 1])),
    "upsample by a factor": lambda t, n, m: (
        aten.upsample_nearest2d.vec,
        (t(n, 2, m, 3), None, [2.0, 1.7]),
    ),
    "upsample to a size": lambda t, n, m: (aten.upsample_nearest1d.vec, (t(n, 2, 3), [m], None)),
    "zeros": lambda t, n, m: (aten.zeros.default, ([n, plus(m, 1)],)),
    "full": lambda t, n, m: (aten.full.default, ([n, m], 2)),
    "arange": lambda t, n, m: (aten.arange.default, (n,)),
    "arange.start": lambda t, n, m: (aten.arange.start, (n, plus(n, m))),
    "arange.step": lambda t, n, m: (aten.arange.start_step, (n, times(2, m), 3)),
    "arange down": lambda t, n, m: (aten.arange.start_step, (n, minus(0, m), -2)),
    "linspace": lambda t, n, m: (aten.linspace.default, (0, 1, n)),
    "eye": lambda t, n, m: (aten.eye.m, (n, m)),
    "zero": lambda t, n, m: (aten.zero.default, (t(n, m),)),
    "block_diag": lambda t, n, m: (
        aten.block_diag.default,
        ([t(n, m), t(m), t(2, n, dtype=torch.int64), t()],),
    ),
    "trapz": lambda t, n, m: (aten.trapz.x, (t(n, m), t(m))),
    "pad_sequence": lambda t, n, m: (aten.pad_sequence.default, ([t(n, 3), t(m, 3), t(4, 3)], True)),
    "quantile": lambda t, n, m: (aten.quantile.default, (t(n, m), t(3), 1, True)),
    "quantile of all": lambda t, n, m: (aten.quantile.default, (t(n, m), t(2))),
    "conv_tbc": lambda t, n, m: (aten.conv_tbc.default, (t(n, m, 2), t(3, 2, 4), t(4), 1)),
    "chain_matmul": lambda t, n, m: (aten.chain_matmul.default, ([t(n, m), t(m, 2), t(2, n)],)),
    "combinations": lambda t, n, m: (aten.combinations.default, (t(n), 3)),
    "combinations of one": lambda t, n, m: (aten.combinations.default, (t(n), 1, True)),
    "combinations of none": lambda t, n, m: (aten.combinations.default, (t(n), 0)),
    "cholesky": lambda t, n, m: (aten.cholesky.default, (t(n, m, m),)),
    "combinations with replacement": lambda t, n, m: (aten.combinations.default, (t(n), 2, True)),
    "tril_indices": lambda t, n, m: (aten.tril_indices.default, (n, m, -1)),
    "triu_indices": lambda t, n, m: (aten.triu_indices.default, (n, m, 2)),
    "affine_grid": lambda t, n, m: (aten.affine_grid_generator.default, (t(n, 2, 3), [n, 3, m, 2], False)),
    "istft": lambda t, n, m: (aten.istft.default, (t(n, 5, m, dtype=torch.complex64), 8, 2)),
    "new_zeros": lambda t, n, m: (aten.new_zeros.default, (t(n, dtype=torch.int16), [m, n])),
}


if not hasattr(aten, "cholesky"):  # PyTorch 2.14 has only torch.linalg's
    del ASKS_NOTHING["cholesky"]


@pytest.mark.parametrize("name", ASKS_NOTHING)
def test_right_at_every_size_without_asking(name):
    """No size is special to these calls."""
    _, assumed = agree(ASKS_NOTHING[name], n=2, m=3)
    assert assumed == []


RELIES_ON = {
    "linear": (lambda t, n, m: (aten.linear.default, (t(2, n), t(5, m))), {"n": 3, "m": 3}, ["n == m"]),
    "matmul": (lambda t, n: (aten.matmul.default, (t(2, n), t(4, 5))), {"n": 4}, ["n == 4"]),
    "cat": (
        lambda t, n, m: (aten.cat.default, ([t(2, n), t(3, m)], 0)),
        {"n": 3, "m": 3},
        ["n == m"],
    ),
    "attention": (
        lambda t, n, m: (aten.scaled_dot_product_attention.default, (t(n, 4, 2), t(n, m, 2), t(n, 3, 2))),
        {"n": 2, "m": 3},
        ["m == 3"],
    ),
}


@pytest.mark.parametrize("name", RELIES_ON)
def test_what_the_operator_requires_is_relied_on(name):
    """Sizes that must agree are known to be equal from then on."""
    call, hints, expected = RELIES_ON[name]
    _, assumed = agree(call, **hints)
    assert assumed == expected


@given(
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 2),
    ceil_mode=st.booleans(),
    data=st.data(),
)
def test_max_pool_at_every_size(kernel, stride, dilation, ceil_mode, data):
    padding = data.draw(st.integers(0, kernel // 2))
    options = ([kernel], [stride], [padding], [dilation], ceil_mode)
    _, assumed = agree(lambda t, n: (aten.max_pool1d.default, (t(2, n), *options)), n=9, largest=14)
    assert assumed == []


@given(
    kernel=st.integers(1, 3), stride=st.integers(1, 3), padding=st.integers(0, 2), dilation=st.integers(1, 2)
)
def test_conv_at_every_size(kernel, stride, padding, dilation):
    call = lambda t, n: (  # noqa: E731
        aten.conv1d.default,
        (t(2, 3, n), t(4, 3, kernel), None, [stride], [padding], [dilation]),
    )
    _, assumed = agree(call, n=9, largest=14)
    assert assumed == []


def test_arange_to_a_symbolic_float():
    """`torch.arange(n / 2)` has ceil(n / 2) elements."""

    def call(t, n):
        half = n / 2 if isinstance(n, int) else truediv(n, 2)
        return aten.arange.default, (half,)

    _, assumed = agree(call, n=5, largest=9)
    assert assumed == []


def test_arange_of_a_float_computed_from_a_size():
    def call(t, n):
        end = n * 0.75 + 1 if isinstance(n, int) else add(mul(n, 0.75), 1)
        return aten.arange.start_step, (0, end, 0.5)

    _, assumed = agree(call, n=5, largest=12)
    assert assumed == []
