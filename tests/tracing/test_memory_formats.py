"""`contiguous` and `to` asked for a memory format: the very tensor or a copy, as its layout decides."""

import itertools

import pytest
import torch
from torch import nn

from fullgraph.errors import CaptureError
from tests.support import assert_same

PROGRAMS = {
    "contiguous": lambda x: x.contiguous(memory_format=torch.channels_last),
    "to channels last": lambda x: x.to(memory_format=torch.channels_last),
    "to contiguous": lambda x: x.to(torch.float32, memory_format=torch.contiguous_format),
    "float": lambda x: x.float(memory_format=torch.preserve_format),
    "to another dtype": lambda x: x.to(torch.float64, memory_format=torch.contiguous_format),
    "in order": lambda x: x.contiguous(),
}
INPUTS = {
    "in order": lambda: torch.randn(2, 3, 4, 5),
    "channels last": lambda: torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
    "both": lambda: torch.randn(2, 1, 4, 1),
    "neither": lambda: torch.randn(2, 3, 4, 10)[..., ::2],
}
BEFORE = {"an input": lambda x: x, "computed": lambda x: x * 2, "copied": lambda x: nn.functional.relu(x)}


@pytest.mark.parametrize(("name", "layout", "before"), list(itertools.product(PROGRAMS, INPUTS, BEFORE)))
def test_a_write_reaches_what_shares_memory(name, layout, before):
    """What is written to the result is written to the tensor itself exactly where eager does so, or it is refused."""

    def program(x):
        x = BEFORE[before](x)
        y = PROGRAMS[name](x)
        y.add_(1)
        return y * 1, x

    x = INPUTS[layout]()
    try:
        assert_same(program, (x,))
    except CaptureError as error:
        assert before != "an input", error  # noqa: PT017
        assert "may or may not share memory" in error.what  # noqa: PT017


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_refused_where_nothing_is_written(name):
    for layout in INPUTS.values():
        assert_same(lambda x: PROGRAMS[name](x) + 1, (layout(),))
