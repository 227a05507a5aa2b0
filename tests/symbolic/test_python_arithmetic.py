"""Python's arithmetic on sizes: each expression is exported with the size dynamic, and compared with eager.

At every size the program gives what eager gives, in the same type; where eager raises, the program raises.
"""

import enum
import linecache
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import torch

import fullgraph
from fullgraph.errors import Specialized
from tests.support import assert_equal

SIZES = (0, 1, 2, 7, 100_000)

NUMBERS = """
n + 3; 3 - n; n * 4; n // 3; n // -3; 7 // (n + 1); n % 5; n % -5; -n % 8; n ** 2; n ** 0; 2 ** (n % 7)
n ** -1; n ** 0.5
divmod(n, 7); divmod(-n, 7); divmod(100, n + 1); divmod(5, n); abs(n - 5); +n; -n; n.conjugate()
n / 3; 3 / (n + 1); 3 / n; 1.5 * n; n - 0.5; n // 2.5; n % 2.5; n / 3 // 1
min(n, 5); max(n, 5); min(n, 5, 2*n - 3); max([n, 3]); min([n, 5], default=3); max([], default=n); min(iter([n, 5]))
sorted([n, 5]); sorted([n, 5])[0]; sorted([n, 5, 2*n - 9], reverse=True); sorted([n, 7, 3, 2, 2*n, n + 1])
round(n); round(n, -1); round(n, -2); round(n, 2); round(n / 2); round(n / 3, 1); round(n / 7, -1)
math.ceil(n); math.ceil(n / 2); math.floor(n / 3); math.trunc(-n / 3); math.sqrt(n); math.log2(n); math.log2(n + 1)
math.prod([n, 2, n]); math.prod((n, n), start=2); math.gcd(n, 12); math.gcd(12, n, 8)
math.lcm(n, 4); math.lcm(n, n + 2, 3); math.lcm(n, 0)
math.log(n + 1); math.log(n + 2, 2); math.log10(n + 1); math.exp(n / 1000000); math.pow(n, 2); math.fabs(n - 5)
math.isqrt(n); math.isqrt(n - 1); math.comb(n, 2); math.comb(7, n); math.perm(n, 2); math.perm(n % 9)
math.factorial(n % 9)
math.hypot(n, 3); math.hypot(n, n + 1, 0.5); math.hypot(n); math.atan2(n, 3); math.atan2(-3, n); math.fmod(-n, 3)
math.fmod(7, n); math.remainder(n, 4); math.nextafter(n, 9); math.copysign(n, -1); math.dist((n, 1), (2, n))
math.isclose(n, 7); math.isclose(n, 7.5, rel_tol=0.1); math.isclose(n / 3, 0, abs_tol=1); math.exp2(n / 1000)
n < 5; n == 7; n != 7; n > 2.5; (n > 1) & (n < 50); (n > 1) | (n > 50); (n > 1) ^ (n < 50); (n > 3) + 1; (n > 3) * n
(n > 3) | 0; (n > 3) & 1; 1 & (n > 3); (n > 3) ^ n; n ^ (n > 3); (n > 3) & True; True ^ (n > 3); (n > 3) << 2
n << (n > 3); 2 << (n > 3); (n > 3) >> 1; round(n > 3); math.ceil(n > 3); int(n > 3)
(-2) ** n % 1000; (-1) ** n; (-1.0) ** n; (-0.0) ** (n % 5); (-2.5) ** (n % 7); pow(-3, n % 9); pow(-3, n % 9, 7)
(n < n) & n; True & n; True | n; True ^ n; True + n; True - n; True % (n + 1); True << (n % 5)
n % Level.LOW; n & Level.LOW
Level.LOW * n; n - Level.LOW; (n / 2) * Level.LOW; divmod(n, Level.LOW); n == Level.LOW; Level.LOW ** (n % 9)
Fraction(n, 3).numerator; Fraction(n, 3).denominator; (Fraction(n, 3) + 1).numerator; math.floor(Fraction(n, 3) + 1)
n.real; n.imag; n.numerator; n.denominator; (n / 2).real; (n / 2).imag; (n > 3).numerator; (n > 3).imag
n & 6; n & 7; n | 5; n ^ 5; n << 2; n >> 1; ~n; 1 << (n % 8); 5 & n; -n & 6; -n >> 1
sum([n, n, 1]); sum([n, 2], 5); sum(i * n for i in range(3)); pow(n, 2); pow(n, 2, 7); pow(n, 3, n + 2); pow(n, 2, n)
pow(3, n % 9, 7); pow(3, n % 9, n + 2); pow(3, 2, n + 1); pow(n, 0.5); pow(2, n % 9)
x.numel() * 2; x.shape.numel(); x.shape[1:].numel(); torch.Size([n, n]).numel(); x.size().__len__(); x.stride()[0]
torch.sym_max(n, 5); torch.sym_min(n, 5); torch.sym_sqrt(n); torch.sym_int(n / 2); torch.sym_float(n)
torch.sym_ite(n > 3, n, 2); torch.sym_ite(n > 3, 0.5, n / 2); torch.sym_ite(True, n, 2)
torch.sym_ite(n > 3, n > 9, False)
torch.sym_not(n); torch.sym_fresh_size(n); torch.sym_not(n > 3); torch.sym_sum([n, n, 2]); torch.sym_sum((n, n))
"""
# A float has 53 bits, an integer of Python has as many as it needs.
LARGE = """
(n + 2**70) - 2**70; (n + 2**53 + 1) / 3; round((n + 2**53 + 1) / 2); math.sqrt(n + 2**53 + 1); (n + 2**53 + 1) * 1.0
(n + 2**53 + 1) // 2.0; (2**53 + n) / (2**53 + 1); (n + 2**53 + 1) % 3.0; n + 2**53 + 1 == 2.0**53
float(n + 2**53) == n + 2**53; n + 2**53 < float(n + 2**53); float(n + 2**53) == float(n + 2**53 + 1)
"""
TENSORS = """
torch.tensor(n); torch.tensor([n, 2]); torch.tensor([[n, 1], [2, n]]); torch.tensor(n / 2); torch.tensor([n / 2, 1])
torch.tensor(n > 3); torch.tensor((n, n), dtype=torch.float32); torch.tensor(n).item() + 1
torch.as_tensor(n); torch.as_tensor([n, 3]); torch.asarray(n); torch.scalar_tensor(n)
torch.tensor([n, 1j]); torch.tensor([1j, n / 2]); torch.tensor([2, torch.tensor(n)]); torch.tensor([torch.tensor(n), 2])
torch.tensor([[n, 2], torch.tensor([1, 2])])
x.new_tensor(n); x.new_tensor([n, 2]); x.new_tensor(x.shape); x.new_tensor(n, dtype=torch.int8); x.new_tensor([n > 3])
x.long().new_tensor([n, n / 3]); x.bool().new_tensor(data=[n, 0]); torch.ones(2).new_tensor([n, 1]); x.new_tensor(2.5)
x[[n - 1]]; x[[0, n - 1]]; x[None][:, [n - 1, 0]]; x[None][[n % 1], n - 1]
torch.full((2,), n); torch.full((2,), n / 2); torch.full((n,), 3); torch.full((2,), n > 3)
x.new_full((2,), n); x.new_full((n,), 2.0); x.new_zeros(n, 2); torch.zeros(n); torch.eye(min(n, 10))
torch.arange(n); torch.arange(0, n, 2); torch.arange(n, 0, -3); torch.arange(0.0, n / 2, 0.5)
torch.arange(1, n + 2, 1.5)
torch.linspace(0, n, 5); torch.linspace(0, 1, n); torch.linspace(n, -n / 3, steps=n + 1, dtype=torch.bfloat16)
torch.linspace(0, 100, n, dtype=torch.int64); torch.linspace(0, 1, n - 2); torch.linspace(x.sum(), 9, n)
torch.logspace(-1, 0, n); torch.logspace(-1, 0, n, 2.0)
torch.zeros(2) + n; torch.zeros(2) * (n / 3); torch.zeros(2).fill_(n)
"""
# What PyTorch raises for such numbers.
MISTAKES = """
torch.tensor([[n, 1], [2]]); torch.tensor([[n], 3]); torch.tensor([n, [3]]); x.new_tensor([[n, 1], [2]])
"""
# One value is all that these can work with; it is refused for a dynamic size, with the line.
REFUSED = """
n.bit_length(); n.__index__(); math.fsum([n, 1]); math.frexp(n); math.gamma(n + 1); math.ldexp(1.5, n)
n.bit_count(); n.to_bytes(4, "big")
n + 1j; 2j / (n + 1); (n / 2) * 1j; round(n / 3, n)
not n; sorted([n, 5], key=lambda v: -v); sorted([n, 5], reverse=True, key=abs)
"""


