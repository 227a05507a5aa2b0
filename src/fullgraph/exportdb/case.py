"""A case: the smallest program that shows one thing, with the inputs that it is run on.

A case is written as a user would write the program, in a file of its own that has the name of the case:

    @export_case(example_args=(torch.ones(3, 2),), tags={"torch.dynamic-shape"}, dynamic_shapes={"x": "n _"},
                 extra_args=[(torch.ones(5, 2),)])
    def dynamic_shape_constructor(x):
        \"\"\"Constructors take dynamic sizes.\"\"\"
        return torch.ones(x.shape[0] * 2)

Invariant: an `ExportCase` that exists is complete: whatever is missing or contradicts itself was refused when it was
made. What it needs of other cases (a rewrite, the case that it rewrites) is verified when all are loaded.
"""

from __future__ import annotations

import inspect
import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import torch

from fullgraph.errors import FullgraphError
from fullgraph.exportdb.tags import TAGS
from fullgraph.testing import Call, as_call

Program = TypeVar("Program", bound=Callable[..., Any])


class CaseError(FullgraphError):
    """A case of ExportDB is incomplete, contradicts itself or another case, or does not exist.

    Fails, because nobody could find the case by its subject:
        >>> import torch
        >>> from fullgraph.exportdb import export_case
        >>> @export_case(example_args=(torch.ones(3),), tags=set())
        ... def doubled(x):
        ...     \"\"\"Arithmetic is captured.\"\"\"
        ...     return x * 2
        Traceback (most recent call last):
        fullgraph.exportdb.case.CaseError: ...

    Write instead:
        >>> @export_case(example_args=(torch.ones(3),), tags={"torch.operator"})
        ... def doubled(x):
        ...     \"\"\"Arithmetic is captured.\"\"\"
        ...     return x * 2
    """


class SupportLevel(str, Enum):
    """Whether a case is captured."""

    SUPPORTED = "SUPPORTED"
    NOT_SUPPORTED = "NOT_SUPPORTED"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, eq=False, repr=False)
class ExportCase:
    """An entry of ExportDB. `export_case` makes it from what it decorates.

    Args:
        name: the name of the case and of its file.
        description: the docstring; its first sentence says what the case shows.
        program: the function, or the class of the module.
        example: the call that the program is exported with.
        tags: the names of its subjects.
        support_level: whether it is captured.
        dynamic_shapes: as in `fullgraph.export`.
        constraints: as in `fullgraph.export`, or a function from the example's arguments to that.
        extra: further calls inside the contract, at other sizes or into the other branch.
        rejected: calls outside the contract.
        rewrite_of: the case that this one shows another way to write.
        raises: the class of the error when it is not captured.
        file: where it is written; None for code without a file (a notebook's cell).
    """

    name: str
    description: str
    program: Callable[..., Any]
    example: Call
    tags: frozenset[str]
    support_level: SupportLevel = SupportLevel.SUPPORTED
    dynamic_shapes: Any = None
    constraints: Any = None
    extra: tuple[Call, ...] = ()
    rejected: tuple[Call, ...] = ()
    rewrite_of: str | None = None
    raises: type[FullgraphError] | None = None
    file: Path | None = None

    def __repr__(self) -> str:
        return f"ExportCase({self.name!r})"

    @property
    def summary(self) -> str:
        """The first sentence of the description, on one line."""
        paragraph = " ".join(self.description.split("\n\n")[0].split())
        return re.split(r"(?<=[.!?])\s", paragraph, maxsplit=1)[0]

    @property
    def supported(self) -> bool:
        """Whether the case is captured."""
        return self.support_level is SupportLevel.SUPPORTED

    @property
    def golden_file(self) -> Path | None:
        """Where the printed program, or the error, is kept: beside the case."""
        return None if self.file is None else self.file.with_suffix(".txt")

    @property
    def source(self) -> str:
        """The text of the case's file, or of what was decorated when there is no file."""
        return inspect.getsource(self.program) if self.file is None else self.file.read_text(encoding="utf-8")

    def make(self) -> Callable[..., Any]:
        """Return the program to run: the function itself, or a new module, which is the same at each call."""
        if not isinstance(self.program, type):
            return self.program
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self.program()

    def options(self, example: Call) -> dict[str, Any]:
        """Return the further arguments of `fullgraph.export` for this copy of the example."""
        found = self.constraints
        constraints = found(*example.args, **example.kwargs) if callable(found) else found
        return {"dynamic_shapes": self.dynamic_shapes, "constraints": constraints}


@dataclass(frozen=True)
class Declared:
    """What was written into the decorator, not yet looked at. The fields are those of `export_case`."""

    example_args: Any
    example_kwargs: Any
    tags: Any
    support_level: Any
    dynamic_shapes: Any
    constraints: Any
    extra_args: Sequence[Any]
    rejected_args: Sequence[Any]
    rewrite_of: Any
    raises: Any


