"""A program that was read from a file is the program that was written.

`FULLGRAPH_SAVED=1 pytest` makes every `assert_same` of the tests go through a file as well.
"""

import enum
import json
import os
import sys
from collections import OrderedDict, defaultdict, namedtuple
from dataclasses import dataclass

import pytest
import torch
from safetensors import safe_open

import fullgraph
from fullgraph.errors import ArtifactError, ContractError
from tests.support import assert_equal


def through_file(program, tmp_path, **options):
    path = tmp_path / "program.fgx"
    program.save(path, **options)
    loaded = fullgraph.load(path)
    assert str(loaded) == str(program)
    assert loaded.graph_module.code == program.graph_module.code
    assert [n.meta.get("stack_trace") for n in loaded.graph.nodes] == [
        n.meta.get("stack_trace") for n in program.graph.nodes
    ]
    assert str(loaded.with_runtime_assertions()) == str(program.with_runtime_assertions())
    assert list(loaded.state_dict) == list(program.state_dict)
    return loaded


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(5, 4)
        self.head = torch.nn.Linear(4, 5, bias=False)
        self.head.weight = self.embed.weight
        self.norm = torch.nn.BatchNorm1d(4)
        self.register_buffer("seen", torch.zeros(()), persistent=False)
        self.scale = torch.tensor([2.0])

    def forward(self, tokens, bias=None, *, power: int = 2):
        self.seen += 1
        x = self.norm(self.embed(tokens).sum(1)) ** power
        x = torch.cond(x.sum() > 0, torch.sin, torch.cos, (x,))
        return {"logits": self.head(x) * self.scale, "count": tokens.shape[0] * 2 + 1}


def test_a_module(tmp_path):
    program = fullgraph.export(
        Net(), (torch.tensor([[1, 2], [3, 4]]),), dynamic_shapes={"tokens": "batch length"}
    )
    loaded = through_file(program, tmp_path)
    module, original = loaded.module(), program.module()

    assert module.embed.weight is module.head.weight
    assert type(module.embed.weight) is torch.nn.Parameter
    for size in (2, 3):
        tokens = torch.ones(size, 4, dtype=torch.int64)
        assert_equal(original(tokens), module(tokens), "output")
        assert_equal(dict(original.named_buffers()), dict(module.named_buffers()), "buffers")
    module(tokens)["logits"].sum().backward()
    assert module.embed.weight.grad is not None
    with pytest.raises(ContractError, match="power"):
        loaded(tokens, power=3)


def test_writing_is_deterministic_and_reading_loses_nothing(tmp_path):
    program = fullgraph.export(Net(), (torch.tensor([[1, 2], [3, 4]]),), dynamic_shapes={"tokens": "batch _"})
    first, second = tmp_path / "a.fgx", tmp_path / "b.fgx"
    program.save(first)
    fullgraph.load(first).save(second)

    def sorted_document(path):
        with safe_open(path, framework="pt") as file:
            return json.loads(file.metadata()["fullgraph"]), sorted(file.keys())

    assert sorted_document(first) == sorted_document(second)


def test_weights_are_entries_of_their_names_once_each(tmp_path):
    model = Net()
    fullgraph.export(model, (torch.tensor([[1, 2], [3, 4]]),)).save(tmp_path / "m.fgx")

    with safe_open(tmp_path / "m.fgx", framework="pt") as file:
        assert {"embed.weight", "norm.weight", "seen"} <= set(file.keys())
        assert "head.weight" not in file.keys()
        assert torch.equal(file.get_tensor("embed.weight"), model.embed.weight)


class Holder(torch.nn.Module):
    def __init__(self, *tensors):
        super().__init__()
        for number, tensor in enumerate(tensors):
            self.register_buffer(f"b{number}", tensor)

    def forward(self, x):
        return [x, *self.buffers()]


BASE = torch.arange(24, dtype=torch.float32)
KINDS = {
    "transposed": (torch.arange(6.0).view(2, 3).t(),),
    "expanded": (torch.ones(1, 3).expand(4, 3),),
    "slice of more": (BASE[5:9],),
    "views of one storage": (BASE[2:8], BASE[4:12].view(2, 4), BASE),
    "one storage, two dtypes": (BASE.clone()[:4], BASE.view(torch.int32)[2:4]),
    "no elements": (torch.zeros(0, 3), torch.zeros(2, 0), BASE[3:3]),
    "no dims": (torch.tensor(3),),
    "complex": (torch.tensor([1 + 2j, 3.0]), torch.tensor([1 + 2j], dtype=torch.complex128).conj()),
    "odd lengths": (torch.tensor([True, False, True]), torch.ones(3, dtype=torch.int8), torch.ones(3)),
    "small floats": (torch.ones(3).bfloat16(), torch.ones(5).half(), torch.ones(3).to(torch.float8_e4m3fn)),
    "unsigned": (torch.ones(3, dtype=torch.uint16), torch.ones(3, dtype=torch.uint64)),
    "channels last": (torch.ones(1, 2, 3, 3).contiguous(memory_format=torch.channels_last),),
    "meta": (torch.ones(2, 3, device="meta"),),
    "not a number": (torch.tensor([float("nan"), float("inf"), -0.0]),),
}


