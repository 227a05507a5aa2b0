"""Tensors made of sizes are asked for their values: the answer is an expression over the sizes, at every size."""

from __future__ import annotations

import pytest
import torch

import fullgraph


def made(x):
    return torch.ones(torch.tensor(x.shape[0]).item() + 1)


def through_arithmetic(x):
    n = torch.tensor(min(x.shape[0], 4)).long()
    return x.new_ones(20)[(10 - n) : (n * 2 + 10)]


def selected(x):
    sizes = torch.tensor([x.shape[0], 3])
    return x.new_zeros(sizes[0].item(), sizes[1].item())


def least_and_greatest(x):
    n = torch.full((), x.shape[0])
    return x.new_zeros(torch.minimum(n, torch.tensor(5)).item(), torch.maximum(n, torch.tensor(5)).item())


def negated(x):
    return x.new_zeros((-torch.scalar_tensor(x.shape[0], dtype=torch.int64)).item() + x.shape[0] + 2)


@pytest.mark.parametrize("program", [made, through_arithmetic, selected, least_and_greatest, negated])
def test_the_value_is_an_expression_over_sizes(program):
    exported = fullgraph.export(program, (torch.ones(3),), dynamic_shapes={"x": "n"})

    for size in (0, 1, 2, 7, 1000):
        expected = program(torch.ones(size))
        actual = exported(torch.ones(size))

        assert torch.equal(expected, actual)
    assert all(node.target is not torch.ops.aten.item.default for node in exported.graph.nodes)


def test_what_left_int64_is_read_at_run_time():
    """Another dtype rounds or wraps: the program reads the tensor."""

    def program(x):
        return x.new_zeros(torch.tensor(x.shape[0]).to(torch.uint8).item())

    exported = fullgraph.export(program, (torch.ones(3),), dynamic_shapes={"x": "n"})

    assert exported(torch.ones(259)).shape == (3,)


def test_data_as_the_bound_of_a_slice():
    def program(x, start, stop):
        return x[start:stop].sum(), x[:stop]

    exported = fullgraph.export(
        program, (torch.arange(9.0), torch.tensor(1), torch.tensor(5)), dynamic_shapes={"x": "n"}
    )

    for size, start, stop in ((9, 2, 4), (9, -3, 20), (0, 0, 1), (5, 4, 2), (5, -9, -1)):
        arguments = (torch.arange(float(size)), torch.tensor(start), torch.tensor(stop))
        for expected, actual in zip(program(*arguments), exported(*arguments)):
            assert torch.equal(expected, actual)


def test_assignment_to_a_slice_with_data_as_its_bound():
    def program(x, stop):
        x = x.clone()
        x[:stop] = 0
        return x

    exported = fullgraph.export(program, (torch.ones(9), torch.tensor(5)), dynamic_shapes={"x": "n"})

    for size, stop in ((9, 3), (9, -2), (2, 7), (0, 1)):
        arguments = (torch.ones(size), torch.tensor(stop))
        assert torch.equal(program(*arguments), exported(*arguments))
