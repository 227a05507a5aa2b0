"""The arguments of a program: bound to its signature, flattened, and rebuilt around other leaves.

Tracing hands the program *copies* of the caller's containers with traced leaves in place, so that a traced tensor never
gets into a list or a cache of the caller's. A copy remembers which container it stands for. Afterwards a `Rebuilt` says
what the program did to the copies: what the caller's containers must hold after a call, and which containers that
come out of the program are the caller's own.

Invariant: nothing here changes an argument.
"""

from __future__ import annotations

import functools
import inspect
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Any

import torch

from fullgraph.contract import Input, Parameters, is_plain_tensor
from fullgraph.errors import SpecError, Unsupported
from fullgraph.tracing.containers import Kind, by_attributes, has_identity, take_apart, unfit
from fullgraph.tracing.tree import (
    Container,
    Flat,
    Keys,
    Leaf,
    Seen,
    Tree,
    containers_of,
    flatten,
    flatten_contents,
    path_text,
    unflatten,
)

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
_ANYTHING = Signature(
    [Parameter("args", Parameter.VAR_POSITIONAL), Parameter("kwargs", Parameter.VAR_KEYWORD)]
)


@dataclass(frozen=True)
class Inputs:
    """The bound arguments of a program.

    Args:
        leaves: each flattened argument, defaults included.
        tree: the structure: a dict from parameter name to argument, in the order of the signature.
        parameters: the names by which a caller hands arguments in; those caught by `**kwargs` each by its own name.
        signature: the program's signature, without `self`.
        name: what Python calls the program in its own errors: `Model.forward`.
        positional: how many parameters the example call passed by position.
        omitted: parameters that the example call left at their default.
    """

    leaves: tuple[Input, ...]
    tree: Container
    parameters: tuple[str, ...]
    signature: Signature
    name: str
    positional: int
    omitted: frozenset[str]

    def rebuild(self, leaf_values: Sequence[Any]) -> Rebuilt:
        """Make the arguments again around other leaves, in new containers."""
        built = unflatten(self.tree, leaf_values)
        args, kwargs = self._as_called(built.value)
        return Rebuilt(args, kwargs, self, tuple(leaf_values), built.containers)

    def call(self, fn: Callable[..., Any], leaf_values: Sequence[Any]) -> tuple[Any, Rebuilt]:
        """Call the program on other leaves, the way the example call did.

        Returns:
            What it returned, and its arguments as it left them.
        """
        rebuilt = self.rebuild(leaf_values)
        return fn(*rebuilt.args, **rebuilt.kwargs), rebuilt

    @functools.cached_property
    def containers(self) -> tuple[tuple[Container, Keys], ...]:
        """Each container of the arguments by number, with the way to it. Number 0 is the dict of all arguments."""
        return tuple((node, self.as_named(keys)) for node, keys in containers_of(self.tree))

    @functools.cached_property
    def belongs_to_call(self) -> frozenset[int]:
        """The containers that each call makes anew: the dict of all arguments, that of `**kwargs`, empty tuples.

        Python keeps only one empty tuple, so it says nothing to meet it again.
        """
        numbers = {0}
        for name, child in zip(self.tree.keys, self.tree.children):
            parameter = self.signature.parameters[name]
            if isinstance(child, Container) and parameter.kind in (
                Parameter.VAR_KEYWORD,
                Parameter.VAR_POSITIONAL,
            ):
                numbers.add(child.number)
        empty = (node.number for node, _ in self.containers if node.type is tuple and not node.children)
        return frozenset(numbers.union(empty))

    @property
    def names(self) -> Parameters:
        """The names by which specs speak of the arguments."""
        caught = {
            name: tuple(map(str, child.keys))
            for name, child in zip(self.tree.keys, self.tree.children)
            if isinstance(child, Container) and self.signature.parameters[name].kind is Parameter.VAR_KEYWORD
        }
        given = tuple(name for name in self.signature.parameters if name not in self.omitted)
        return Parameters(self.parameters, given, caught)

    def as_named(self, keys: Keys) -> Keys:
        """Return a way through `tree` as the caller knows it."""
        return _as_named(keys, self.signature)

    def _as_called(self, arguments: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Pass each argument as the example call did: by position or by name.

        A default is passed only when it had to be copied or is traced. For the function that runs may have another
        signature than the one it shows (a decorator's), one that takes exactly what callers usually pass.
        """
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for index, (name, parameter) in enumerate(self.signature.parameters.items()):
            value = arguments[name]
            if parameter.kind is Parameter.VAR_POSITIONAL:
                args.extend(value)
            elif parameter.kind is Parameter.VAR_KEYWORD:
                kwargs.update(value)
            elif name in self.omitted and value is parameter.default:
                continue
            elif index < self.positional or (
                parameter.kind is Parameter.POSITIONAL_ONLY and len(args) == index
            ):
                args.append(value)
            else:
                kwargs[name] = value
        return tuple(args), kwargs


@dataclass(frozen=True)
class Rebuilt:
    """Arguments made again around other leaves; after the program ran, what it did to them.

    Args:
        args: to pass by position.
        kwargs: to pass by name.
        inputs: what they were made from.
        leaf_values: the leaves, in order.
        containers: the copies, by number.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    inputs: Inputs
    leaf_values: tuple[Any, ...]
    containers: list[Any]

    def flatten_output(self, result: Any) -> Flat:
        """Take apart what the program returned; a copy of a caller's container stands in the tree as `Given`.

        Raises:
            Unsupported: the program returns something that cannot be made anew in each call (a generator).
        """
        flat = flatten(result, self._given)
        for leaf, keys in zip(flat.leaves, flat.keys):
            reason = unfit(leaf)
            if reason is not None:
                place = f" at `{path_text(keys)}`" if keys else ""
                raise Unsupported(
                    f"The program returns a `{type(leaf).__name__}`{place}.",
                    why=f"It is not a value that each call could make anew: {reason}.",
                    instead="Return a list or a tensor.",
                    case="generator_returned",
                )
        return flat

    def changed(self) -> bool:
        """Say whether the program changed any of the containers: their structure or which leaves are in them."""
        return bool(self._changed())

    def state(self) -> Flat:
        """Return the contents of the containers that the program changed, in a tuple whose keys are their numbers."""
        return flatten_contents({number: self.containers[number] for number in self._changed()}, self._given)

    def _changed(self) -> list[int]:
        fresh = self.inputs.belongs_to_call
        return [
            node.number
            for node, _ in self.inputs.containers
            if has_identity(node.kind)
            and node.number not in fresh
            and not self._is_unchanged(node, self.containers[node.number])
        ]

    @functools.cached_property
    def _given(self) -> dict[int, int]:
        fresh = self.inputs.belongs_to_call
        return {id(copy): number for number, copy in enumerate(self.containers) if number not in fresh}

    def _is_unchanged(self, node: Container, value: Any) -> bool:
        if type(value) is not node.type:
            return False
        parts = by_attributes(value) if node.kind is Kind.OBJECT else take_apart(value)
        if parts is None or parts.keys != node.keys or parts.context != node.context:
            return False
        return all(self._is_same(child, now, node.kind) for child, now in zip(node.children, parts.values))

    def _is_same(self, tree: Tree, now: Any, parent: Kind) -> bool:
        if isinstance(tree, Leaf):
            return is_same_value(self.leaf_values[tree.index], now)
        if isinstance(tree, (Container, Seen)) and now is self.containers[tree.number]:
            return True
        # The lists that a registered class flattens into may be made anew each time it is asked.
        return isinstance(tree, Container) and parent is Kind.REGISTERED and self._is_unchanged(tree, now)


def bind(fn: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Inputs:
    """Bind example arguments to a program's signature and flatten them.

    Args:
        fn: any callable: a function, a bound method, a module, a partial, a builtin.
        args: the positional arguments.
        kwargs: the keyword arguments.

    Raises:
        SpecError: the arguments do not fit the signature, or one cannot be an input of a program.

    Example:
        >>> [leaf.path for leaf in bind(lambda x, scale=2: x * scale, ([1.0],), {}).leaves]
        ['x.0', 'scale']
    """
    signature, name = signature_of(fn), _name_of(fn)
    if isinstance(args, (torch.Tensor, str, Mapping)):
        raise SpecError(
            f"args is a {type(args).__name__}, but it is the tuple of the positional arguments of {name}.",
            instead="args=(x,) for one argument, kwargs={...} for arguments by name",
        )
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        raise SpecError(
            f"The example arguments do not fit {name}{signature}: {error}.",
            instead="Pass args=(...) and kwargs={...} to export as in a call of the program.",
        ) from error
    omitted = frozenset(signature.parameters.keys() - bound.arguments.keys())
    bound.apply_defaults()
    flat = flatten({parameter: bound.arguments[parameter] for parameter in signature.parameters})
    if not isinstance(flat.tree, Container):
        raise AssertionError("a dict is a container")
    named = [_as_named(keys, signature) for keys in flat.keys]
    leaves = tuple(map(_leaf, flat.leaves, named, _paths(named)))
    positional = sum(parameter.kind in _POSITIONAL for parameter in signature.parameters.values())
    return Inputs(leaves, flat.tree, _parameters(bound), signature, name, min(len(args), positional), omitted)


def signature_of(fn: Callable[..., Any]) -> Signature:
    """Return the signature by which a program is called; one that takes anything for builtins that show none."""
    target = fn.forward if isinstance(fn, torch.nn.Module) else fn
    try:
        return inspect.signature(target)
    except (ValueError, TypeError):
        return _ANYTHING


def is_same_value(old: Any, new: Any) -> bool:
    """Say whether a leaf is the one it was: the same object, or an equal number or string."""
    if old is new:
        return True
    if type(old) is not type(new) or type(old) not in (int, float, str, bytes, bool, complex):
        return False
    return repr(old) == repr(new)  # tells -0.0 from 0.0, and finds a NaN equal to itself


def _paths(keys: Sequence[Keys]) -> list[str]:
    """Return what each input is called. Where two would be called the same (`d.a.b`), their keys are quoted.

    Raises:
        SpecError: even then they are called the same (`E.A` of an enumeration and the text "E.A").
    """
    plain = [path_text(each) for each in keys]
    count = Counter(plain)
    paths = [
        path if count[path] == 1 else f"{each[0]}{''.join(f'[{key!r}]' for key in each[1:])}"
        for path, each in zip(plain, keys)
    ]
    twice = next((path for path, times in Counter(paths).items() if times > 1), None)
    if twice is not None:
        raise SpecError(
            f"Two arguments are called `{twice}`.",
            why="The contract names each argument, and a key of a dict by its text.",
            instead="keys that differ in their texts",
        )
    return paths


def _leaf(value: Any, keys: Keys, path: str) -> Input:
    reason = unfit(value)
    if reason is not None:
        raise SpecError(
            f"The argument `{path}` is a `{type(value).__name__}`.", why=reason[0].upper() + reason[1:] + "."
        )
    if isinstance(value, torch.Tensor) and not is_plain_tensor(value):
        raise SpecError(
            f"The argument `{path}` is a `{type(value).__name__}`, a tensor of a class of its own.",
            why="A graph has plain tensors: what the class adds or does differently would be lost without a word.",
            instead=f"{path}.as_subclass(torch.Tensor)",
        )
    return Input(path, keys, value)


def _as_named(keys: Keys, signature: Signature) -> Keys:
    """Drop the name of `**kwargs`: what it catches is known to the caller by its own name."""
    if len(keys) < 2 or signature.parameters[str(keys[0])].kind is not Parameter.VAR_KEYWORD:
        return keys
    return keys if keys[1] in signature.parameters else keys[1:]


def _parameters(bound: inspect.BoundArguments) -> tuple[str, ...]:
    names: list[str] = []
    for name, parameter in bound.signature.parameters.items():
        names.extend(bound.arguments[name] if parameter.kind is Parameter.VAR_KEYWORD else [name])
    return tuple(names)


def _name_of(fn: Callable[..., Any]) -> str:
    if isinstance(fn, torch.nn.Module):
        return f"{type(fn).__qualname__}.forward"
    name = getattr(fn, "__qualname__", None)
    return name if isinstance(name, str) else type(fn).__qualname__
