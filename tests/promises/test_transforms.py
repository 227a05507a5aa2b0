"""Regions and transforms inside a program: grad modes, autocast, `torch.func`, custom operators."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph import CaptureError, ContractError
from tests.support import assert_same, assert_same_gradients


def leaf(*size: int) -> torch.Tensor:
    return torch.randn(*size, requires_grad=True)


def targets(program: Any) -> list[str]:
    return [str(node.target) for node in program.graph.nodes if node.op == "call_function"]


def regions(x: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        a = x * 2
        with torch.enable_grad():
            b = x * 3
    with torch.set_grad_enabled(False):
        c = x * 4
    return a + b + c + x


def test_grad_regions() -> None:
    """`no_grad`, `enable_grad` and `set_grad_enabled` cut gradients where they do in eager."""
    assert_same_gradients(regions, (leaf(3),), [(leaf(5),), (leaf(0),)], dynamic_shapes=("n",))


def test_exported_under_no_grad_and_called_with_gradients() -> None:
    """The grad mode around the export is not part of the program; that around the call is."""
    with torch.no_grad():
        quiet = fullgraph.export(lambda x: x * 2 + x.detach(), (leaf(3),))
    loud = fullgraph.export(lambda x: x * 2 + x.detach(), (leaf(3),))

    for program in (quiet, loud):
        x = leaf(3)
        program(x).sum().backward()
        assert torch.equal(x.grad, torch.full((3,), 2.0))
        with torch.no_grad():
            assert not program(x).requires_grad


@pytest.mark.parametrize("exported_with", [True, False])
def test_regions_under_another_grad_mode(exported_with: bool) -> None:
    """A region that switches gradients on or off means the same, whatever the mode of the export was."""
    with torch.set_grad_enabled(exported_with):
        program = fullgraph.export(regions, (leaf(3),))

    for enabled in (True, False):
        ours, eager = leaf(3), leaf(3)
        with torch.set_grad_enabled(enabled):
            expected, actual = regions(eager), program(ours)
        assert expected.requires_grad == actual.requires_grad
        if enabled or expected.requires_grad:
            expected.sum().backward()
            actual.sum().backward()
            assert torch.equal(eager.grad, ours.grad)


def test_asking_for_the_grad_mode_is_in_the_contract() -> None:
    """A branch on `torch.is_grad_enabled()` is that of the export, and the other mode is rejected."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        return x * 2 if torch.is_grad_enabled() else x * 3

    loud = fullgraph.export(fn, (torch.ones(3),))
    with torch.no_grad():
        quiet = fullgraph.export(fn, (torch.ones(3),))
        assert torch.equal(quiet(torch.ones(3)), torch.full((3,), 3.0))
        with pytest.raises(ContractError, match="grad_enabled"):
            loud(torch.ones(3))
    assert torch.equal(loud(torch.ones(3)), torch.full((3,), 2.0))
    with pytest.raises(ContractError, match="grad_enabled"):
        quiet(torch.ones(3))


def test_asking_inside_an_own_region() -> None:
    """What the program has set itself it may ask for; nobody is asked to be in that mode."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            y = x * 2 if torch.is_grad_enabled() else x * 3
        with torch.enable_grad():
            return y + (x * 2 if torch.is_grad_enabled() else x * 3)

    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            program = fullgraph.export(fn, (leaf(3),))
        for mode in (True, False):
            x = leaf(3)
            with torch.set_grad_enabled(mode):
                found = program(x)
            found.sum().backward()
            torch.testing.assert_close(found.detach(), x.detach() * 5)
            assert torch.equal(x.grad, torch.full((3,), 2.0))


def test_what_only_no_grad_allows() -> None:
    """A write to a parameter, exported under `no_grad`: right there, and rejected where eager forbids it."""
    model = nn.Linear(2, 2, bias=False)

    def fn(x: torch.Tensor) -> torch.Tensor:
        model.weight.mul_(2)
        return model(x)

    with torch.no_grad():
        before = model.weight.clone()
        program = fullgraph.export(fn, (torch.ones(2),))
        assert torch.equal(model.weight, before)
        torch.testing.assert_close(program(torch.ones(2)), (before * 2).sum(1))
        assert torch.equal(model.weight, before * 2)
    with pytest.raises(ContractError, match="grad_enabled"):
        program(torch.ones(2))


def test_inference_mode() -> None:
    """An inference-mode region is right or refused; a program is called in inference mode as eager is."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        with torch.inference_mode():
            return x * 2

    with pytest.raises(CaptureError, match="inference_mode"):
        fullgraph.export(fn, (torch.ones(2),))
    program = fullgraph.export(lambda x: x * 2, (torch.ones(2),))
    with torch.inference_mode():
        assert program(torch.ones(2)).is_inference()
        inside = fullgraph.export(lambda x: x * 2, (torch.ones(2),))
    assert torch.equal(inside(torch.ones(2)), torch.full((2,), 2.0))


