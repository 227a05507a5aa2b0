"""The compiled check, and what it says of a call that it rejects."""

import enum
import math
import re

import pytest
import torch

from fullgraph.contract import (
    Ambient,
    Dim,
    Disjoint,
    Property,
    SameObject,
    TensorSpec,
    check_source,
    compile_check,
    symbol_values,
)
from fullgraph.errors import ContractError, SpecError
from fullgraph.symbolic import render, symbol
from tests.contract.support import CHECK, accepts, inputs_of, specs_of, traced, zeros


def contract_of(dynamic_shapes=None, assumed=(), constraints=None, **arguments):
    made = traced(specs_of(dynamic_shapes, constraints, **arguments))
    for fact in assumed:
        made.assume(fact, CHECK)
    return made.contract()


def rejected(contract, *leaves):
    with pytest.raises(ContractError) as caught:
        compile_check(contract)(leaves)
    assert caught.value.instead
    return str(caught.value)


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        (None, "`x` is None, but the program takes a tensor."),
        (3.5, "`x` is of type float, but the program takes a tensor."),
        (zeros(2, 3).double(), "`x.dtype` is float64, but the program takes float32."),
        (torch.empty(2, 3, device="meta"), "`x.device` is meta, but the program takes cpu."),
        (zeros(2, 3).to_sparse(), "`x.layout` is torch.sparse_coo, but the program takes torch.strided."),
        (zeros(2, 3, 1), "`x` has 3 dims, but the program takes 2."),
        (zeros(2, 4), "`x.shape[1]` is 4, but the program takes 3."),
        (zeros(2), "Its shape is [2]; the program was exported for [n, 3]."),
    ],
)
def test_tensors(leaf, words):
    """Type, dtype, device, layout, rank and static sizes are always checked."""
    for spec in ({"x": "n _"}, None):
        text = rejected(contract_of(spec, x=zeros(2, 3)), leaf)
        assert words.replace("[n, 3]", "[2, 3]" if spec is None else "[n, 3]") in text


def test_subclasses_of_tensor():
    assert accepts(contract_of(x=zeros(2, 3)), [torch.nn.Parameter(zeros(2, 3))])


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2


VALUES = [
    None, True, False, 0, 1, -1, 10**30, 0.0, -0.0, 1.0, math.nan, math.inf, 1j, "a", "", b"a", Mode.FAST, Mode.SLOW,
    torch.float32, torch.float64, torch.device("cpu"), torch.device("cuda", 1), slice(1, 2), range(3), len, math.sin,
    (1, 2), frozenset({1}), zeros(1), "it's \"quoted\"\n\\",
]  # fmt: skip


@pytest.mark.parametrize("index", [i for i, v in enumerate(VALUES) if not isinstance(v, torch.Tensor)])
def test_values(index):
    """A value that is no tensor must be the same, in type too."""
    from fullgraph.contract import Input, read_specs

    value = VALUES[index]
    made = traced(read_specs([Input("v", ("v",), value)], None, None, None, ["v"]))
    contract = made.contract()

    for other, leaf in enumerate(VALUES):
        assert accepts(contract, [leaf]) == (other == index), (value, leaf)
    if index:
        assert "`v` is None, but the program takes" in rejected(contract, None)


def test_symbols_get_their_values():
    contract = contract_of({"x": "batch 2*h", "y": "batch h+w", "n": "k"}, x=zeros(3, 4), y=zeros(3, 7), n=5)

    values = symbol_values(contract, [zeros(6, 2), zeros(6, 9), -1])
    assert {render(s): v for s, v in values.items()} == {"batch": 6, "h": 1, "w": 8, "k": -1}
    assert accepts(contract, [zeros(6, 2), zeros(6, 9), -1])
    assert symbol_values(contract, [None, zeros(6), 1.5]) == {}


@pytest.mark.parametrize(
    ("shapes", "leaves", "words"),
    [
        ("batch h", (zeros(3, 2), zeros(4, 2)), "`y.shape[0]` is 4, but the program takes batch = 3."),
        ("batch h", (zeros(3, 2), zeros(4, 2)), "batch = 3 from x.shape[0]"),
        ("2*h h", (zeros(5, 2), zeros(5, 2)), "`x.shape[0]` is 5, but the program takes 2*h = 4."),
        ("2*h b", (zeros(5, 2), zeros(5, 2)), "`x.shape[0]` is 5, but the program takes 2*h."),
        ("b+1 c", (zeros(0, 2), zeros(0, 2)), "`b` is -1, but its range is 0..oo"),
        (({0: Dim("b", max=4)}), (zeros(5, 2), zeros(5, 2)), "`b` is 5, but its range is 0..4."),
        (({0: Dim("b", values=[2, 4])}), (zeros(3, 2), zeros(3, 2)), "`b` is 3, but its range is {2, 4}."),
        (({0: Dim.AUTO(min=1)}), (zeros(0, 2), zeros(0, 2)), "`x.shape[0]` is 0, but its range is 1..oo."),
    ],
)
def test_sizes(shapes, leaves, words):
    contract = contract_of(shapes, x=zeros(4, 2), y=zeros(4, 2))

    assert words in rejected(contract, *leaves)


