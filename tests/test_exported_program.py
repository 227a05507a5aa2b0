"""`ExportedProgram`: what users do with a program, from call to print."""

import copy
import pickle

import pytest
import torch
from torch import nn

import fullgraph
from fullgraph.errors import ContractError, FullgraphError


class Model(nn.Module):
    """Tied weights, batch norm, dropout, a buffer that counts, and a part without gradients."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.norm = nn.BatchNorm1d(4)
        self.drop = nn.Dropout(0.5)
        self.outer = nn.Linear(4, 4)
        self.outer.weight = self.inner.weight
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.register_buffer("offset", torch.ones(4), persistent=False)

    def forward(self, x, *, scale=1.0):
        self.steps += 1
        with torch.no_grad():
            size = self.inner.weight.abs().mean() * x.shape[0]
        return self.outer(self.drop(self.norm(self.inner(x)))) * size * scale + self.offset


def export(model, **options):
    return fullgraph.export(
        model, (torch.randn(4, 4),), dynamic_shapes={"x": "batch _"}, constraints=["batch >= 2"], **options
    )


def run(function, size):
    torch.manual_seed(size)
    return function(torch.randn(size, 4))


def test_a_training_step_through_the_module_equals_eager():
    model = Model()
    eager = copy.deepcopy(model)
    module = export(model).module()

    for size in (4, 7):
        expected, actual = run(eager, size), run(module, size)
        torch.testing.assert_close(actual, expected)
        expected.pow(2).sum().backward()
        actual.pow(2).sum().backward()

    gradients = {name: parameter.grad for name, parameter in eager.named_parameters()}
    assert gradients.keys() == dict(module.named_parameters()).keys()
    for name, parameter in module.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name])
    torch.testing.assert_close(dict(module.state_dict()), dict(eager.state_dict()))


def test_state_is_the_users_own_under_the_users_names():
    model = Model()
    program = export(model)

    assert program.state_dict.keys() == model.state_dict().keys()
    assert all(
        tensor is model.state_dict(keep_vars=True)[name] for name, tensor in program.state_dict.items()
    )
    assert program.state_dict["outer.weight"] is model.inner.weight
    assert program.constants == {"offset": model.offset}
    assert {name for name, _ in program.named_parameters()} == {name for name, _ in model.named_parameters()}
    assert len(list(program.buffers())) == len(list(model.buffers()))


def test_the_mode_was_fixed_at_export():
    module = export(Model().eval()).module()

    assert module.eval() is module
    with pytest.raises(FullgraphError, match="exported in eval"):
        module.train()


def test_a_call_outside_the_contract_changes_nothing():
    model = Model()
    program = export(model)

    with pytest.raises(ContractError, match="x"):
        program(torch.randn(4, 5))
    with pytest.raises(TypeError, match="forward"):
        program()
    assert model.steps.item() == 0


def test_the_graph_runs_alone_on_lifted_tensors_and_inputs():
    def double(x):
        return {"y": x * 2}

    program = fullgraph.export(double, (torch.ones(3),))

    assert program.graph_module(torch.ones(3))[0].tolist() == [2.0] * 3
    assert program.graph is program.graph_module.graph
    assert program.graph_signature.user_inputs == ("x",)


def test_each_node_has_the_users_line():
    program = fullgraph.export(lambda x: x.sin(), (torch.ones(3),))
    (node,) = program.graph.find_nodes(op="call_function", target=torch.ops.aten.sin.default)

    assert __file__ in node.meta["stack_trace"]
    assert node.stack_trace == node.meta["stack_trace"]


def test_print_shows_graph_signature_symbols_and_contract():
    def stretch(x):
        return x.new_ones(x.shape[0] + 1)

    program = fullgraph.export(stretch, (torch.ones(3, 2),), dynamic_shapes={"x": "n 2"})
    text = str(program)

    assert "def forward(self, x: f32[n, 2]):" in text
    assert ": f32[n + 1] = torch.ops.aten" in text
    assert "Graph signature: ExportGraphSignature(" in text
    assert "Symbol to range: {n: RangeConstraint(min_val=0, max_val=oo)}" in text
    assert "Contract:\n    x: float32[n, 2] on cpu" in text
    assert [repr(found) for found in program.range_constraints.values()] == [
        "RangeConstraint(min_val=0, max_val=oo)"
    ]


def test_runtime_assertions_guard_the_bare_graph():
    program = fullgraph.export(lambda x: x + x, (torch.ones(3, 2),)).with_runtime_assertions()
    program.verify()

    assert program(torch.ones(3, 2)).tolist() == [[2.0, 2.0]] * 3
    with pytest.raises(RuntimeError, match=r"Input x.shape\[0\] is specialized at 3"):
        program.graph_module(torch.ones(4, 2))


def test_runtime_assertions_of_sets_and_relations():
    sizes = fullgraph.Dim("n", values=[2, 4, 8])
    program = fullgraph.export(
        lambda x, y: x.sum() + y.sum(),
        (torch.ones(4), torch.ones(2)),
        dynamic_shapes={"x": {0: sizes}, "y": {0: fullgraph.Dim("m", max=9)}},
        constraints=["n >= m"],
    )
    graph = program.with_runtime_assertions().graph_module

    assert graph(torch.ones(8), torch.ones(3))[0].item() == 11
    for x, y, message in ((3, 1, "not one of"), (8, 9, "m <= n"), (8, 10, r"range \[0, 9\]")):
        with pytest.raises(RuntimeError, match=message):
            graph(torch.ones(x), torch.ones(y))


def test_the_example_can_be_called_again():
    def pick(x, options):
        return x * options["scale"]

    program = fullgraph.export(pick, (torch.ones(3),), {"options": {"scale": 3}})
    args, kwargs = program.example_inputs

    assert program(*args, **kwargs).tolist() == [3.0] * 3


def test_what_was_given_and_changed_comes_back():
    """A mutated input, a changed dict, and an input as an output are the caller's own objects."""

    def update(x, out):
        out["y"] = x * 2
        x.add_(1)
        return x[0], x, out

    program = fullgraph.export(update, (torch.zeros(3), {}))
    x, out = torch.ones(3), {}
    first, same, given = program(x, out)

    assert first.item() == 2.0
    assert same is x
    assert given is out
    assert out["y"].tolist() == [2.0] * 3
    assert list(program.graph_signature.argument_state.values()) == ["out.y"]