class Cast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> Any:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = self.inner(x)
            with torch.autocast("cpu", enabled=False):
                z = self.inner(x)
            w = torch.softmax(y @ y.t(), -1)
        return y, z, w, self.inner(x)


def test_autocast_inside_the_program() -> None:
    """Operators inside the region run in the lower precision, those outside do not; gradients too."""
    assert_same(
        Cast(), (torch.randn(3, 4),), [(torch.randn(n, 4),) for n in (0, 1, 6)], dynamic_shapes=("n _",)
    )
    assert_same_gradients(Cast(), (leaf(3, 4),), [(leaf(5, 4),)], dynamic_shapes=("n _",))


def test_autocast_around_the_program() -> None:
    """A program called under another autocast than at its export does as eager, or is rejected."""
    model = nn.Linear(4, 4)
    x = torch.randn(2, 4)
    plain = fullgraph.export(model, (x,))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        cast = fullgraph.export(model, (x,))
        expected = model(x)
        torch.testing.assert_close(cast(x), expected)
        with pytest.raises(ContractError, match="autocast"):
            plain(x)
    with torch.autocast("cpu", dtype=torch.float16), pytest.raises(ContractError, match="autocast"):
        cast(x)
    with pytest.raises(ContractError, match="autocast"):
        cast(x)


def test_vmap() -> None:
    """`vmap` over a program, nested, with in_dims and out_dims, is recorded as batched operators."""

    def fn(x: torch.Tensor, w: torch.Tensor) -> Any:
        rows = torch.vmap(lambda row: (row * w).sum())(x)
        pairs = torch.vmap(torch.vmap(torch.mul, (None, 0)), (0, None))(x[:, 0], w)
        other = torch.vmap(lambda col: col * 2, in_dims=1, out_dims=1)(x)
        return rows, pairs, other

    more = [(torch.randn(n, 4), torch.randn(4)) for n in (1, 6)]
    assert_same(fn, (torch.randn(3, 4), torch.randn(4)), more, dynamic_shapes=("n _", "_"))
    assert_same_gradients(fn, (leaf(3, 4), leaf(4)), [(leaf(5, 4), leaf(4))], dynamic_shapes=("n _", "_"))


def cubed(x: torch.Tensor) -> torch.Tensor:
    return (x**3).sum()


@pytest.mark.parametrize(
    "fn",
    [
        lambda x: torch.func.grad(cubed)(x),
        lambda x: torch.func.grad_and_value(cubed)(x),
        lambda x: torch.func.grad(lambda y: torch.func.grad(cubed)(y).sum())(x),
        lambda x: torch.func.vjp(torch.sin, x)[1](torch.ones_like(x)),
        lambda x: torch.func.jvp(torch.sin, (x,), (torch.ones_like(x),)),
        lambda x: torch.vmap(torch.func.grad(lambda y: y.sin()))(x),
    ],
    ids=["grad", "grad_and_value", "grad of grad", "vjp", "jvp", "vmap of grad"],
)
def test_functional_transforms(fn: Any) -> None:
    """Derivatives inside the program are computed from the call's input, for every size."""
    shapes = {"x": {0: fullgraph.Dim("n", min=1)}}  # forward mode asks PyTorch whether a tensor is empty
    assert_same(fn, (torch.randn(3),), [(torch.randn(n),) for n in (1, 2, 7)], dynamic_shapes=shapes)


@pytest.mark.parametrize(
    "fn", [lambda x: torch.func.grad(cubed)(x), lambda x: torch.func.vjp(torch.sin, x)[1](x)]
)
def test_gradients_through_functional_transforms(fn: Any) -> None:
    """What a transform computes inside is differentiable outside."""
    assert_same_gradients(fn, (leaf(3),), [(leaf(4),)], dynamic_shapes=("n",))


@pytest.mark.parametrize("transform", [torch.func.jacrev, torch.func.jacfwd, torch.func.hessian])
def test_jacobians(transform: Any) -> None:
    """`jacrev`, `jacfwd` and `hessian` are right, or refused: never an answer that ignores the input."""
    outer = (lambda x: (x**3).sum()) if transform is torch.func.hessian else (lambda x: x**3)
    try:
        program = fullgraph.export(lambda x: transform(outer)(x), (torch.randn(3),))
    except CaptureError as refusal:
        assert refusal.instead
        return
    x = torch.randn(3)
    torch.testing.assert_close(program(x), transform(outer)(x))


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        doubled = {name: p * 2 for name, p in self.inner.named_parameters()}
        return torch.func.functional_call(self.inner, doubled, (x,)) + self.inner(x)


