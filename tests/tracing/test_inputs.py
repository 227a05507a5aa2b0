"""inputs.py: arguments bound and flattened, given to the program as copies, and what became of the copies."""

import functools

import pytest
import torch

from fullgraph.contract import Parameters
from fullgraph.errors import SpecError, Unsupported
from fullgraph.tracing.inputs import bind
from fullgraph.tracing.tree import Given

T = torch.ones(2)


def paths(fn, *args, **kwargs):
    return [leaf.path for leaf in bind(fn, args, kwargs).leaves]


def call(fn, *args, **kwargs):
    """Call the program on its own example leaves; return the result and the arguments as it left them."""
    inputs = bind(fn, args, kwargs)
    return inputs.call(fn, [leaf.value for leaf in inputs.leaves])


def test_paths_are_the_callers_names():
    """Parameter names first; what `**kwargs` catches goes by its own name."""

    def f(x, pair, *rest, flag=False, **options):
        return x

    assert paths(f, T, (1, [2]), 3, mode={"a": 4}) == ["x", "pair.0", "pair.1.0", "rest.0", "flag", "mode.a"]
    assert bind(f, (T, 1), {"mode": 2}).names == Parameters(
        ("x", "pair", "rest", "flag", "mode"), given=("x", "pair", "options"), caught={"options": ("mode",)}
    )


def test_any_callable_has_a_signature():
    """Modules by their forward, bound methods and partials without what is bound, builtins by position."""

    class Model(torch.nn.Module):
        def forward(self, x, y=2):
            return x

        def other(self, z):
            return z

    assert paths(Model(), T) == ["x", "y"]
    assert paths(Model().other, T) == ["z"]
    assert paths(functools.partial(Model().forward, y=3), T) == ["x", "y"]
    assert paths(torch.sin, T) == ["args.0"]


def test_the_program_is_called_as_the_caller_did():
    """By position what was passed by position; defaults are left alone, so wrappers with another signature work."""

    def f(a, /, b, *rest, c=1, **others):
        return a, b, rest, c, others

    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        assert "c" not in kwargs
        return f(*args, **kwargs)

    result, _ = call(wrapper, 1, 2, 3, d=4)

    assert result == (1, 2, (3,), 1, {"d": 4})


def test_a_container_as_default_is_copied():
    """The program must not put traced tensors into it."""

    def f(x, seen=[]):  # noqa: B006
        seen.append(x)
        return seen

    result, rebuilt = call(f, T)

    assert f.__defaults__ == ([],)
    assert result == [T]
    assert rebuilt.changed()


def test_wrong_arguments_are_refused_before_tracing():
    """As a SpecError in the words of Python."""
    with pytest.raises(SpecError, match="missing a required argument: 'x'"):
        bind(lambda x: x, (), {})


def test_arguments_that_cannot_be_inputs_are_refused():
    """Iterators are gone after one call, the contents of an array would be fixed."""
    with pytest.raises(SpecError, match="`x.0` is a `list_iterator`"):
        bind(lambda x: x, ([iter([1])],), {})
    with pytest.raises(SpecError, match="from_numpy"):
        bind(lambda x: x, (T.numpy(),), {})


def test_the_callers_containers_are_not_touched():
    """The program works on copies."""
    mine = {"a": [T], "n": 1}

    def f(d):
        d["a"].append(T)
        d["new"] = 1
        del d["n"]

    _, rebuilt = call(f, mine)

    assert mine == {"a": [T], "n": 1}
    assert rebuilt.changed()


def test_the_state_lists_what_changed_and_only_that():
    """A tuple of the changed containers, its keys their numbers; unchanged ones inside are given."""

    def f(changed, kept):
        changed.append(kept)

    _, rebuilt = call(f, [T], [T])
    state = rebuilt.state()

    assert state.tree.keys == (1,)
    assert state.tree.children[0].children[1] == Given(2)
    assert state.leaves == [T]


@pytest.mark.parametrize("change", [lambda d: d.update(a=1), lambda d: d.pop("a") and d.setdefault("a", 1)])
def test_writing_what_was_there_is_no_change(change):
    """Equal numbers and strings are the same leaf."""
    _, rebuilt = call(lambda d: (change(d), None)[1], {"a": 1})

    assert not rebuilt.changed()


def test_one_and_true_are_different_leaves():
    """They compare equal but are not the same value."""
    _, rebuilt = call(lambda d: d.update(a=True), {"a": 1})

    assert rebuilt.changed()


def test_an_argument_that_comes_out_is_given():
    """Also nested ones, and in any place of the output."""
    inputs = bind(lambda cache: None, ({"layers": [T]},), {})
    result, rebuilt = inputs.call(lambda cache: (cache["layers"], {"all": cache}), [T])
    flat = rebuilt.flatten_output(result)

    assert flat.tree.children[0] == Given(2)
    assert flat.tree.children[1].children == (Given(1),)
    assert flat.leaves == []


def test_a_generator_as_output_is_refused():
    """No call could make it anew."""
    inputs = bind(lambda x: None, (T,), {})
    result, rebuilt = inputs.call(lambda x: (y for y in [x]), [T])

    with pytest.raises(Unsupported, match="returns a `generator`"):
        rebuilt.flatten_output(result)


def test_a_registered_class_is_compared_by_what_it_flattens_into():
    """The lists that it makes for that are new each time, which is no change."""
    from torch.utils import _pytree as pytree

    class Cache:
        def __init__(self, items):
            self.items = items

    pytree.register_pytree_node(Cache, lambda c: ([list(c.items)], None), lambda v, _: Cache(list(v[0])))

    _, rebuilt = call(lambda c: None, Cache([T]))
    assert not rebuilt.changed()

    _, rebuilt = call(lambda c: c.items.append(T), Cache([T]))
    assert rebuilt.changed()


def test_objects_that_lose_all_their_attributes_are_containers_still():
    """What it was when handed in decides."""

    class Box:
        def __init__(self):
            self.x = T

    _, rebuilt = call(lambda box: delattr(box, "x"), Box())

    assert rebuilt.changed()
    assert rebuilt.state().tree.children[0].keys == ()
