"""Operators whose results have sizes that only contents tell, and operators that want contents to tell sizes."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

import fullgraph
from tests.support import assert_same


def test_rows_repeated_as_often_as_a_tensor_says():
    def program(x, counts):
        return torch.repeat_interleave(x, counts, dim=0), torch.repeat_interleave(counts)

    exported = fullgraph.export(
        program, (torch.randn(3, 2), torch.tensor([1, 0, 2])), dynamic_shapes={"x": "n _", "counts": "n"}
    )

    for counts in ([0, 0], [5], [], [1, 2, 3, 0]):
        arguments = torch.randn(len(counts), 2), torch.tensor(counts, dtype=torch.int64)
        for expected, actual in zip(program(*arguments), exported(*arguments)):
            assert torch.equal(expected, actual)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_a_loss_of_lengths_in_tensors(reduction):
    def program(log_probs, targets, lengths, target_lengths):
        return F.ctc_loss(log_probs, targets, lengths, target_lengths, reduction=reduction)

    def inputs(steps, batch):
        lengths = torch.full((batch,), steps), torch.randint(1, 3, (batch,))
        return torch.randn(steps, batch, 4).log_softmax(2), torch.randint(1, 4, (batch, 5)), *lengths

    exported = fullgraph.export(program, inputs(8, 3), dynamic_shapes=("t n _", "n _", "n", "n"))

    for steps, batch in ((9, 2), (12, 1), (5, 4)):
        arguments = inputs(steps, batch)
        torch.testing.assert_close(exported(*arguments), program(*arguments))


def test_lengths_that_are_read_on_the_host_are_refused():
    def program(x, lengths):
        return torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True).data

    with pytest.raises(fullgraph.DataDependent, match="pack_padded_sequence"):
        fullgraph.export(program, (torch.randn(2, 3, 4), torch.tensor([3, 1])))


def test_lengths_made_of_sizes_are_read_on_the_host_as_well():
    def program(x):
        lengths = torch.full((x.shape[0],), x.shape[1])
        return torch.nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True).data

    with pytest.raises(fullgraph.DataDependent, match="pack_padded_sequence"):
        fullgraph.export(program, (torch.randn(2, 3, 4),), dynamic_shapes={"x": "n l _"})


def test_elements_chosen_by_one_mask_and_by_an_equal_one():
    """As many come back as were taken; the program makes sure of it at each run, since no call can check it."""

    def program(x, mask, other):
        y = x.clone()
        y[~mask] += x[~mask] * 2
        return y, x[mask] + x[other]

    some = torch.tensor([True, False, True])
    exported = assert_same(
        program,
        (torch.randn(3, 2), some, some.clone()),
        [
            (torch.randn(4, 2), torch.ones(4, dtype=torch.bool), torch.ones(4, dtype=torch.bool)),
            (torch.randn(1, 2), torch.zeros(1, dtype=torch.bool), torch.zeros(1, dtype=torch.bool)),
        ],
        dynamic_shapes=("n _", "n", "n"),
    )

    with pytest.raises(RuntimeError, match="=="):
        exported(torch.randn(3, 2), some, ~some)


def test_two_sizes_without_an_example_are_not_taken_for_equal():
    """What a `TensorSpec` leaves open is said by a spec, not guessed."""
    one, other = (fullgraph.TensorSpec((n,), torch.float32) for n in ("a", "b"))

    with pytest.raises(fullgraph.DataDependent, match="has no example"):
        fullgraph.export(lambda x, y: x + y, (one, other), dynamic_shapes=("a", "b"))


def test_a_list_of_numbers_that_are_contents():
    """`tolist()` of a tensor with few elements gives numbers of the run: sizes, factors, truth values."""

    def program(x, sizes, factors, flags):
        parts = x.split(sizes.tolist())
        (first, second), (third, _) = factors.tolist()
        return parts[0] * first + third, parts[1] * second, flags.tolist(), sizes[:0].tolist()

    def arguments(*sizes):
        return torch.randn(sum(sizes)), torch.tensor(sizes), torch.randn(2, 2), torch.tensor([True, False])

    assert_same(
        program,
        arguments(2, 4),
        [arguments(0, 1), arguments(5, 0), arguments(0, 0)],
        dynamic_shapes=("n", "_", "_ _", "_"),
    )


def test_a_long_list_is_refused():
    with pytest.raises(fullgraph.DataDependent, match="tolist"):
        fullgraph.export(lambda x: x.tolist(), (torch.zeros(30, 30),))


@pytest.mark.parametrize("kind", [torch.nn.GRUCell, torch.nn.LSTMCell, torch.nn.RNNCell])
def test_recurrent_cells_take_any_batch(kind):
    cell = kind(3, 4)
    exported = fullgraph.export(cell, (torch.randn(2, 3),), dynamic_shapes=("n _",))

    for batch in (0, 1, 5):
        x = torch.randn(batch, 3)
        torch.testing.assert_close(exported(x), cell(x))


def test_a_mask_of_the_wrong_size_raises_what_eager_raises():
    x, mask = torch.ones(4, 2), torch.ones(3, dtype=torch.bool)
    with pytest.raises(IndexError) as expected:
        x[0][None, mask]
    with pytest.raises(IndexError) as found:
        fullgraph.export(lambda x, mask: x[0][None, mask], (x, mask))
    assert str(found.value) == str(expected.value)


def test_a_tensor_holds_no_larger_number_than_int64():
    """Eager raises for a larger one, and the number in the tensor is known without it."""
    program = assert_same(
        lambda x, a: x * torch.tensor(3 * a).item(),
        (torch.ones(2), 5),
        [(torch.ones(2), -7)],
        dynamic_shapes=(None, fullgraph.Dim.DYNAMIC),
        refused=[(torch.ones(2), 2**62)],
    )
    assert "a <= 3074457345618258602" in str(program.contract)
