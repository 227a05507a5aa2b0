import doctest
import itertools
import re

import pytest
import torch

import fullgraph
from fullgraph.testing import Call, assert_captures


class Counter(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.count += x.shape[0]
        return x * self.count


def doubled(x):
    return x + x


def failure(*args, **fields):
    with pytest.raises(AssertionError) as caught:
        assert_captures(*args, **fields)
    return str(caught.value)


def test_the_program_is_returned():
    program = assert_captures(
        torch.sin, (torch.ones(3),), dynamic_shapes=("n",), extra_args=[(torch.ones(5),)]
    )

    assert isinstance(program, fullgraph.ExportedProgram)


def test_inputs_take_every_form():
    def scaled(x, *, factor):
        return x * factor

    assert_captures(
        scaled,
        (torch.ones(3),),
        {"factor": torch.tensor(2.0)},
        dynamic_shapes={"x": "n"},
        extra_args=[
            (torch.ones(5),),
            {"factor": torch.tensor(3.0)},
            Call((torch.ones(0),), {"factor": torch.tensor(4.0)}),
        ],
        rejected_args=[(torch.ones(3, 1),), {"factor": torch.tensor(3)}],
    )


def test_modules_and_bound_methods_are_copied_and_their_state_is_compared():
    module = Counter()
    for fn in (module, module.forward):
        assert_captures(fn, (torch.ones(3),), dynamic_shapes=("n",), extra_args=[(torch.ones(5),)])

    assert module.count == 0


def test_arguments_are_copied():
    x = torch.ones(3)
    assert_captures(lambda x: x.add_(1), (x,), extra_args=[(x,)])

    assert torch.equal(x, torch.ones(3))


def test_a_refusal_is_a_failure_with_the_words_of_the_error():
    def stamped(x):
        import time

        return x + time.time()

    text = failure(stamped, (torch.ones(3),))

    assert "stamped is not captured:\n" in text
    assert "what: The program calls `time.time` while it is traced." in text


def test_a_wrong_spec_is_the_mistake_of_the_test():
    with pytest.raises(fullgraph.SpecError):
        assert_captures(torch.sin, (torch.ones(3),), dynamic_shapes=("n m",))


def test_an_extra_input_outside_of_the_contract():
    text = failure(doubled, (torch.ones(3),), extra_args=[(torch.ones(4),)])

    assert text.startswith("The program of doubled differs from eager in 1 place.\nextra_args[0]: outcome:\n")
    assert "program: raised ContractError:" in text


def test_an_input_that_should_be_rejected():
    text = failure(torch.sin, (torch.ones(3),), dynamic_shapes=("n",), rejected_args=[(torch.ones(4),)])

    assert "rejected_args[0]: outcome:\n    eager:   to be rejected by the contract" in text


def test_a_program_that_differs_is_shown_by_place():
    """A number fixed at the export on purpose, which eager draws anew at each call."""
    numbers = itertools.count()

    def numbered(x):
        return {"same": x, "other": x * fullgraph.constant(lambda: next(numbers))}

    text = failure(numbered, (torch.ones(2),))

    assert re.search(r"the example: output\['other'\]:\n    eager:   tensor\(.*\n    program: tensor\(", text)
    assert "['same']" not in text


def test_tolerances():
    numbers = itertools.count()

    def noisy(x):
        return x + fullgraph.constant(lambda: next(numbers) * 1e-3)

    assert failure(noisy, (torch.ones(2),))
    assert_captures(noisy, (torch.ones(2),), atol=0.1, rtol=0.1)


def test_the_docstring_is_true():
    page = doctest.DocTestFinder(recurse=False).find(assert_captures, "assert_captures")[0]

    assert not doctest.DocTestRunner().run(page).failed