def test_assumptions():
    """The line that fails is named, with the values of its symbols."""
    made = traced(specs_of({"x": "a b"}, x=zeros(4, 2)))
    made.assume("a % b == 0", CHECK, note="sizes must divide")
    contract = made.contract()

    text = rejected(contract, zeros(5, 2))
    assert "The program takes only inputs with a % b == 0." in text
    assert "a = 5 from x.shape[0], b = 2 from x.shape[1]" in text
    assert "The program checks it: sizes must divide" in text
    assert "a % b == 0" in rejected(contract, zeros(5, 0)), "dividing by zero is no crash"
    assert accepts(contract, [zeros(6, 3)])


def test_what_auto_gave_up():
    made = traced(specs_of({"x": "? _"}, x=zeros(4, 2)))
    contract = made.assume("s0 == 4", note="aten.add").contract()

    assert "relied on it when it was exported: aten.add; Dim.AUTO gave up x.shape[0]" in rejected(
        contract, zeros(5, 2)
    )


@pytest.mark.parametrize(
    ("shapes", "arguments", "good", "bad", "words"),
    [
        ({"x": "n", "k": "2*n"}, (zeros(4), 8), (zeros(3), 6), (zeros(4), 9), "takes 2*n = 8."),
        ({"x": "n", "k": "n"}, (zeros(4), 4), (zeros(0), 0), (zeros(4), 5), "n = 4 from x.shape[0]"),
        ({"x": "s", "k": "s+1"}, (3, 4), (-3, -2), (3, 3), "takes s + 1 = 4."),
        (
            {"x": "s", "k": "s"},
            (2.0, 2.0),
            (3.0, 3.0),
            (0.0, -0.0),
            "`k` is -0.0, but the program takes s = 0.0",
        ),
        ({"x": "s", "k": "s"}, (True, True), (False, False), (True, False), "takes s = True."),
        ({"x": "n", "k": "32//n"}, (zeros(4), 8), (zeros(3), 10), (zeros(0), 10), "takes 32 // n."),
    ],
)
def test_numbers_that_follow_from_others(shapes, arguments, good, bad, words):
    """A number passed itself under a name that something else has given a value is compared with it."""
    contract = contract_of(shapes, **dict(zip(("x", "k"), arguments, strict=True)))

    assert accepts(contract, good)
    assert words in rejected(contract, *bad)


def test_sizes_that_cannot_be_computed():
    """A size of a call that divides by zero is refused by name, and so is such an example."""
    contract = contract_of({"x": "n", "y": "32//n", "z": "m+8//n"}, x=zeros(4), y=zeros(8), z=zeros(9))

    assert "`z.shape[0]` is 9, but the program takes m + 8 // n." in rejected(
        contract, zeros(0), zeros(8), zeros(9)
    )
    with pytest.raises(SpecError, match=re.escape("the spec says 32 // n")):
        specs_of({"x": "n", "y": "32//n"}, x=zeros(0), y=zeros(8))


def test_dynamic_integers():
    contract = contract_of({"n": Dim.DYNAMIC, "x": "n2"}, ["n2 <= s0"], n=5, x=zeros(3))

    assert accepts(contract, [7, zeros(7)])
    assert "n2 <= n" in rejected(contract, 3, zeros(4))
    assert "`n` is of type bool, but the program takes an int." in rejected(contract, True, zeros(1))
    assert "`n` is of type float" in rejected(contract, 3.0, zeros(1))


@pytest.mark.parametrize(
    ("name", "value", "good", "bad"),
    [
        ("requires_grad", False, zeros(2, 3), zeros(2, 3).requires_grad_()),
        ("requires_grad", True, zeros(2, 3).requires_grad_(), zeros(2, 3)),
        ("is_contiguous", True, zeros(2, 3), zeros(3, 2).t()),
        ("is_contiguous", False, zeros(3, 2).t(), zeros(2, 3)),
        ("stride", (3, 1), zeros(2, 3), zeros(3, 2).t()),
        ("stride", (symbol("n"), 1), zeros(2, 3), zeros(3, 2).t()),
        ("storage_offset", 0, zeros(2, 3), zeros(3, 3)[1:]),
        ("class", torch.Tensor, zeros(2, 3), torch.nn.Parameter(zeros(2, 3), requires_grad=False)),
        ("has_grad", False, zeros(2, 3), None),
    ],
)
def test_properties(name, value, good, bad):
    """A property is checked when the trace asked for it."""
    contract = contract_of({"x": "m n"}, [Property("x", name, value)], x=zeros(2, 3))

    assert accepts(contract, [good])
    if bad is not None:
        assert f"x.{name} is" in rejected(contract, bad)