def test_functional_call() -> None:
    """Other parameters for a while: the module has its own again afterwards, and gradients reach them."""
    assert_same(Functional(), (torch.randn(2, 3),), [(torch.randn(5, 3),)], dynamic_shapes=("n _",))
    assert_same_gradients(Functional(), (leaf(2, 3),), [(leaf(5, 3),)], dynamic_shapes=("n _",))


def test_gradients_of_parameters_inside_the_program() -> None:
    """A model that takes a gradient step on its own weights while it runs."""

    class Inner(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Linear(3, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            weights = dict(self.net.named_parameters())

            def loss(p: Any) -> torch.Tensor:
                return torch.func.functional_call(self.net, p, (x,)).pow(2).mean()

            steps = torch.func.grad(loss)(weights)
            return torch.func.functional_call(
                self.net, {k: w - 0.1 * steps[k] for k, w in weights.items()}, (x,)
            )

    assert_same(Inner(), (torch.randn(4, 3),), [(torch.randn(7, 3),)], dynamic_shapes=("n _",))


@torch.library.custom_op("fullgraph_promises::scale", mutates_args=())
def scale(x: torch.Tensor, by: float) -> torch.Tensor:
    return torch.from_numpy(x.detach().numpy() * by)


@scale.register_fake
def _(x: torch.Tensor, by: float) -> torch.Tensor:
    return torch.empty_like(x)


scale.register_autograd(
    lambda ctx, grad: (grad * ctx.by, None),
    setup_context=lambda ctx, inputs, output: setattr(ctx, "by", inputs[1]),
)


@torch.library.custom_op("fullgraph_promises::fill", mutates_args=("x",))
def fill(x: torch.Tensor, value: float) -> None:
    x.numpy()[...] = value


def test_a_custom_operator_is_one_node() -> None:
    """`torch.library.custom_op` keeps its call and its gradient."""
    fn = lambda x: scale(x + 1, 3.0) * 2  # noqa: E731
    program = assert_same(
        fn, (torch.randn(3),), [(torch.randn(n),) for n in (0, 1, 6)], dynamic_shapes=("n",)
    )

    assert targets(program).count("fullgraph_promises.scale.default") == 1
    assert_same_gradients(fn, (leaf(3),), [(leaf(5),)], dynamic_shapes=("n",))


def test_a_custom_operator_that_writes() -> None:
    """What a custom operator writes is seen by later reads, by the caller, and through views."""

    def fn(x: torch.Tensor, y: torch.Tensor) -> Any:
        fill(y, 4.0)
        z = x * 2
        fill(z, 1.5)
        fill(x[0], 7.0)
        return x + y + z

    args = lambda n: (torch.randn(n, 2), torch.randn(n, 2))  # noqa: E731
    assert_same(fn, args(3), [args(1), args(5)], dynamic_shapes=("n _", "n _"))


class Squared(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: torch.Tensor) -> torch.Tensor:
        return x**2

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return grad * x * 10


def test_autograd_function_under_transforms() -> None:
    """Its own gradient counts for autograd outside, and for `torch.func.grad` inside, or that is refused."""
    assert_same_gradients(lambda x: Squared.apply(x * 2), (leaf(3),), [(leaf(4),)], dynamic_shapes=("n",))
    inner = lambda x: torch.func.grad(lambda y: Squared.apply(y).sum())(x)  # noqa: E731
    try:
        program = fullgraph.export(inner, (torch.randn(3),))
    except CaptureError:
        return
    x = torch.randn(3)
    torch.testing.assert_close(program(x), inner(x))


def test_a_program_inside_a_program() -> None:
    """A program called by a program is recorded like any function, with its parameters and its write-backs."""
    part = nn.BatchNorm1d(3)
    inner = fullgraph.export(
        part, (torch.randn(4, 3),), dynamic_shapes={"input": "n _"}, constraints=["n >= 2"]
    )
    eager = nn.BatchNorm1d(3)

    def fn(x: torch.Tensor) -> torch.Tensor:
        return inner(x * 2) + 1

    outer = fullgraph.export(fn, (torch.randn(4, 3),), dynamic_shapes=("n _",))
    assert part.num_batches_tracked.item() == 0
    for n in (2, 6):
        x = torch.randn(n, 3)
        torch.testing.assert_close(outer(x), eager(x * 2) + 1)
        torch.testing.assert_close(part.running_mean, eager.running_mean)


def test_a_programs_module_inside_a_module() -> None:
    """`program.module()` is a part of a bigger model like any other."""
    inner = fullgraph.export(nn.Linear(3, 3), (torch.randn(2, 3),), dynamic_shapes={"input": "n _"}).module()
    model = nn.Sequential(inner, nn.ReLU())
    program = fullgraph.export(model, (torch.randn(2, 3),), dynamic_shapes={"input": "n _"})

    x = torch.randn(5, 3)
    torch.testing.assert_close(program(x), model(x))


def test_an_export_inside_an_export() -> None:
    """A program that exports while it is traced is refused, or right."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        return fullgraph.export(lambda y: y * 2, (torch.ones(3),))(x) + 1

    try:
        program = fullgraph.export(fn, (torch.ones(3),))
    except CaptureError as refusal:
        assert refusal.instead
    else:
        x = torch.randn(3)
        assert torch.equal(program(x), x * 2 + 1)
    assert torch.equal(torch.ones(2) + 1, torch.full((2,), 2.0))


def test_what_torch_compile_made_is_recorded_as_the_function_it_was_made_of() -> None:
    """A compiled module in a program is run as eager does without the compiler; nothing of it stays behind."""
    inner = torch.compile(nn.Linear(3, 3))
    program = fullgraph.export(inner, (torch.randn(2, 3),), dynamic_shapes=("n _",))

    x = torch.randn(5, 3)
    torch.testing.assert_close(program(x), inner._orig_mod(x))
    assert nn.Linear(2, 2).weight.requires_grad


def test_profiler_regions_are_not_recorded() -> None:
    """`record_function` names a region for the profiler and computes nothing."""

    def fn(x: torch.Tensor) -> torch.Tensor:
        with torch.profiler.record_function("region"):
            return x * 2

    assert targets(assert_same(fn, (torch.randn(3),))) == ["aten.mul.Tensor"]


def arithmetic(q: torch.Tensor) -> torch.Tensor:
    q = torch.where(q > 0, q * 2.5, 3 - q) + 1 + q / 3 + 2 / (q * q + 1) + 2 // (q * q + 1)
    return torch.div(q, 2, rounding_mode="trunc") + q.remainder(3) + torch.add(q, 1, alpha=2) + q * True


def test_numbers_where_a_row_has_no_dims() -> None:
    """Under vmap they are computed with as in eager: as numbers, not as tensors of another dtype."""
    nested = torch.func.vmap(torch.func.vmap(lambda q: (arithmetic(q), q.long() * 2.5, q * 2)))
    assert_same(nested, (torch.randn(3, 2),), [(torch.randn(5, 4),)], dynamic_shapes=("n m",))


WITH_NUMBERS = {
    "product": lambda a: a * 3,
    "quotient": lambda a: 2 / (a + 3),
    "difference": lambda a: 1 - a * 2.5,
    "in place": lambda a: a.clone().add_(1).mul_(2.5),
    "sizes": lambda a: a * a.shape[0] - a.shape[1] / a.shape[0],
    "choice": lambda a: torch.where(a > 0, a, 0.0).clamp(0),
    "floor": lambda a: (a / 2).floor() + a % 2,
    "power": lambda a: 2**a + a**2,
    "truth": lambda a: a * True,
}


@pytest.mark.parametrize("name", WITH_NUMBERS)
def test_numbers_beside_tensors_under_a_transform(name: str) -> None:
    """A number is none of the tensors that a transform wraps."""
    fn = WITH_NUMBERS[name]

    def program(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.func.grad(lambda a: fn(a).sum())(x), torch.func.vmap(lambda row: fn(row[None]))(x)

    exported = fullgraph.export(program, (torch.rand(3, 2),), dynamic_shapes={"x": "n _"})
    for rows in (1, 2, 7):
        x = torch.rand(rows, 2)
        torch.testing.assert_close(exported(x), program(x))


def test_a_number_for_each_row_as_an_index_under_vmap() -> None:
    """Eager does it through a mode that calls an autograd function for each index."""
    from torch._dynamo._trace_wrapped_higher_order_op import TransformGetItemToIndex

    def program(table):
        with TransformGetItemToIndex():
            return torch.vmap(lambda row: table[row])(torch.arange(3))

    exported = fullgraph.export(program, (torch.randn(4, 2),), dynamic_shapes={"table": "n _"})
    table = torch.randn(7, 2)
    assert torch.equal(exported(table), program(table))
    with pytest.raises(fullgraph.Unsupported, match="called inside a torch.func transform"):
        fullgraph.export(program, (torch.randn(4, 2, requires_grad=True),))
