"""Text of a traced value: a message may show what stands for it, anything else would be fixed at the export."""

import io
import logging
import sys
import warnings

import pytest
import torch

import fullgraph
from fullgraph import DataDependent, Dim
from tests.support import assert_refused, assert_same

_MORE = [(torch.randn(0),), (torch.randn(7),)]
_LOG = logging.getLogger(__name__)


def require(condition, message):
    """As libraries have it: only the way for exporters leaves the message alone."""
    if torch.compiler.is_compiling():
        torch._check_tensor_all(condition)
    elif not condition:
        raise ValueError(message)


def measured(message, *more, **named):
    return len(message)


def handed_on(message):
    return lambda: message


def left_alone(*texts, **named):
    return 2


def printed(x):
    print(x, f"{x.sum()} of {x.shape[0]}", [x])
    print(x, file=sys.stderr)
    return x * 2


def logged(x):
    _LOG.warning(f"sum {x.sum()}")  # noqa: G004  (people do)
    _LOG.warning("sum %s of %s", x.sum(), x.shape[0])
    warnings.warn("sum {}".format(x.sum()), stacklevel=1)  # noqa: UP032
    return x * 2


def given_to_a_check_of_its_own(x):
    require((x * 0 == 0).all(), f"sum {x.sum()} of {x.shape[0]}")
    return x * 2


def given_as_keyword(x):
    return x * left_alone(1, text="sum %s" % x.sum(), size=f"{x.shape[0]}")  # noqa: UP031


class Checking(torch.nn.Module):
    def require(self, condition, message):
        torch._check(condition)

    def forward(self, x):
        self.require(x.shape[0] < 9, f"sum {x.sum()} of {x.shape[0]}")
        return x * 2


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 does not say which part of a line runs")
@pytest.mark.parametrize("program", [printed, logged, given_to_a_check_of_its_own, given_as_keyword])
@pytest.mark.filterwarnings("ignore")
def test_a_message_shows_what_stands_for_the_value(program):
    assert_same(program, (torch.randn(3),), _MORE, dynamic_shapes={"x": "n"})


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 does not say which part of a line runs")
def test_a_method_that_leaves_its_message_alone():
    assert_same(Checking(), (torch.randn(3),), _MORE, dynamic_shapes={"x": "n"}, refused=[(torch.randn(9),)])


def test_the_text_of_an_error_is_a_message():
    def program(x):
        if x.shape[0] > 8:
            raise ValueError(f"sum {x.sum()} of {x.shape[0]}")
        assert x.shape[0] != 5, str(x.sum())
        return x * 2

    refused = [(torch.randn(9),), (torch.randn(5),)]
    assert_same(program, (torch.randn(3),), _MORE, dynamic_shapes={"x": "n"}, refused=refused)


def by_text(x):
    return x + 1 if "nan" in str(x.sum()) else x * 2


def by_length(x):
    return x * len(repr(x))


def by_format(x):
    return x + ("%s" % x.sum() == "tensor(3.)")  # noqa: UP031


def by_a_function(x):
    return x * measured(f"{x.sum()}")


def by_a_closure(x):
    return x * len(handed_on(f"{x.sum()}")())


def by_a_kept_text(x):
    text = f"{x.sum()}"
    print(text)
    return x * len(text)


def by_a_caught_error(x):
    try:
        if x.shape[0] > 2:
            raise ValueError(f"{x.sum()}")  # noqa: TRY301
    except ValueError as error:
        return x * len(str(error))
    return x


def by_a_file(x):
    file = io.StringIO()
    print(x.sum(), file=file)
    return x * len(file.getvalue())


@pytest.mark.parametrize(
    "program",
    [
        by_a_file,
        by_text,
        by_length,
        by_format,
        by_a_function,
        by_a_closure,
        by_a_kept_text,
        by_a_caught_error,
    ],
)
def test_text_that_the_program_reads_is_refused(program):
    assert_refused(program, (torch.ones(3),), kind=DataDependent, dynamic_shapes={"x": "n"})


def test_a_function_that_reads_the_text_of_a_size_fixes_the_size():
    def program(x):
        return x * measured(f"{x.shape[0]}")

    assert_refused(program, (torch.ones(3),), line="return len(message)", dynamic_shapes={"x": "n"})
    assert_same(program, (torch.ones(3),), dynamic_shapes={"x": {0: Dim.AUTO}}, refused=[(torch.ones(10),)])


def test_python_is_no_longer_watched_after_the_export():
    """The function that was given the message is never called: another argument of its call raises."""

    def program(x):
        try:
            return x * left_alone(f"{x.sum()}", {}["missing"])
        except KeyError:
            return x * 2

    before = sys.gettrace()
    fullgraph.export(program, (torch.ones(3),))
    assert sys.gettrace() is before


class Showing(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2))

    def forward(self, x):
        print(self.weight, f"{self.weight}")
        return x * self.weight.sum()


class Reading(Showing):
    def forward(self, x):
        return x * len(str(self.weight))


def test_a_parameter_is_shown_and_not_read():
    """To print a real tensor, PyTorch takes all modes away for a moment; afterwards nothing is traced any more."""
    assert_same(Showing(), (torch.randn(3),), _MORE, dynamic_shapes={"x": "n"})
    assert torch.allclose(torch.ones(2), torch.ones(2))
    assert_refused(Reading(), (torch.randn(3),), kind=DataDependent, dynamic_shapes={"x": "n"})


def test_text_of_a_constant_is_the_same_at_each_call():
    assert_same(lambda x: x * len(str(torch.ones(2))), (torch.randn(3),), _MORE, dynamic_shapes={"x": "n"})


def test_a_check_of_pytorch_on_values_below_a_test_for_identity():
    """The check's own answer never comes to the test, and is not asked for."""

    def program(x, flag=None):
        torch._check_tensor_all(x * 0 == 0)
        return x if flag is True else x * 2

    assert_same(program, (torch.randn(3),), _MORE, dynamic_shapes={"x": "n"})