def bytes_of(tensor):
    return bytes(tensor.clone().contiguous().reshape(-1).view(torch.uint8).tolist())


@pytest.mark.parametrize("kind", KINDS)
def test_tensors_of_all_kinds(kind, tmp_path):
    tensors = KINDS[kind]
    program = fullgraph.export(Holder(*tensors), (torch.ones(2),))
    loaded = through_file(program, tmp_path)

    read = [loaded.state_dict[f"b{number}"] for number in range(len(tensors))]
    for old, new in zip(tensors, read):
        assert (new.dtype, new.shape, new.stride(), new.is_conj(), new.device) == (
            old.dtype,
            old.shape,
            old.stride(),
            old.is_conj(),
            old.device,
        )
        if old.device.type != "meta":
            assert bytes_of(old) == bytes_of(new)
    one_storage = {t.untyped_storage()._cdata for t in tensors}
    assert len({t.untyped_storage()._cdata for t in read}) == len(one_storage)


def test_views_stay_views(tmp_path):
    loaded = through_file(fullgraph.export(Holder(BASE[2:8], BASE), (torch.ones(2),)), tmp_path)
    small, whole = loaded.state_dict["b0"], loaded.state_dict["b1"]
    whole[2] = 100

    assert small[0] == 100


def test_what_is_written_in_memory_does_not_reach_the_file(tmp_path):
    loaded = through_file(fullgraph.export(Holder(torch.zeros(3)), (torch.ones(2),)), tmp_path)
    loaded.state_dict["b0"].fill_(7)

    assert fullgraph.load(tmp_path / "program.fgx").state_dict["b0"].tolist() == [0, 0, 0]


def test_only_the_part_that_is_seen_is_kept(tmp_path):
    fullgraph.export(Holder(torch.zeros(1_000_000)[:3]), (torch.ones(2),)).save(tmp_path / "m.fgx")

    assert os.path.getsize(tmp_path / "m.fgx") < 100_000


class Color(enum.Enum):
    RED = 1


Pair = namedtuple("Pair", "left right")


@dataclass
class Result:
    value: torch.Tensor
    name: str


class Plain:
    def __init__(self, x):
        self.x = x


def everything(data, mode=torch.relu, kind=Color.RED, cls=Plain, dtype=torch.float64, size=slice(1, None)):
    x = data["pairs"][0].left
    held = data["held"]
    return OrderedDict(
        a=Pair(mode(x).to(dtype)[size], kind),
        b=Result(held.x + 1, "result"),
        c=Plain(x * 2),
        d=(cls, 1.5, float("inf"), 2j, b"bytes", None, ..., {1, 2}, range(3), torch.Size([2]), torch.float32),
        e=torch.sort(x),
        f=defaultdict(list, {("key", 1): [x]}),
        g=held,
        h=data["pairs"],
    )


def data_of(size):
    x = torch.arange(size) - 2.0
    return {"pairs": [Pair(x, 3)], "held": Plain(x + 1), "empty": (), "deep": ([], {})}


def test_structures(tmp_path):
    program = fullgraph.export(everything, (data_of(4),))
    loaded = through_file(program, tmp_path)
    given = data_of(4)
    ours, theirs = loaded(given), everything(data_of(4))

    assert_equal(theirs["a"], ours["a"], "named tuple")
    assert_equal(theirs["e"], ours["e"], "torch.return_types")
    assert type(ours["b"]) is Result
    assert type(ours["c"]) is Plain
    assert type(ours["e"]) is type(theirs["e"])
    assert ours["d"] == theirs["d"]
    assert ours["f"].default_factory is list
    assert ours["g"] is given["held"]
    assert ours["h"] is given["pairs"]
    with pytest.raises(ContractError, match="kind"):
        loaded(data_of(4), kind=None)


def grow(cache, x):
    cache["steps"].append(x)
    cache["last"].x = x * 2
    return x + 1


def test_changed_arguments(tmp_path):
    def fresh():
        return {"steps": [torch.ones(2)], "last": Plain(torch.zeros(2))}

    loaded = through_file(fullgraph.export(grow, (fresh(), torch.ones(2))), tmp_path)
    cache = fresh()
    loaded(cache, torch.full((2,), 5.0))

    assert len(cache["steps"]) == 2
    assert cache["last"].x.tolist() == [10, 10]