class Level(enum.IntEnum):
    """Integers of a class of their own."""

    LOW = 2


def listed(table: str) -> list[str]:
    """The expressions of a table."""
    return [each.strip() for line in table.strip().splitlines() for each in line.split(";")]


def program_of(text: str) -> Callable[[torch.Tensor], Any]:
    """The function that computes `text` from `n`, the size of its argument, with source lines for errors."""
    source = f"def fn(x):\n    n = x.shape[0]\n    return {text}, x.sum()\n"
    file = f"<size {text}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names: dict[str, Any] = {"torch": torch, "math": math, "Level": Level, "Fraction": Fraction}
    exec(compile(source, file, "exec"), names)
    return names["fn"]


@pytest.mark.parametrize("text", [*listed(NUMBERS), *listed(LARGE), *listed(TENSORS)])
def test_as_in_python(text: str) -> None:
    """The size stays dynamic, and the result is Python's, from no elements at all to many."""
    fn = program_of(text)
    program = fullgraph.export(fn, (torch.zeros(9),), dynamic_shapes={"x": "n"})

    for n in SIZES:
        x = torch.zeros(n)
        try:
            expected = fn(x)
        except (ArithmeticError, ValueError, RuntimeError, LookupError):
            with pytest.raises((ArithmeticError, ValueError, RuntimeError, LookupError)):
                program(x)
            continue
        found = program(x)
        assert type(found[0]) is type(expected[0])
        assert_equal(found, expected)


@pytest.mark.parametrize("text", listed(MISTAKES))
def test_mistakes_are_eagers(text: str) -> None:
    """The export raises what eager raises."""
    with pytest.raises((TypeError, ValueError)) as expected:
        program_of(text)(torch.zeros(9))
    with pytest.raises(expected.type) as found:
        fullgraph.export(program_of(text), (torch.zeros(9),), dynamic_shapes={"x": "n"})
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("text", listed(REFUSED))
def test_what_asks_for_the_value_is_refused(text: str) -> None:
    """Nothing is baked in: the refusal names the line."""
    with pytest.raises(Specialized) as refused:
        fullgraph.export(program_of(text), (torch.zeros(9),), dynamic_shapes={"x": "n"})

    assert refused.value.where is not None
    assert text in refused.value.where.text
