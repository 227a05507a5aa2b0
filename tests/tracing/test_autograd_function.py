# ruff: noqa: ARG004  (a function's forward and backward are given `ctx`)
"""torch.autograd.Function and checkpointing in a program: values and gradients are those of eager."""

import pytest
import torch
from torch._dynamo._trace_wrapped_higher_order_op import TransformGetItemToIndex
from torch.utils.checkpoint import checkpoint

import fullgraph
from fullgraph.errors import ContractError, DataDependent, Unsupported
from tests.support import assert_refused, assert_same, assert_same_gradients


def leaf(*sizes):
    return torch.randn(*sizes, requires_grad=True)


class Scale(torch.autograd.Function):
    """A gradient that is not the derivative, so that losing it shows."""

    @staticmethod
    def forward(ctx, x, weight, factor):
        y = x * weight
        ctx.save_for_backward(x, weight, y)
        ctx.factor = factor
        return y.sin()

    @staticmethod
    def backward(ctx, gradient):
        x, weight, y = ctx.saved_tensors
        return gradient * weight * ctx.factor + y, (gradient * x).sum_to_size(weight.shape) + x.shape[0], None


class Round(torch.autograd.Function):
    @staticmethod
    def forward(x, levels=4):
        return (x * levels).round() / levels, (x * levels).to(torch.int64)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.levels = inputs[1]
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx, gradient, _):
        return gradient * ctx.levels, None


class Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return -gradient


class ByNumpy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, gradient):
        return gradient * gradient.sum().numpy()


bound_long_ago = Scale.apply


class Scaled(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(3))

    def forward(self, x):
        return bound_long_ago(x + 1, self.weight, 2.0) * 2


def test_gradients_of_inputs_and_parameters_are_the_functions_own():
    """The backward that a function defines is kept, at sizes other than the example's too."""
    assert_same_gradients(
        Scaled(), (leaf(4, 3),), [(leaf(7, 3),), (leaf(0, 3),), (leaf(1, 3),)], dynamic_shapes={"x": "n _"}
    )


def test_a_backward_is_kept_although_no_input_required_a_gradient():
    """A program exported on plain inputs can be trained later."""
    program = fullgraph.export(lambda x: Round.apply(x), (torch.randn(5),))
    x = leaf(5)
    program(x)[0].sum().backward()

    assert torch.equal(x.grad, torch.full((5,), 4.0))


def test_context_set_up_apart():
    """`setup_context`, a default argument and an output without gradient work as in eager."""

    def quantize(x):
        rounded, levels = Round.apply(x)
        return rounded * levels, Round.apply(x, 8)[0]

    assert_same(quantize, (torch.randn(4),), [(torch.randn(4),)])
    assert_same_gradients(quantize, (leaf(4),), [(leaf(4),)])


def test_a_view_of_the_input_may_be_returned():
    """A function that changes only the gradient, as for domain-adversarial training."""
    assert_same_gradients(lambda x: Reverse.apply(x).exp(), (leaf(3, 2),), [(leaf(3, 2),)])
    assert_same(lambda x: Reverse.apply(x), (torch.ones(2),))


def test_a_write_to_what_a_function_passed_through_is_refused():
    """Whether the output shares memory with the input is not known, so neither may be written."""

    def write_input(x):
        x = x * 2
        y = Reverse.apply(x)
        x.add_(1)
        return y

    assert_refused(write_input, (torch.ones(2),), kind=Unsupported, line="x.add_(1)")


def test_one_tensor_passed_twice_gets_both_gradients():
    """Each argument has a gradient of its own, also when two are one tensor."""
    assert_same_gradients(lambda x: Scale.apply(x, x, 3.0), (leaf(4, 4),), [(leaf(4, 4),)])