def test_symbols_relations_and_ranges(tmp_path):
    def f(x, y, n: int):
        torch._check(x.shape[0] != 7)
        return torch.cat([x, y]).narrow(0, 0, max(x.shape[0], 2)) * n

    program = fullgraph.export(
        f,
        (torch.ones(4, 3), torch.ones(8, 3), 2),
        dynamic_shapes={
            "x": (fullgraph.Dim("n", min=2, max=64), None),
            "y": "2*n _",
            "n": fullgraph.Dim.DYNAMIC,
        },
    )
    loaded = through_file(program, tmp_path)

    assert loaded.range_constraints == program.range_constraints
    assert torch.equal(loaded(torch.ones(3, 3), torch.ones(6, 3), -1), -torch.ones(3, 3))
    for size in (1, 7, 65):
        with pytest.raises(ContractError) as ours:
            loaded(torch.ones(size, 3), torch.ones(2 * size, 3), 2)
        with pytest.raises(ContractError) as theirs:
            program(torch.ones(size, 3), torch.ones(2 * size, 3), 2)
        assert str(ours.value) == str(theirs.value)


def test_examples_may_be_left_out(tmp_path):
    program = fullgraph.export(torch.sin, (torch.full((3,), 0.123),))
    kept = through_file(program, tmp_path)
    loaded = through_file(program, tmp_path, examples=False)

    assert torch.equal(kept.example_inputs[0][0], torch.full((3,), 0.123))
    assert isinstance(loaded.example_inputs[0][0], fullgraph.TensorSpec)
    assert_equal(program(torch.ones(3)), loaded(torch.ones(3)), "output")


def test_a_value_that_nothing_reads_is_kept_as_text(tmp_path):
    def f(x):
        return x + fullgraph.constant(lambda: lambda: 1)()

    program = fullgraph.export(f, (torch.ones(3),))
    through_file(program, tmp_path)


def test_a_class_of_a_function_is_refused_by_name(tmp_path):
    class Local:
        def __init__(self, value):
            self.value = value

    program = fullgraph.export(lambda x: Local(x), (torch.ones(3),))
    with pytest.raises(ArtifactError, match="the output has .*Local"):
        program.save(tmp_path / "m.fgx")
    assert os.listdir(tmp_path) == []


def test_a_sparse_tensor_is_refused_by_name(tmp_path):
    program = fullgraph.export(Holder(torch.eye(3)), (torch.ones(3),))
    program.parts.state["b0"] = torch.eye(3).to_sparse()
    with pytest.raises(ArtifactError, match="`b0` is of layout torch.sparse_coo"):
        program.save(tmp_path / "m.fgx")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "m.fgx"
    program = fullgraph.export(torch.sin, (torch.ones(3),))
    program.save(path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        program.save(path)

    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["m.fgx"]


def test_a_program_can_be_saved_over_its_own_file(tmp_path):
    path = tmp_path / "m.fgx"
    fullgraph.export(Holder(torch.arange(1000.0)), (torch.ones(2),)).save(path)
    loaded = fullgraph.load(path)
    loaded.save(path)

    assert loaded.state_dict["b0"][999] == 999
    assert fullgraph.load(path).state_dict["b0"][999] == 999


def test_nothing_is_imported(tmp_path, monkeypatch):
    program = fullgraph.export(grow, ({"steps": [], "last": Plain(torch.zeros(2))}, torch.ones(2)))
    program.save(tmp_path / "m.fgx")
    monkeypatch.delitem(sys.modules, __name__)
    with pytest.raises(ArtifactError, match="is not imported") as refused:
        fullgraph.load(tmp_path / "m.fgx")

    assert f"import {__name__}" in str(refused.value)


def test_floats_and_truth_values_that_are_symbols(tmp_path):
    def f(x, scale, flag):
        return x * (scale + 1) + flag

    program = fullgraph.export(
        f,
        (torch.ones(3), 0.5, True),
        dynamic_shapes={"x": "n", "scale": fullgraph.Dim.DYNAMIC, "flag": fullgraph.Dim.DYNAMIC},
    )
    loaded = through_file(program, tmp_path)

    assert torch.equal(loaded(torch.ones(2), 2.0, False), torch.full((2,), 3.0))


@pytest.mark.parametrize("sort", [int, float, bool])
def test_sizes_of_every_sort(sort):
    from fullgraph.artifact.sizes import read_size, write_size
    from fullgraph.symbolic import add, and_, gt, mul, not_, scalar_of, scalar_symbol, symbol

    scalar, n = scalar_symbol("u0", sort), symbol("n")
    conditions = [gt(scalar, n), and_(gt(n, 2), gt(mul(scalar, 3), 1))]
    if sort is bool:
        conditions += [scalar_of(scalar), not_(scalar_of(scalar)), and_(scalar_of(scalar), gt(n, 2))]
    for each in (scalar, add(mul(scalar, 2), n), *conditions):
        assert read_size(json.loads(json.dumps(write_size(each)))) is each