def test_properties_must_be_known():
    with pytest.raises(ValueError, match="no such property"):
        Property("x", "colour", 1)
    with pytest.raises(ValueError, match="no such state"):
        Ambient("weather", 1)


def test_identity():
    """`x is y` is a line when the program asked."""
    x = zeros(2)
    apart = contract_of(None, [SameObject("x", "y", same=False)], x=x, y=zeros(2))
    same = contract_of(None, [SameObject("x", "y", same=True)], x=x, y=x)

    assert accepts(apart, [x, zeros(2)])
    assert accepts(same, [x, x])
    assert "x is not y" in rejected(apart, x, x)
    assert "x is y" in rejected(same, x, zeros(2))


def test_memory():
    """Inputs that a mutation must not reach share no memory with the mutated one."""
    contract = contract_of(None, [Disjoint("x", "z"), Disjoint("x", "y")], x=zeros(2), y=zeros(2), z=zeros(2))
    x, y, base = zeros(2), zeros(2), zeros(4)

    assert accepts(contract, [x, y, y]), "only pairs with the mutated one matter"
    assert accepts(contract, [base[:2], base[2:], y])
    assert "x and y share no memory" in rejected(contract, x, x, y)
    assert "`z.clone()`" in rejected(contract, base[:2], y, base[1:3])


def test_state_around_the_call():
    contract = contract_of(None, [Ambient.now("grad_enabled"), Ambient.now("autocast")], x=zeros(2))

    assert accepts(contract, [zeros(2)])
    with torch.no_grad():
        assert "grad_enabled is True at the call, but it is False" in rejected(contract, zeros(2))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert "autocast is off at the call, but it is bfloat16 on cpu" in rejected(contract, zeros(2))


def test_from_shapes_alone():
    contract = contract_of(None, x=TensorSpec("n 3", torch.int64))

    assert accepts(contract, [zeros(0, 3, dtype=torch.int64)])
    assert not accepts(contract, [zeros(0, 3)])


def test_no_inputs():
    assert accepts(contract_of(), [])


def test_no_size_is_special():
    contract = contract_of({"x": "n _"}, x=zeros(8, 3))

    assert all(accepts(contract, [zeros(n, 3)]) for n in (0, 1, 2, 7, 100_000))


def test_source_can_be_read():
    """The check is a Python function; its text shows in tracebacks too."""
    source = check_source(contract_of({"x": "n _"}, ["n <= 9"], x=zeros(8, 3), flag=True))

    assert "v0 <= 9" in source
    assert "a1 is True" in source


def test_inputs_are_named_by_their_paths():
    contract = contract_of({"past.*": "b _"}, past={"layers": [zeros(2, 3), zeros(2, 3)]})

    assert "`past.layers.1.shape[0]` is 5, but the program takes b = 4." in rejected(
        contract, zeros(4, 3), zeros(5, 3)
    )
    assert [leaf.path for leaf in inputs_of(past=[1])] == ["past.0"]


class Unprintable:
    def __repr__(self):
        raise RuntimeError("no text")


def test_what_has_no_text_is_named_by_its_class():
    text = rejected(contract_of(x=zeros(2), mode="a"), zeros(2), Unprintable())

    assert "Unprintable object at" in text


def test_integers_beyond_64_bits_are_refused():
    """Python has them, PyTorch's operators have not."""
    contract = contract_of({"n": "k"}, n=2)

    for number in (2**63 - 1, -(2**63)):
        compile_check(contract)([number])
    for number in (2**63, -(2**63) - 1, 10**30):
        text = rejected(contract, number)
        assert f"`k` is {number}, but the program takes an integer of 64 bits." in text


@pytest.mark.parametrize("shapes", [None, {"x": "n _"}, {"x": "n m"}])
def test_a_nested_tensor_has_no_sizes(shapes):
    nested = torch.nested.nested_tensor([zeros(2), zeros(3)])

    assert "`x` is a nested tensor" in rejected(contract_of(shapes, x=zeros(2, 3)), nested)


@pytest.mark.parametrize(
    ("shape", "size", "what", "why"),
    [
        ("d+1", 0, "`d` is -1, but its range is 0..oo.", "d = -1 from x.shape[0] = d + 1 = 0"),
        ("7-d", 9, "`d` is -2, but its range is 0..oo.", "d = -2 from x.shape[0] = 7 - d = 9"),
        ("2*d", 3, "`x.shape[0]` is 3, but the program takes 2*d.", "`d` is an integer."),
    ],
)
def test_how_a_symbol_was_computed(shape, size, what, why):
    contract = traced(specs_of({"x": shape}, x=zeros(4))).contract()
    with pytest.raises(ContractError) as caught:
        compile_check(contract)([zeros(size)])

    assert (caught.value.what, caught.value.why) == (what, why)
    assert caught.value.instead