def test_a_copy_of_a_program_is_independent():
    program = export(Model())
    twin = copy.deepcopy(program)
    run(twin, 4)

    assert twin.state_dict["steps"].item() == 1
    assert program.state_dict["steps"].item() == 0


def test_pickles_are_as_good_as_saved_programs():
    """A program, and its module with the tensors that the module has by then."""
    program = export(Model())
    module = program.module()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2)

    again, module_again = pickle.loads(pickle.dumps((program, module)))

    assert str(again.contract) == str(program.contract)
    assert module_again.state_dict().keys() == module.state_dict().keys()
    for size in (2, 5):
        torch.testing.assert_close(run(again, size), run(program, size))
        torch.testing.assert_close(run(module_again, size), run(module, size))
    assert [p.requires_grad for p in module_again.parameters()] == [
        p.requires_grad for p in module.parameters()
    ]


class Rebinds(nn.Module):
    """Gives its buffer a new tensor at each call, instead of writing into the old one."""

    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(2))

    def forward(self, x):
        old = self.total
        self.total = old + x
        return old, self.total, self.total[0]


def test_what_a_call_returned_of_a_rebound_buffer_stays_as_it_was():
    """The next call writes into the tensor that the program keeps, not into what the caller was given."""
    model = Rebinds()
    eager = copy.deepcopy(model)
    program = fullgraph.export(model, (torch.ones(2),))

    expected = [eager(torch.full((2,), float(i))) for i in range(1, 4)]
    actual = [program(torch.full((2,), float(i))) for i in range(1, 4)]

    torch.testing.assert_close(actual, expected)
