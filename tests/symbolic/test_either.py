"""`min` and `max` of integers and floats: dynamic wherever it makes no difference which of them the result is."""

import linecache
import math

import pytest
import torch

import fullgraph
from fullgraph import Dim
from fullgraph.errors import Specialized
from tests.support import assert_refused, assert_same

X = torch.arange(8.0).reshape(4, 2)
OTHERS = [(torch.arange(2.0 * n).reshape(n, 2),) for n in (0, 1, 2, 3, 5, 7, 100)]

ALIKE = """
x * max(n / 4, 1); x + min(n, 2.5); max(1, n / 4) - x; x / max(n - 3, 1.0); x.clamp(min(n, 2.5), max(n, 7.5))
x > max(n / 4, 1); torch.where(x > 1, x, max(n / 4, 1)); x ** max(n / 4, 1); x.half() * max(n / 4, 1)
x.masked_fill(x > 2, min(n, 2.5)); torch.full_like(x, min(n, 2.5))
int(max(n / 4, 1)); round(max(n / 4, 1)); math.ceil(max(n / 4, 1)); math.floor(min(n, 2.5)); math.trunc(max(n / 3, 1))
float(min(n, 2.5)); torch.sym_float(min(n, 2.5)); round(min(n, 2.5), 1) * 0.5; round(max(n / 3, 1), 1) / 2
0.5 * min(n, 2.5); min(n, 2.5) / 2; (max(n / 4, 1) + 1) * 2.0; 5 / max(n / 4, 1)
5.0 // max(n / 4, 1); min(n, 2.5) // 2 * 1.0
divmod(min(n, 2.5), 2)[1] / 2; min(n, 2.5) % 2 / 3; int(n * max(n / 4, 1)); int(n - min(n, 2.5)); -min(n, 2.5) * 1.0
abs(min(n - 5, 0.0)) + 0.5; max(n / 4, 1) ** 0.5; max(n / 4, 1) ** 2 * 1.0; sum([min(n, 2.5), 0.5]); min(n, 1e9) / 7
math.sqrt(max(n / 4, 1)); math.log(max(1, n / 4)); math.isclose(max(n / 4, 1), 1); math.hypot(min(n, 2.5), max(n, 0.5))
max(n / 4, 1) > 1; 1 < max(n / 4, 1); n < max(n / 4, 1); max(n / 4, 1) == 1; max(max(n / 4, 1), 2.5) * 1.0
max(n, 2.5, n / 2, 3) + 0.5; min([n, 2.5, 7]) * 0.5; torch.zeros(int(max(n / 4, 1))); x[: int(min(n, 2.5))]
max(n, -1.0)
"""
DIFFERENT = """
max(n / 4, 1); min(n, 2.5) + 1; x.long() * max(n / 4, 1); torch.tensor(max(n / 4, 1)); torch.full((2,), min(n, 2.5))
isinstance(max(n / 4, 1), int); x.bool() * max(n / 4, 1); min(n, 2.5) + min(n, 3.5)
max(n, 2.5) ** 2; round(max(n / 4, 1), 1)
"""


def listed(table):
    return [text.strip() for line in table.strip().splitlines() for text in line.split(";")]


def program_of(text, arguments="x", first="n = x.shape[0]"):
    """Return the function that computes `text`, with source lines, for it may be rewritten."""
    source = f"def program({arguments}):\n    {first}\n    return {text}, x.sum()\n"
    file = f"<either {text}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names = {"math": math, "torch": torch}
    exec(compile(source, file, "exec"), names)
    return names["program"]


@pytest.mark.parametrize("text", listed(ALIKE))
def test_it_stays_dynamic(text):
    """Also the class of the result is eager's."""
    program = assert_same(program_of(text), (X,), OTHERS, dynamic_shapes={"x": "n _"})
    for (x,) in OTHERS:
        assert type(program(x)[0]) is type(program_of(text)(x)[0])


@pytest.mark.parametrize("text", listed(DIFFERENT))
def test_where_the_class_matters_it_is_asked(text):
    assert_refused(program_of(text), (X,), kind=Specialized, dynamic_shapes={"x": "n _"})
    assert_same(program_of(text), (X,), dynamic_shapes={"x": (Dim.AUTO, None)})


@pytest.mark.parametrize("operands", ["1, f", "f, 1", "2, f, 3.0", "f, 2, f"])
@pytest.mark.parametrize("extreme", ["min", "max"])
def test_nan_is_kept_as_python_keeps_it(extreme, operands):
    """The order matters: no number wins over nan, and nan over none."""
    program = program_of(f"x * {extreme}({operands})", "x, f", "pass")
    values = [(X, value) for value in (math.nan, math.inf, -math.inf, 1.0, 2.0, 2.5, -0.0)]
    assert_same(program, (X, 1.5), values, dynamic_shapes=(None, Dim.DYNAMIC))


def test_what_is_asked_of_a_returned_number_is_said():
    """No line of the program asks whether it is an integer or a float."""
    with pytest.raises(Specialized, match=r"n >= 3  \(of what is returned\)"):
        fullgraph.export(
            lambda x: (x + 1, min(x.shape[0], 2.5)), (torch.ones(3, 4),), dynamic_shapes={"x": "n _"}
        )
