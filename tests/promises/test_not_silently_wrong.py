"""What `torch.export` 2.13 gets silently wrong, each as a test: ours is right, or refuses."""

from __future__ import annotations

import operator
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import is_grad_enabled, nn

import fullgraph
from fullgraph import CaptureError, ContractError, Unsupported


def by_dtype(x: torch.Tensor) -> torch.Tensor:
    return x * 2 if x.is_floating_point() else x * 3


def test_a_call_with_another_dtype_is_rejected() -> None:
    """A float32 program is not run on int64."""
    program = fullgraph.export(by_dtype, (torch.ones(3),))

    with pytest.raises(ContractError, match="x.dtype"):
        program(torch.ones(3, dtype=torch.int64))


def test_a_call_with_another_rank_is_rejected() -> None:
    """A program of a matrix is not run on a vector."""
    program = fullgraph.export(
        lambda x: x.sum(0) if x.dim() > 1 else x, (torch.ones(3, 2),), dynamic_shapes=("a b",)
    )

    with pytest.raises(ContractError, match="dims"):
        program(torch.ones(3))


def test_a_tensor_where_the_example_had_none_is_rejected() -> None:
    """`None` in the example is a line of the contract."""

    def add(x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        return x if bias is None else x + bias

    program = fullgraph.export(add, (torch.ones(3),))

    with pytest.raises(ContractError, match="bias"):
        program(torch.ones(3), torch.ones(3))


def test_none_where_the_example_had_a_tensor_is_rejected() -> None:
    """And the other way round."""

    def add(x: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
        return x if bias is None else x + bias

    program = fullgraph.export(add, (torch.ones(3), torch.ones(3)))

    with pytest.raises(ContractError, match="bias"):
        program(torch.ones(3))


def test_a_branch_on_requires_grad_is_in_the_contract() -> None:
    """The trace asked for it, so a call with the other answer is rejected."""
    program = fullgraph.export(lambda x: x * 2 if x.requires_grad else x * 3, (torch.ones(3),))

    assert torch.equal(program(torch.ones(3)), torch.full((3,), 3.0))
    with pytest.raises(ContractError, match="requires_grad"):
        program(torch.ones(3, requires_grad=True))


def test_a_branch_on_contiguity_is_in_the_contract() -> None:
    """A transposed tensor would have taken the other way."""
    program = fullgraph.export(lambda x: x * 2 if x.is_contiguous() else x * 3, (torch.ones(3, 4),))

    with pytest.raises(ContractError, match="contiguous"):
        program(torch.ones(4, 3).t())


def test_a_branch_on_identity_is_in_the_contract() -> None:
    """`x is y` at the export must be `x is y` at the call, and the other way round."""

    def same(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return x * 2 if x is y else x * 3

    one = torch.ones(3)
    together = fullgraph.export(same, (one, one))
    apart = fullgraph.export(same, (torch.ones(3), torch.ones(3)))

    assert torch.equal(together(one, one), one * 2)
    with pytest.raises(ContractError):
        together(one, torch.ones(3))
    assert torch.equal(apart(one, torch.ones(3)), one * 3)
    with pytest.raises(ContractError):
        apart(one, one)


class Judge:
    """Asks where the program's own code does not."""

    def same(self, a: object, b: object) -> bool:
        return a is b


JUDGE = Judge()
BY_NAME = {"same": lambda a, b: a is b}


def closing_over(
    ask: Callable[[object, object], bool],
) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    return lambda x, y: x * 2 if ask(x, y) else x * 3


@pytest.mark.parametrize(
    "program",
    [
        lambda x, y: x * 2 if JUDGE.same(x, y) else x * 3,
        lambda x, y: x * 2 if BY_NAME["same"](x, y) else x * 3,
        lambda x, y: x * 2 if operator.is_(x, y) else x * 3,
        lambda x, y: x * 2 if id(x) == id(y) else x * 3,
        lambda x, y: x * len({x, y}),
        lambda x, y: x * {x: 2}.get(y, 3),
        closing_over(lambda a, b: a is b),
        closing_over(operator.is_),
    ],
)
def test_identity_is_seen_wherever_it_is_asked(program: Callable[..., torch.Tensor]) -> None:
    """In methods, in functions kept in containers, by `operator.is_`, by `id`, by keys of a dict."""
    one = torch.ones(3)
    exported = fullgraph.export(program, (one, torch.ones(3)))

    assert torch.equal(exported(one, torch.ones(3)), program(one, torch.ones(3)))
    with pytest.raises(ContractError):
        exported(one, one)


class Tripled(torch.autograd.Function):
    """Its gradient is not that of its forward."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> torch.Tensor:
        return grad * 3


def test_the_backward_of_an_autograd_function_is_kept() -> None:
    """Gradients through the program are those the function defines."""
    program = fullgraph.export(
        lambda x: Tripled.apply(x).sum(), (torch.ones(3, requires_grad=True),), dynamic_shapes=("n",)
    )
    x = torch.ones(5, requires_grad=True)

    program(x).backward()

    assert torch.equal(x.grad, torch.full((5,), 3.0))


def test_functional_gradients_inside_the_program_depend_on_its_input() -> None:
    """`torch.func.grad` inside `forward` is computed from the input of the call."""
    program = fullgraph.export(
        lambda x: torch.func.grad(lambda y: (y**3).sum())(x), (torch.ones(3),), dynamic_shapes=("n",)
    )
    x = torch.tensor([1.0, 2.0])

    assert torch.allclose(program(x), 3 * x**2)


def test_one_tensor_passed_twice_and_mutated() -> None:
    """A program exported on two tensors is not run on one; one exported on one tensor does as eager."""

    def write(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        x.add_(1)
        return x + y

    apart = fullgraph.export(write, (torch.zeros(3), torch.zeros(3)))
    one = torch.zeros(3)
    with pytest.raises(ContractError):
        apart(one, one)
    assert torch.equal(one, torch.zeros(3))

    together = fullgraph.export(write, (one, one))
    assert torch.equal(one, torch.zeros(3))
    assert torch.equal(together(one, one), torch.full((3,), 2.0))
    assert torch.equal(one, torch.ones(3))


def test_views_of_one_memory_are_rejected_when_one_is_written() -> None:
    """Overlapping inputs are no two inputs."""

    def write(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        x.add_(1)
        return x + y

    program = fullgraph.export(write, (torch.zeros(3), torch.zeros(3)))
    whole = torch.zeros(4)

    with pytest.raises(ContractError):
        program(whole[:3], whole[1:])
    assert torch.equal(whole, torch.zeros(4))


@pytest.mark.parametrize("source", [random.random, time.time, time.perf_counter])
def test_ambient_effects_are_refused(source: Any) -> None:
    """Chance and the clock would be fixed at export."""
    with pytest.raises(Unsupported) as refused:
        fullgraph.export(lambda x: x * source(), (torch.ones(3),))

    assert refused.value.instead


class Counting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        return x * self.calls


def test_a_counter_is_refused_and_put_back() -> None:
    """State that is read and changed is not fixed at the value of the export."""
    module = Counting()

    with pytest.raises(Unsupported, match="calls"):
        fullgraph.export(module, (torch.ones(3),))

    assert module.calls == 0


def test_a_size_in_text_is_no_constant_of_a_dynamic_dim() -> None:
    """An f-string of a dynamic size is refused: it would be the text of the example."""
    with pytest.raises(CaptureError):
        fullgraph.export(lambda x: {f"rows={x.shape[0]}": x}, (torch.ones(3, 2),), dynamic_shapes=("n _",))


class Remembering(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.last: Any = None
        self.seen: list[Any] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.last = x * 2
        self.seen.append(self.last)
        return self.last + 1


def test_no_traced_tensor_stays_behind() -> None:
    """Attributes and lists of the user's objects hold what they held."""
    module = Remembering()

    program = fullgraph.export(module, (torch.ones(3),))

    assert module.last is None
    assert module.seen == []
    assert torch.equal(program(torch.ones(3)), torch.full((3,), 3.0))


def test_the_ranges_shown_are_those_enforced() -> None:
    """Every size in the range that is printed is accepted, and is right; a size outside is rejected."""
    program = fullgraph.export(
        lambda x: x[:, 1:] * 2,
        (torch.ones(3, 4),),
        dynamic_shapes={"x": {0: fullgraph.Dim("n", max=8), 1: fullgraph.Dim("m")}},
    )
    shown = program.range_constraints

    assert (shown["n"].min_val, shown["n"].max_val) == (0, 8)
    for n in (0, 1, 8):
        for m in (0, 1, 2, 50):
            assert program(torch.ones(n, m)).shape == torch.ones(n, m)[:, 1:].shape
    with pytest.raises(ContractError, match="n"):
        program(torch.ones(9, 4))


def test_asking_for_the_default_dtype_is_in_the_contract() -> None:
    """A branch on PyTorch's state around the call is that of the export, and another state is rejected."""
    program = fullgraph.export(
        lambda x: x * 2 if torch.get_default_dtype() == torch.float32 else x * 3, (torch.ones(1),)
    )
    x = torch.ones(1)
    torch.set_default_dtype(torch.float64)
    try:
        with pytest.raises(ContractError, match="default_dtype"):
            program(x)
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(program(x), x * 2)


def test_asking_for_inference_mode_is_in_the_contract() -> None:
    """The same for `torch.is_inference_mode_enabled()`."""
    program = fullgraph.export(
        lambda x: x * 2 if torch.is_inference_mode_enabled() else x * 3, (torch.ones(1),)
    )

    assert torch.equal(program(torch.ones(1)), torch.full((1,), 3.0))
    with torch.inference_mode(), pytest.raises(ContractError, match="inference_mode"):
        program(torch.ones(1))


def test_a_generator_of_the_program_is_refused() -> None:
    """Its state is no tensor: a saved graph could not go on where it stood."""
    generator = torch.Generator()

    with pytest.raises(Unsupported, match="Generator|generator"):
        fullgraph.export(lambda x: x + torch.rand(3, generator=generator), (torch.ones(3),))


def test_a_question_under_a_name_of_its_own_is_in_the_contract() -> None:
    """`from torch import is_grad_enabled` is the same question as `torch.is_grad_enabled()`."""
    program = fullgraph.export(lambda x: x * 2 if is_grad_enabled() else x * 3, (torch.ones(3),))

    assert torch.equal(program(torch.ones(3)), torch.full((3,), 2.0))
    with torch.no_grad(), pytest.raises(ContractError, match="grad"):
        program(torch.ones(3))


class OfItsOwn(torch.Tensor):
    """A class that a program may ask for, or that does something else in `__torch_function__`."""


def test_a_tensor_of_a_class_of_its_own_is_refused():
    def program(x):
        return x * 2 if isinstance(x, OfItsOwn) else x * 3

    plain, own = torch.ones(3), torch.ones(3).as_subclass(OfItsOwn)
    with pytest.raises(fullgraph.SpecError, match=r"x\.as_subclass\(torch\.Tensor\)"):
        fullgraph.export(program, (own,))
    exported = fullgraph.export(program, (plain,))

    assert torch.equal(exported(plain), plain * 3)
    assert torch.equal(exported(torch.nn.Parameter(plain)), plain * 3)
    with pytest.raises(fullgraph.ContractError, match="takes plain tensors"):
        exported(own)


@pytest.mark.parametrize("ask", ["_version", "_base", "_is_view()"])
def test_the_book_keeping_of_autograd_is_refused(ask):
    """It tells what was done to a tensor before it was passed, and differs from call to call."""
    program = eval(f"lambda x: x * 2 if x.{ask} else x * 3")
    with pytest.raises(fullgraph.Unsupported, match="_"):
        fullgraph.export(program, (torch.ones(3),))


@pytest.mark.parametrize("example", [torch.ones(3), torch.nn.Parameter(torch.ones(3))])
def test_the_class_of_a_tensor_is_as_in_eager(example):
    def program(x):
        return x * 2 if x.__class__ is torch.Tensor else x * 3

    assert torch.equal(fullgraph.export(program, (example,))(example), program(example))
