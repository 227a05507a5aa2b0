"""The table of ambient functions: where they live, what they give, what to write instead.

Invariant: every entry names one attribute of one owner.
"""

from __future__ import annotations

import builtins
import datetime as dt
import functools
import importlib
import io
import os
import random
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Subject(Enum):
    """What a function gives, in the words of the error."""

    CLOCK = "the time"
    CHANCE = "random numbers from outside the graph"
    SURROUNDINGS = "what surrounds the process"


_ADVICE: Final = {
    Subject.CLOCK: "Pass the time as an argument, or write fullgraph.constant(...) if the export's own time is wanted.",
    Subject.CHANCE: "Use torch.rand, torch.randn or torch.randint, which are operators; or fullgraph.constant(...) for "
    "a value fixed at export.",
    Subject.SURROUNDINGS: "Read it before the export and pass it in, or write fullgraph.constant(...) if the value at "
    "export is wanted.",
}


_CASES: Final = {
    Subject.CLOCK: "time_of_day",
    Subject.CHANCE: "random_number_of_python",
    Subject.SURROUNDINGS: "environment_variable",
}


@dataclass(frozen=True)
class Place:
    """One ambient function.

    Args:
        owner: the module or class that has it as an attribute.
        name: the attribute.
        original: what is there.
        shown: how a user would write it.
        subject: what it gives.
        own_files: code that belongs to the function; whoever called *that* is the one who asks.
        methods: for a class of C: the class methods that are meant; the class itself is fine.
        is_one_object: whether other names for the same object are to be found and replaced too.
    """

    owner: Any
    name: str
    original: Any
    shown: str
    subject: Subject
    own_files: frozenset[str]
    methods: tuple[str, ...] = ()
    is_one_object: bool = True

    @property
    def advice(self) -> str:
        """What to write instead."""
        return _ADVICE[self.subject]

    @property
    def case(self) -> str:
        """The case of ExportDB that shows it."""
        return _CASES[self.subject]

    def __hash__(self) -> int:
        return hash((id(self.owner), self.name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Place) and other.owner is self.owner and other.name == self.name


_TIME: Final = (
    "time time_ns monotonic monotonic_ns perf_counter perf_counter_ns process_time process_time_ns thread_time "
    "thread_time_ns localtime gmtime ctime asctime strftime"
).split()
_RANDOM: Final = (
    "random uniform triangular randint choice randrange sample shuffle choices normalvariate lognormvariate "
    "expovariate vonmisesvariate gammavariate gauss betavariate paretovariate weibullvariate getrandbits randbytes seed"
).split()
_RANDOM_CLASS: Final = [
    name for name in _RANDOM if name != "seed"
]  # a generator of the program's own may be seeded
_SECRETS: Final = "token_bytes token_hex token_urlsafe choice randbelow randbits".split()
_ENVIRON: Final = "__getitem__ __iter__ __len__ __contains__".split()


def ambient_places(with_numpy: bool) -> tuple[Place, ...]:
    """Return the table, for the libraries that are imported now.

    Args:
        with_numpy: whether the program can reach numpy, which imports its generators only when they are asked for.
    """
    if with_numpy:
        importlib.import_module("numpy.random")
    return _places("numpy.random" in sys.modules, "uuid" in sys.modules, "secrets" in sys.modules)


@functools.cache
def _places(with_numpy: bool, with_uuid: bool, with_secrets: bool) -> tuple[Place, ...]:
    found = [*_of_clock(), *_of_chance(), *_of_surroundings()]
    if with_numpy:
        found += _of_numpy(sys.modules["numpy.random"])
    if with_uuid:
        found += _of_module(sys.modules["uuid"], ["uuid1", "uuid4"], Subject.CHANCE)
    if with_secrets:
        found += _of_module(sys.modules["secrets"], _SECRETS, Subject.CHANCE)
    return tuple(found)


def _of_clock() -> Iterator[Place]:
    yield from _of_module(time, _TIME, Subject.CLOCK)
    for name, methods in (("datetime", ("now", "today", "utcnow")), ("date", ("today",))):
        yield Place(
            dt,
            name,
            getattr(dt, name),
            f"datetime.{name}",
            Subject.CLOCK,
            frozenset(),
            methods=methods,
        )


def _of_chance() -> Iterator[Place]:
    own = frozenset({random.__file__})
    yield from _of_module(random, _RANDOM, Subject.CHANCE)
    # `random.random` is a method of a generator hidden in the module; the class covers the program's own generators.
    for cls in (random.Random, random.SystemRandom):
        for name in _RANDOM_CLASS:
            if name in vars(cls) or cls is random.Random:
                yield _method(cls, name, f"random.{cls.__name__}.{name}", Subject.CHANCE, own)
    yield from _of_module(os, ["urandom"], Subject.CHANCE)


def _of_surroundings() -> Iterator[Place]:
    own = frozenset({os.__file__, "<frozen os>", "<frozen _collections_abc>"})
    environ = type(os.environ)
    for name in _ENVIRON:
        if name in vars(environ):
            yield _method(environ, name, "os.environ", Subject.SURROUNDINGS, own)
    yield Place(os, "getenv", os.getenv, "os.getenv", Subject.SURROUNDINGS, own)
    yield Place(builtins, "input", builtins.input, "input", Subject.SURROUNDINGS, frozenset())
    files = frozenset({*_files_of("pathlib"), *_files_of("codecs"), io.__file__})
    yield Place(builtins, "open", builtins.open, "open", Subject.SURROUNDINGS, files)
    yield Place(io, "open", io.open, "open", Subject.SURROUNDINGS, files)


def _of_numpy(module: types.ModuleType) -> Iterator[Place]:
    """Yield numpy's functions on its hidden generator, and what makes a generator from chance."""
    generator = type(module.mtrand._rand) if hasattr(module, "mtrand") else None
    for name, value in sorted(vars(module).items()):
        is_global = generator is not None and isinstance(getattr(value, "__self__", None), generator)
        if is_global or name == "default_rng":
            yield Place(module, name, value, f"numpy.random.{name}", Subject.CHANCE, frozenset())


def _of_module(module: types.ModuleType, names: list[str], subject: Subject) -> Iterator[Place]:
    own = frozenset(_files_of(module.__name__))
    for name in names:
        if hasattr(module, name):
            yield Place(module, name, getattr(module, name), f"{module.__name__}.{name}", subject, own)


def _method(cls: type, name: str, shown: str, subject: Subject, own: frozenset[str]) -> Place:
    return Place(cls, name, getattr(cls, name), shown, subject, own, is_one_object=False)


def _files_of(name: str) -> list[str]:
    filename = getattr(sys.modules.get(name), "__file__", None)
    return [filename] if filename else []
