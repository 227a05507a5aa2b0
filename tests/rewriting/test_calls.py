"""`int`, `float`, `len` of dynamic sizes and traced tensors: as eager, at sizes the program was not exported with."""

import functools
import itertools
import math
import operator

import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_map

import fullgraph
from tests.support import assert_refused, assert_same

SIZES = (0, 1, 2, 7, 1000)


def assert_symbolic(fn, sizes=SIZES):
    """A function of one tensor is captured with its first size dynamic, and is right at all sizes."""
    __tracebackhide__ = True
    more = [(torch.randn(size, 4),) for size in sizes]
    return assert_same(fn, (torch.randn(6, 4),), more, dynamic_shapes={"x": "n _"})


def int_of_size(x):
    return x.new_full((int(x.shape[0]),), 2.0)


def int_of_float(x):
    n = x.shape[0]
    return x[: int(n / 2)], x[: int(math.sqrt(n))], x.sum() + int(-n / 3), int(n * 0.75)


def int_of_condition(x):
    return x + int(x.shape[0] > 3), float(x.shape[0] > 3)


def float_of_size(x):
    return x * float(x.shape[0]), float(x.shape[0]), x / float(x.shape[0] + 1)


def handed_to_a_library(x):
    sizes = tree_map(int, x.shape)
    return (
        x.view(sizes),
        tree_map(float, {"a": x.shape[0] / 2}),
        list(itertools.starmap(int, [(x.shape[0],)])),
    )


def number_of_elements(x):
    return (
        x.shape.numel(),
        x.sum() / x[:, 1:].size().numel(),
        torch.Size([2, 3]).numel(),
        torch.Size([]).numel(),
    )


def length(x):
    return x.sum(0) / max(len(x), 1), torch.arange(len(x))


def by_comprehension(x):
    return x.reshape([int(s) for s in x.shape]), x.new_zeros(tuple(int(s) for s in reversed(x.shape)))


def by_map(x):
    rows, columns = map(int, x.shape)
    return (
        x.reshape(rows * columns),
        max(map(int, x.shape)),
        sum(map(float, x.shape)),
        list(map(len, [x, x[:2]])),
    )


def by_filter_and_reduce(x):
    return functools.reduce(lambda total, t: total + len(t), [x, x], 0), list(map(operator.index, x.shape))


def length_as_key(x):
    return max([x, x[:0]], key=len)


def in_an_f_string_without_its_value(x):
    name = f"{'rows' if isinstance(int(x.shape[0]), object) else 0}"
    return {name: x}


def under_another_name(x):
    convert, count = int, len
    table = {"size": int}
    return x[: convert(x.shape[0] / 2)], count(x), table["size"](x.shape[0])


def in_a_lambda(x):
    half = lambda n: int(n / 2)  # noqa: E731
    return x[: half(x.shape[0])], (lambda n: int(n))(x.shape[0]), (lambda n: float(n))(x.shape[0])


def in_nested_functions(x):
    def outer():
        def inner(n):
            return int(n / 2)

        return inner(x.shape[0])

    return x[: outer()]


def in_a_class(x):
    class Sizes:
        rows = int(x.shape[0])

    return x.reshape(Sizes.rows * 4)


def in_a_generator(x):
    def sizes():
        for size in x.shape:
            yield int(size)

    return x.new_ones(tuple(sizes()))


def with_an_assertion(x):
    n = int(x.shape[0])
    assert n >= 0, f"never {n}"
    return x.new_ones(n)


@functools.lru_cache
def half(n):
    return n // 2


class Halves:
    @functools.lru_cache  # noqa: B019
    def of(self, n, *, shape=None):
        return n // 2 + (0 if shape is None else shape[1])


HALVES = Halves()


def past_a_cache(x):
    return x[: half(x.shape[0])], x[: HALVES.of(x.shape[0], shape=x.shape)], half(10)


class Sized:
    def __init__(self, tensor):
        self.tensor = tensor

    def __len__(self):
        return len(self.tensor)


def length_of_an_object(x):
    return x.new_ones(len(Sized(x))), len({"a": x}), len([x, x]), len("text")


def under_vmap(x):
    return torch.vmap(lambda column: column * len(column), in_dims=1)(x)


def index_of_size(x):
    return x[: operator.index(x.shape[0]) - 0]


@pytest.mark.parametrize(
    "fn",
    [
        int_of_size,
        int_of_float,
        int_of_condition,
        float_of_size,
        length,
        handed_to_a_library,
        number_of_elements,
        by_comprehension,
        by_map,
        by_filter_and_reduce,
        length_as_key,
        in_an_f_string_without_its_value,
        under_another_name,
        in_a_lambda,
        in_nested_functions,
        in_a_class,
        in_a_generator,
        with_an_assertion,
        past_a_cache,
        length_of_an_object,
        index_of_size,
        under_vmap,
    ],
    ids=lambda fn: fn.__name__,
)
def test_same_as_eager(fn):
    program = assert_symbolic(fn)

    assert "x.shape[0]" not in str(program.contract), "no line of the contract narrows the size"