def test_tensors_from_outside_get_no_gradient():
    """A tensor that a function uses without taking it as an argument is a constant to it."""

    def scale(x, y):
        class Outside(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                return x * y

            @staticmethod
            def backward(ctx, gradient):
                return gradient * y * y.shape[0]

        return Outside.apply(x) + y

    shapes = {"x": "n", "y": "n"}
    assert_same_gradients(scale, (leaf(3), leaf(3)), [(leaf(5), leaf(5))], dynamic_shapes=shapes)


def test_a_function_inside_a_function():
    """The forward of one function may call another."""

    class Outer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = Scale.apply(x, x, 2.0)
            ctx.save_for_backward(y)
            return y + 1

        @staticmethod
        def backward(ctx, gradient):
            return Reverse.apply(gradient * ctx.saved_tensors[0])

    assert_same_gradients(lambda x: Outer.apply(x), (leaf(4, 4),), [(leaf(4, 4),)])


def test_one_backward_only():
    """A second derivative through `once_differentiable` is eager's error."""

    class Once(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        @torch.autograd.function.once_differentiable
        def backward(ctx, gradient):
            return gradient * 2 * ctx.saved_tensors[0]

    program = assert_same_gradients(lambda x: Once.apply(x), (leaf(3),))
    x = leaf(3)
    (first,) = torch.autograd.grad(program(x).square().sum(), x, create_graph=True)

    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


def test_second_derivatives():
    """A backward made of differentiable operators can be differentiated again."""

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, gradient):
            return 3 * gradient * ctx.saved_tensors[0] ** 2

    program = fullgraph.export(lambda x: Cube.apply(x), (torch.ones(3),))
    x = leaf(3)
    (first,) = torch.autograd.grad(program(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)

    torch.testing.assert_close(second, 6 * x)


def test_the_bare_graph_has_the_gradients_too():
    """PyTorch's own implementation of the operator runs the subgraphs as we do."""
    program = fullgraph.export(lambda x: Scale.apply(x, x * 2, 3.0), (torch.ones(2, 2),))
    x = leaf(2, 2)
    (expected,) = torch.autograd.grad(program(x).sum(), x)
    (actual,) = torch.autograd.grad(program.graph_module(x)[0].sum(), x)

    torch.testing.assert_close(actual, expected)


def test_a_backward_that_cannot_be_recorded_is_refused_when_gradients_flow():
    """The line of the backward is named."""
    assert_refused(lambda x: ByNumpy.apply(x), (leaf(3),), kind=DataDependent, line="gradient.sum().numpy()")


def test_a_backward_that_cannot_be_recorded_is_not_needed_without_gradients():
    """Without gradients at export the program works, and refuses an input that requires one."""
    assert_same(lambda x: ByNumpy.apply(x), (torch.ones(3),), [(torch.randn(3),)], refused=[(leaf(3),)])


def test_a_backward_that_cannot_be_recorded_under_no_grad():
    """Exported where gradients are off, the program may be called only where they are off."""
    with torch.no_grad():
        program = fullgraph.export(lambda x: ByNumpy.apply(x), (leaf(3),))
        assert torch.equal(program(torch.ones(3)), torch.full((3,), 2.0))

    with pytest.raises(ContractError):
        program(torch.ones(3))


def test_a_function_that_writes_its_input_is_refused():
    """`mark_dirty` would need autograd to follow the write through the function."""

    class InPlace(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.add_(1)

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    assert_refused(lambda x: InPlace.apply(x * 2), (torch.ones(2),), kind=Unsupported, line="InPlace.apply")


def test_inside_a_transform_a_function_is_refused():
    """Under `torch.func` a function has further rules, which are not kept."""
    assert_refused(torch.func.grad(lambda x: Reverse.apply(x).sum()), (torch.ones(2),), kind=Unsupported)


class Rows(torch.autograd.Function):
    """Lets `vmap` do its work, as the indexing of flexible attention does."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x, index):
        return torch.ops.aten.index(x, [index])

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


def rows_under_vmap(x):
    return torch.vmap(lambda index: Rows.apply(x, index) * 2)(torch.arange(x.shape[0]))


def test_under_vmap_a_function_without_gradients_is_its_forward():
    mask = torch.rand(3, 2) > 0.5
    program = fullgraph.export(rows_under_vmap, (mask,), dynamic_shapes={"x": "n _"})
    for n in (1, 5):
        mask = torch.rand(n, 2) > 0.5
        assert torch.equal(program(mask), rows_under_vmap(mask))

    program = fullgraph.export(rows_under_vmap, (torch.randn(3, 2),), dynamic_shapes={"x": "n _"})
    with pytest.raises(ContractError, match="requires_grad"):
        program(leaf(3, 2))
    assert_refused(rows_under_vmap, (leaf(3, 2),), kind=Unsupported, line="Rows.apply")


def test_masks_made_by_indexing_under_vmap():
    """As `transformers` makes them; what PyTorch does to its own exports there is nothing for ours."""

    def program(mask):
        def allowed(row, query, key):
            return mask[row, key] & (query >= key)

        with TransformGetItemToIndex():
            for dims in ((None, None, 0), (None, 0, None), (0, None, None)):
                allowed = torch.vmap(allowed, in_dims=dims)
            columns = torch.arange(mask.shape[1])
            return allowed(torch.arange(mask.shape[0]), columns, columns)

    more = [(torch.rand(n, m) > 0.5,) for n, m in ((1, 1), (5, 7))]
    assert_same(program, (torch.rand(3, 2) > 0.5,), more, dynamic_shapes={"mask": "n m"})


def test_under_no_grad_a_function_gives_none():
    """A region without gradients stays one."""

    def partly(x):
        with torch.no_grad():
            y = Reverse.apply(x * 2)
        return x * y

    assert_same_gradients(partly, (leaf(3),), [(leaf(3),)])


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointing_changes_nothing(reentrant):
    """What is checkpointed is recorded straight; values and gradients are eager's."""
    module = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh())

    class Checkpointed(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = module

        def forward(self, x):
            return checkpoint(self.body, x, use_reentrant=reentrant) + x

    assert_same_gradients(Checkpointed(), (leaf(2, 3),), [(leaf(5, 3),)], dynamic_shapes={"x": "n _"})


def test_originals_are_back_after_an_export():
    """Outside of an export `apply` is PyTorch's own."""

    def originals():
        apply = torch.autograd.Function.__dict__["apply"]  # in C on newer PyTorch
        return getattr(getattr(apply, "__func__", None), "__code__", apply), checkpoint.__code__

    before = originals()
    fullgraph.export(lambda x: Reverse.apply(x), (torch.ones(2),))

    assert originals() == before
