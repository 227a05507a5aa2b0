"""Which input a spec is meant for."""

import pytest

from fullgraph.contract import Dim
from fullgraph.errors import SpecError
from tests.contract.support import dims_of, specs_of, zeros

B, S = Dim("b"), Dim("s")


def cache() -> dict:
    return {"layers": [{"keys": zeros(2, 4, 5, 8), "values": zeros(2, 4, 5, 8)} for _ in range(2)]}


@pytest.mark.parametrize(
    ("dynamic_shapes", "dims"),
    [
        (None, ["2 3", "2 4"]),
        ({}, ["2 3", "2 4"]),
        ({"x": {0: B}, "y": {0: B}}, ["b 3", "b 4"]),
        ({"x": (B, None), "y": None}, ["b 3", "2 4"]),
        (({0: B}, {1: S}), ["b 3", "2 s"]),
        (("b _",), ["b 3", "2 4"]),
        ([None, "_ s"], ["2 3", "2 s"]),
        ("b ...", ["b 3", "b 4"]),
        ({0: B}, ["b 3", "b 4"]),
        ({"*": "b ..."}, ["b 3", "b 4"]),
        ({"*": "b ...", "y": "_ s"}, ["b 3", "b s"]),
        (Dim.AUTO, ["s0 s1", "s2 s3"]),
        ({"x": Dim.AUTO}, ["s0 s1", "2 4"]),
        ({"x": {}, "y": []}, ["2 3", "2 4"]),
    ],
)
def test_by_parameter(dynamic_shapes, dims):
    """By name, by position, for all."""
    assert dims_of(specs_of(dynamic_shapes, x=zeros(2, 3), y=zeros(2, 4))) == dims


@pytest.mark.parametrize(
    "spec",
    [
        {
            "past": {
                "layers": [{"keys": "b _ s _", "values": "b _ s _"}, {"keys": "b _ s _", "values": "b _ s _"}]
            }
        },
        {"past": {"layers": ["b _ s _", {"keys": (B, None, S, None), "values": {0: B, 2: S}}]}},
        {"past": {"layers": "b _ s _"}},
        {"past": "b _ s _"},
        {"past": {0: B, 2: S}},
        {"past.*": "b _ s _"},
        {"past.layers": "b _ s _"},
        {"past.*.keys": "b _ s _", "past.*.values": "b _ s _"},
        {"past.layers.0.*": "b _ s _", "past.layers.1": {0: B, 2: S}},
        [{"layers": "b _ s _"}],
    ],
)
def test_nested(spec):
    """The structure of the argument, a prefix of it, or a pattern over the paths."""
    assert dims_of(specs_of(spec, past=cache(), flag=True)) == ["b 4 s 8"] * 4


def test_prefixes_leave_other_values_alone():
    assert dims_of(specs_of({"box": "b ..."}, box={"x": zeros(2, 3), "n": 4, "none": None})) == ["b 3"]


@pytest.mark.parametrize(
    ("spec", "what", "instead"),
    [
        ({"z": "b ..."}, "'z', which matches no input", "one of `x`"),
        ({"inptu": "b ..."}, "'inptu', which matches no input", "did you mean 'input'?"),
        ({"past.keys": "b ..."}, "matches no input", ""),
        ({"past": {"layer": "b ..."}}, "`past` has no 'layer'", "did you mean 'layers'?"),
        ({"past": {"layers": ["b ..."]}}, "has 1 elements, but `past.layers` has 2", "one spec per element"),
        (
            {"past": {"layers": {0: B}}},
            "could mean elements of `past.layers`",
            "a list with a spec per element",
        ),
        (["b ..."] * 9, "has 9 entries", "a dict by name"),
        ({"past.*": {"keys": "b ..."}}, "a pattern takes the spec of a tensor", "past.*.keys"),
        ({"flag": Dim("b", max=3)}, "`flag`, which is a bool", "Dim.DYNAMIC"),
        ({"mask": "b s"}, "`mask`, which is None", ""),
        ({"box": "b ..."}, "`box`, where the example has no tensor", ""),
        ({"x": {"n": "b ..."}}, "its keys are dims", ""),
        ({3: B, "x": B}, "the key 3, which names no parameter", ""),
        ({"past": {"layers": {"0": "b ..."}}}, "`past.layers` has no '0'", "did you mean 0?"),
    ],
)
def test_refusals(spec, what, instead):
    """A spec that is meant for nothing says what it could mean."""
    box = {"a": 1, "b": None}
    with pytest.raises(SpecError) as caught:
        specs_of(spec, x=zeros(2, 3), input=zeros(2), past=cache(), flag=True, mask=None, box=box)
    assert what in caught.value.what
    assert instead in caught.value.instead
    assert caught.value.instead


def test_a_parameter_that_is_not_given():
    """Nothing can be said of an argument that the example leaves out; saying nothing is fine."""
    from fullgraph.contract import Parameters, read_specs
    from tests.contract.support import inputs_of

    inputs, parameters = inputs_of(x=zeros(2, 3)), Parameters(("x", "mask"), ("x",))

    read_specs(inputs, {"x": "b _", "mask": None}, None, None, parameters)
    with pytest.raises(SpecError, match="`mask`, which is not given in the example"):
        read_specs(inputs, {"mask": "b _"}, None, None, parameters)


def test_two_specs_for_one_dim():
    with pytest.raises(SpecError, match=r"`x.shape\[0\]` is said to be b and s"):
        specs_of({"x": "b _", "*": "s ..."}, x=zeros(2, 3))


@pytest.mark.parametrize(
    ("general", "special", "dims"),
    [
        ("? ?", "b 3", "b 3"),
        ("? ?", Dim.DYNAMIC(max=8), "s0 s1"),
        (Dim.DYNAMIC, "b 3*s", "b 3*s"),
        (Dim.DYNAMIC, "b _", "b s0"),
        ("b ...", Dim.AUTO, "b s0"),
    ],
)
def test_what_says_more_goes_before_auto_and_dynamic(general, special, dims):
    """However it is addressed: a pattern may say how all dims are, and further specs what some of them are called."""
    assert dims_of(specs_of({"*": general, "x": special}, x=zeros(2, 3))) == [dims]
    assert dims_of(specs_of({"x": special, "*": general}, x=zeros(2, 3))) == [dims]


def test_a_dim_said_to_be_dynamic_is_not_exact():
    with pytest.raises(SpecError, match=r"`x.shape\[0\]` is said to be Dim.DYNAMIC and 2"):
        specs_of({"*": Dim.DYNAMIC, "x": "2 _"}, x=zeros(2, 3))


@pytest.mark.parametrize("key", [(1, 2), None, True, 1.5, "a b", "c*"])
def test_keys_of_dicts_are_known_by_their_texts(key):
    assert dims_of(specs_of({"d": {key: "n"}}, d={key if type(key) is str else str(key): zeros(3)})) == ["n"]


@pytest.mark.parametrize(
    "pattern", ["past.layers[0]", "past.layers[0].*", "past['layers'][0]", 'past["layers"][0]', "*[0]"]
)
def test_indices_in_patterns(pattern):
    assert dims_of(specs_of({pattern: "b _ s _"}, past=cache()))[1:3] == ["b 4 s 8", "2 4 5 8"]