def outer(scale):
    """Return a closure: its cells survive."""
    rows = 3

    def counted(x):
        def inner():
            scaled = rows * int(x.shape[0])
            return scaled * scale

        return x + inner()

    return counted


def test_closures_keep_their_cells():
    assert_symbolic(outer(3))


class Private(torch.nn.Module):
    """Names with two underscores are mangled, and `super()` finds its class."""

    def __init__(self):
        super().__init__()
        self.__rows = 2

    def __half(self, n):
        return int(n / self.__rows)

    def extra_repr(self):
        return super().extra_repr()

    def forward(self, x):
        assert super().extra_repr() == ""
        return x[: self.__half(x.shape[0])], len(x) + self.__rows


def test_methods_with_private_names():
    assert_symbolic(Private())


def documented(fn):
    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        return fn(*args, **kwargs), int(args[0].shape[0] / 2)

    return wrapper


@documented
def wrapped(x, default=lambda n: int(n)):
    return x + default(x.shape[0])


def test_decorated_functions_and_lambdas_in_defaults():
    assert_symbolic(wrapped)


def test_types_stay_types():
    """`isinstance(value, int)`, `dtype=int` and `type(value) is float` mean what they meant."""

    def fn(x):
        n = int(x.shape[0])
        kinds = (
            isinstance(3, int),
            type(x.dtype) is torch.dtype,
            {float: 1}[float],
            issubclass(bool, int),
            isinstance("", int),
        )
        return (
            x.to(float) * n,
            torch.zeros(2, dtype=int),
            kinds,
            int("12"),
            int("ff", 16),
            float("2.5"),
            int("0"),
        )

    assert_symbolic(fn)


def test_what_is_called_with_plain_values_does_what_it_did():
    """Errors too: they are Python's own."""

    def fn(x):
        messages = []
        for wrong in (lambda: int("x"), lambda: len(3), lambda: float([]), lambda: int(1, 2, 3)):
            try:
                wrong()
            except (TypeError, ValueError) as error:
                messages.append(str(error))
        return x[: int(x.shape[0])], messages

    assert_symbolic(fn)


def test_integer_tensors():
    """`int(t)` of an integer tensor is what `t.item()` is."""

    def fn(x):
        return torch.zeros(int(x[0])), float(x[1]) * 2

    more = [(torch.tensor([size, 1]),) for size in SIZES]
    assert_same(fn, (torch.tensor([4, 2]),), more)


def test_numbers_of_float_tensors_are_known_when_the_program_runs():
    """They are what `item()` gives; an integer is rounded towards zero."""
    more = [(torch.full((3,), 2.6),), (torch.zeros(3),)]
    assert_same(lambda x: torch.zeros(int(x.sum())), (torch.ones(3),), more)
    assert_same(lambda x: x * float(x.sum()), (torch.ones(3),), more)
    assert_same(lambda x: x * int(x.any()), (torch.ones(3),), more)
    with pytest.raises(ValueError, match="NaN"):
        fullgraph.export(lambda x: torch.zeros(int(x.sum())), (torch.ones(3),))(torch.full((3,), math.nan))


class Queue(nn.Module):
    """Writes where a buffer says; the numbers of buffers are asked for as those of inputs are."""

    def __init__(self):
        super().__init__()
        self.register_buffer("queue", torch.zeros(2, 16))
        self.register_buffer("at", torch.zeros(1, dtype=torch.long))
        self.register_buffer("scale", torch.tensor(0.5))

    def forward(self, keys):
        batch, at = keys.shape[0], int(self.at)
        self.queue[:, at : at + batch] = keys.T * float(self.scale)
        self.at[0] = (at + batch) % self.queue.shape[1]
        return self.queue.clone()


def test_numbers_of_buffers():
    more = [(torch.randn(2, 2),), (torch.randn(1, 2),), (torch.randn(0, 2),)]
    assert_same(Queue(), (torch.randn(4, 2),), more, dynamic_shapes={"keys": "batch _"})


def test_len_of_a_scalar_is_eagers_error():
    with pytest.raises(TypeError, match="len\\(\\) of a 0-d tensor"):
        assert_same(lambda x: x + len(x.sum()), (torch.ones(3),), dynamic_shapes={"x": "n"})


def test_a_loop_over_a_length_is_refused_as_over_a_size():
    """What asks once more after it was rewritten is answered as if it had not been."""

    def fn(x):
        for _ in range(len(x)):
            x = x + 1
        return x

    error = assert_refused(fn, (torch.ones(3, 2),), dynamic_shapes={"x": "n _"}, line="range(len(x))")
    assert "n == 3" in str(error)