def make_case(program: Callable[..., Any], declared: Declared) -> ExportCase:
    """Make the case of a decorated function or class.

    Raises:
        CaseError: something is missing or contradicts itself; the error lists all of it.
    """
    name, file = _case_name(program), _file_of(program)
    description = inspect.cleandoc(program.__doc__ or "")
    faults = [*_faults_of_program(program, name, file, description), *_faults_of_fields(declared)]
    if faults:
        raise CaseError(
            f"The case `{name}`{'' if file is None else f' in {file}'} is refused.",
            why="\n".join(faults),
            instead="`fullgraph db new NAME` writes a case that is complete.",
        )
    example = Call(declared.example_args, dict(declared.example_kwargs or {}))
    return ExportCase(
        name=name,
        description=description,
        program=program,
        example=example,
        tags=frozenset(declared.tags),
        support_level=declared.support_level,
        dynamic_shapes=declared.dynamic_shapes,
        constraints=declared.constraints,
        extra=tuple(as_call(each, example) for each in declared.extra_args),
        rejected=tuple(as_call(each, example) for each in declared.rejected_args),
        rewrite_of=declared.rewrite_of,
        raises=declared.raises,
        file=file,
    )


def unknown_case(name: str, known: Iterable[str]) -> CaseError:
    """Return the error for a name that no case has, with the names that are like it."""
    close = get_close_matches(name, sorted(known), n=3)
    like = f"Did you mean {' or '.join(f'`{each}`' for each in close)}? " if close else ""
    return CaseError(
        f"There is no case `{name}`.",
        instead=f"{like}`fullgraph db list` lists all, `fullgraph db search` finds.",
    )


def _case_name(program: Any) -> str:
    """Return the name of a function; `DynamicShapeView` is `dynamic_shape_view`."""
    name = getattr(program, "__name__", type(program).__name__)
    if not isinstance(program, type):
        return name
    parted = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", parted).lower()


def _file_of(program: Any) -> Path | None:
    """Return the file that the program is written in; None for what a prompt, a notebook or `exec` ran.

    The code knows that better than the module does: all that a notebook runs is of one module.
    """
    functions = vars(program).values() if isinstance(program, type) else [program]
    for function in filter(inspect.isfunction, functions):
        file = Path(inspect.unwrap(function).__code__.co_filename)
        if not file.name.startswith("<"):  # dataclasses, say, write methods into a class
            return file.resolve() if file.is_file() else None
    return None


def _faults_of_program(program: Any, name: str, file: Path | None, description: str) -> Iterator[str]:
    is_module = isinstance(program, type) and issubclass(program, torch.nn.Module)
    if not is_module and not inspect.isfunction(program):
        yield f"A case is a function or a class of torch.nn.Module, not {program!r}."
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        yield "Its name is not in small letters, digits and underscores."
    if file is not None and file.stem != name:
        yield f"Its file is named `{file.name}`; it has to be `{name}.py`."
    if not description:
        yield "It has no docstring; the first sentence says what the case shows."


def _faults_of_fields(declared: Declared) -> Iterator[str]:
    if not isinstance(declared.example_args, tuple):
        yield "`example_args` is missing, or is not a tuple; a program without arguments has `()`."
    kwargs = declared.example_kwargs
    if kwargs is not None and not (isinstance(kwargs, dict) and all(isinstance(key, str) for key in kwargs)):
        yield "`example_kwargs` is not a dict by the names of arguments."
    yield from _faults_of_tags(declared.tags)
    for field in ("extra_args", "rejected_args"):
        for index, each in enumerate(getattr(declared, field)):
            if not isinstance(each, (tuple, dict, Call)):
                yield f"`{field}[{index}]` is not a tuple, a dict or a Call."
    if declared.rewrite_of is not None and not isinstance(declared.rewrite_of, str):
        yield "`rewrite_of` is not the name of a case."
    yield from _faults_of_level(declared)


def _faults_of_tags(tags: Any) -> Iterator[str]:
    if not tags or isinstance(tags, str):
        yield "`tags` is missing; it is a set of at least one of fullgraph.exportdb.TAGS."
        return
    for tag in sorted(map(str, tags)):
        if tag not in TAGS:
            close = get_close_matches(tag, TAGS, n=1)
            yield f"`{tag}` is no tag.{f' Did you mean `{close[0]}`?' if close else ''}"


def _faults_of_level(declared: Declared) -> Iterator[str]:
    level, raises = declared.support_level, declared.raises
    if not isinstance(level, SupportLevel):
        yield f"`support_level` is {level!r}; it is SupportLevel.SUPPORTED or SupportLevel.NOT_SUPPORTED."
    elif level is SupportLevel.SUPPORTED:
        if raises is not None:
            yield "It is SUPPORTED and `raises` says that it is refused."
        if (
            declared.dynamic_shapes is not None or declared.constraints is not None
        ) and not declared.extra_args:
            yield "It has dynamic dims and no `extra_args` that call it at another size."
    else:
        if not (isinstance(raises, type) and issubclass(raises, FullgraphError)):
            yield "It is NOT_SUPPORTED and `raises` does not say which error of fullgraph it gives."
        if declared.rewrite_of is not None:
            yield "It is NOT_SUPPORTED, so it cannot be the rewrite of another case."
