"""What a `TensorSpec` stands for is no less sure than an example: the contract says what the program asked of it."""

import pytest
import torch

import fullgraph
from fullgraph import Dim, TensorSpec
from fullgraph.errors import ContractError
from tests.support import Call, assert_same

ones = torch.ones
SPEC = TensorSpec("n")
ONE = ones(3)


def is_same(x, y):
    return 2 * x if x is y else 3 * x


@pytest.mark.parametrize(
    "args", [(TensorSpec("n"), TensorSpec("n")), (SPEC, SPEC), (TensorSpec("n"), ones(3)), (ONE, ones(3))]
)
def test_identity(args):
    """Each spec stands for a tensor of its own, be it one object; two arguments that are one take another branch."""
    assert_same(is_same, args, [(ones(3), ones(3))], refused=[(ONE, ONE)], call_example=args[0] is ONE)


def test_identity_as_keys():
    assert_same(
        lambda x, y: len({x, y}) * x,
        (SPEC, SPEC),
        [(ones(3), ones(3))],
        refused=[(ONE, ONE)],
        call_example=False,
    )


@pytest.mark.parametrize("grad", [False, True])
def test_requires_grad(grad):
    def fn(x):
        return 2 * x if x.requires_grad else 3 * x

    inside, outside = ones(4).requires_grad_(grad), ones(4).requires_grad_(not grad)

    assert_same(
        fn, (TensorSpec("n", requires_grad=grad),), [(inside,)], refused=[(outside,)], call_example=False
    )


def test_a_spec_that_requires_grad_is_a_leaf():
    with pytest.raises(RuntimeError, match="leaf Variable"):
        fullgraph.export(lambda x: x.add_(1), (TensorSpec("n", requires_grad=True),))


def test_layout():
    """A sparse tensor is not what the shape says."""
    program = fullgraph.export(lambda x: 2 * x, (TensorSpec("3 3"),))
    with pytest.raises(ContractError, match="sparse"):
        program(torch.eye(3).to_sparse())


def test_place_in_memory():
    """`as_strided` looks at the storage itself."""
    assert_same(
        lambda x: x.as_strided((2,), (1,)),
        (TensorSpec("n"),),
        [(torch.arange(4.0),)],
        refused=[(torch.arange(8.0)[::2],)],
        call_example=False,
    )


@pytest.mark.parametrize("example", [ones(3), torch.nn.Parameter(ones(3)), TensorSpec("3")])
@pytest.mark.parametrize(
    "asked", [lambda x: isinstance(x, torch.nn.Parameter), lambda x: type(x) is torch.nn.Parameter]
)
def test_parameters_as_arguments(example, asked):
    """A parameter is told from a tensor; its being one was taken to be false."""

    def fn(x):
        return 2 * x if asked(x) else 3 * x

    inside, outside = (torch.nn.Parameter(ones(3)), ones(3).requires_grad_())
    if not isinstance(example, torch.nn.Parameter):
        inside, outside = outside, inside
    program = fullgraph.export(fn, (example,))

    assert torch.equal(program(inside), fn(inside))
    with pytest.raises(ContractError, match="is_parameter"):
        program(outside)


@pytest.mark.parametrize(
    ("example", "other"), [(torch.nn.Buffer(ones(3)), ones(3)), (ones(3), torch.nn.Buffer(ones(3)))]
)
def test_buffers_as_arguments(example, other):
    def fn(x):
        return 2 * x if isinstance(x, torch.nn.Buffer) else 3 * x

    program = fullgraph.export(fn, (example,))

    assert torch.equal(program(example), fn(example))
    with pytest.raises(ContractError, match="is_buffer"):
        program(other)


def test_attributes_of_the_users_own():
    """What the example has under another name is a constant of the program, as any attribute that is read."""
    x = ones(3)
    x.scale = 4

    def fn(x):
        return x * x.scale if hasattr(x, "scale") and not hasattr(x, "other") else x

    program = fullgraph.export(fn, (x,))

    assert torch.equal(program(x), fn(x))
    assert "x.scale is 4" in str(program.contract)
    other = ones(3)
    with pytest.raises(ContractError, match="own_attributes"):
        program(other)
    other.scale = 5
    with pytest.raises(ContractError, match="'scale=4', but it is 'scale=5'"):
        program(other)


def looked_for(x):
    return x + 1 if hasattr(x, "scale") else x * 2


def counted(x):
    return x + len(vars(x))


def looked_up(x):
    return x + 1 if "value" in x.__dict__ else x * 2


@pytest.mark.parametrize("fn", [looked_for, counted, looked_up])
def test_attributes_that_are_not_there(fn):
    program = fullgraph.export(fn, (ones(3),))
    other = ones(3)
    other.scale = 4

    assert torch.equal(program(ones(3)), fn(ones(3)))
    with pytest.raises(ContractError, match="own_attributes"):
        program(other)


def test_attributes_that_the_program_sets():
    def fn(x):
        doubled = x * 2
        doubled.scale = 3
        return doubled * doubled.scale + len(vars(doubled)) + getattr(doubled, "other", 5)

    assert torch.equal(fullgraph.export(fn, (ones(3),))(ones(3)), fn(ones(3)))


def in_inference_mode():
    with torch.inference_mode():
        return ones(3)


PLAIN, COMPLEX = ones(3), ones(3, dtype=torch.complex64)


@pytest.mark.parametrize(
    ("asked", "inside", "outside"),
    [
        (lambda x: x.is_conj(), COMPLEX, COMPLEX.conj()),
        (lambda x: x.is_conj(), COMPLEX.conj(), COMPLEX),
        (lambda x: x[1:].is_conj(), COMPLEX, COMPLEX.conj()),
        (lambda x: x.is_neg(), PLAIN, COMPLEX.conj().imag),
        (lambda x: x.is_inference(), PLAIN, in_inference_mode()),
    ],
)
def test_how_torch_holds_an_argument(asked, inside, outside):
    def fn(x):
        return x + (2 if asked(x) else 3)

    program = fullgraph.export(fn, (inside,), dynamic_shapes={"x": {0: Dim("n")}})

    assert torch.equal(program(inside), fn(inside))
    with pytest.raises(ContractError, match="The program takes only inputs with x.is_"):
        program(outside)


def test_batch_norm_in_training():
    """What torch.nn raises in Python is a line of the contract without an example, too."""
    model = torch.nn.BatchNorm1d(3)

    assert_same(
        model, (TensorSpec("n 3"),), [Call((torch.randn(4, 3),))], refused=[(ones(1, 3),)], call_example=False
    )
