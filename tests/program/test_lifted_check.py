"""What a program relies on about its own tensors is tested against those that a call uses."""

from dataclasses import replace

import pytest
import torch

import fullgraph
from fullgraph.contract import (
    Assumption,
    AssumptionKind,
    Contract,
    Disjoint,
    InputContract,
    Property,
    SameObject,
    TensorSpec,
    share_memory,
)
from fullgraph.errors import ContractError
from fullgraph.program.lifted_check import compile_lifted_check, without_lifted
from fullgraph.tracing import GraphInput, InputRole

INPUTS = (
    GraphInput("w", InputRole.PARAMETER, "w"),
    GraphInput("b", InputRole.BUFFER, "b"),
    GraphInput("x", InputRole.USER, "x", leaf=0),
)


SPECS = (TensorSpec((3,)), TensorSpec((3,)))


def contract_of(*facts):
    assumptions = tuple(Assumption(fact, None, AssumptionKind.PROGRAM) for fact in facts)
    return Contract((InputContract("x", dims=(3,)),), {}, assumptions, {}, {})


def check_of(fact, specs=SPECS):
    rest, lifted = without_lifted(contract_of(fact), INPUTS)
    return compile_lifted_check(rest, lifted, INPUTS, specs)


def test_each_assumption_is_in_one_of_the_two_checks():
    facts = (Property("x", "requires_grad", False), Property("w", "requires_grad", True), Disjoint("b", "x"))
    contract = contract_of(*facts)
    rest, lifted = without_lifted(contract, INPUTS)

    assert [each.fact for each in rest.assumptions] == [facts[0]]
    assert [each.fact for each in lifted] == list(facts[1:])
    plain = replace(contract, assumptions=contract.assumptions[:1])
    assert without_lifted(plain, INPUTS) == (plain, ())


def test_a_property_of_a_parameter():
    check = check_of(Property("w", "requires_grad", True))
    weight = torch.nn.Parameter(torch.ones(3))

    check([torch.ones(3)], [weight, torch.ones(3)])
    with pytest.raises(ContractError, match="w.requires_grad is True"):
        check([torch.ones(3)], [weight.requires_grad_(False), torch.ones(3)])


def test_an_argument_shares_no_memory_with_a_written_buffer():
    check = check_of(Disjoint("b", "x"), (TensorSpec((1,)), TensorSpec((4,))))
    memory, weight = torch.ones(12), torch.ones(1)
    buffer = memory[4:8]

    for x in (torch.ones(3), memory[:4], memory[8:]):
        check([x], [weight, buffer])
    for x in (memory, buffer, memory[2:5], memory.view(3, 4)[1]):
        with pytest.raises(ContractError, match="b and x share no memory"):
            check([x], [weight, buffer])


def test_an_argument_is_not_a_parameter():
    check = check_of(SameObject("x", "w", same=False))
    weight = torch.nn.Parameter(torch.ones(3))

    check([torch.ones(3)], [weight, weight])
    with pytest.raises(ContractError, match="x is not w"):
        check([weight], [weight, weight])


def test_tensors_without_data_share_none():
    assert not share_memory(torch.empty(3, device="meta"), torch.empty(3, device="meta"))
    assert not share_memory(torch.empty(0), torch.empty(0))


class Scale(torch.nn.Module):
    """Its buffer is called like its argument."""

    def __init__(self):
        super().__init__()
        self.register_buffer("x", torch.ones(3))

    def forward(self, x):
        self.x.add_(x)
        return self.x * 2


def test_an_argument_and_a_buffer_of_one_name_are_told_apart():
    model = Scale()
    program = fullgraph.export(model, (torch.ones(3),))

    assert "buffer x and x share no memory" in str(program.contract)
    assert program(torch.ones(3)).tolist() == [4, 4, 4]
    with pytest.raises(ContractError, match="buffer x and x share no memory"):
        program(model.x)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda m: m.to(torch.float64), "`weight.dtype` is torch.float64, but the program was exported with"),
        (lambda m: m.to("meta"), "`weight.device` is meta, but the program was exported with cpu"),
        (
            lambda m: setattr(m, "weight", torch.nn.Parameter(torch.ones(1, 3))),
            "`weight.shape` is \\(1, 3\\), but the program was exported with \\(3, 3\\)",
        ),
    ],
)
def test_a_tensor_that_is_another_kind_than_at_the_export_is_refused(change, words):
    model = torch.nn.Linear(3, 3)
    module = fullgraph.export(model, (torch.ones(2, 3),)).module()
    change(module)

    with pytest.raises(ContractError, match=words):
        module(torch.ones(2, 3))


def test_the_users_own_module_may_not_change_either():
    model = torch.nn.Linear(3, 3)
    program = fullgraph.export(model, (torch.ones(2, 3),))
    model.double()

    with pytest.raises(ContractError, match="Export the program again"):
        program(torch.ones(2, 3))
