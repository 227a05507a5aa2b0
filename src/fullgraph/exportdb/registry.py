"""The cases that this process knows of, and the decorator that declares one.

The decorator adds to the one registry of the process when a case file is imported; that is its whole purpose, and case
files are imported only when somebody asks for cases. `get_case` imports one file; `all_cases` imports all.

Invariant: one name, one case. What `all_cases` returns is whole: each case that is not supported has a rewrite that is,
and every `rewrite_of` names a case that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

from fullgraph.errors import FullgraphError
from fullgraph.exportdb.case import (
    CaseError,
    Declared,
    ExportCase,
    Program,
    SupportLevel,
    make_case,
    unknown_case,
)
from fullgraph.exportdb.collection import Collection, collections_of_packages, own_collection


class Registry:
    """Cases by name, loaded from collections when asked for.

    Args:
        collections: returns the folders to look into; asked once, at the first look-up.
    """

    def __init__(self, collections: Callable[[], Iterable[Collection]]) -> None:
        self._find_collections = collections
        self._collections: list[Collection] | None = None
        self._folders: list[Collection] = []
        self._cases: dict[str, ExportCase] = {}

    def add(self, case: ExportCase) -> None:
        """Add a case. The same file may declare its case again, as it does when a module is reloaded.

        Raises:
            CaseError: another file has declared a case of this name.
        """
        before = self._cases.get(case.name)
        if before is not None and before.file != case.file:
            raise CaseError(
                f"The case `{case.name}` is declared twice.",
                why=f"in {before.file}\nand in {case.file}",
                instead="Give one of them another name.",
            )
        self._cases[case.name] = case

    def add_folder(self, folder: Path) -> None:
        """Look for cases in a folder too."""
        collection = Collection(str(folder), folder.resolve())
        if collection not in self._folders:
            self._folders.append(collection)

    def names(self) -> list[str]:
        """Return the names of all cases, without importing their files."""
        return sorted({name for each in self.collections() for name in each.names()} | self._cases.keys())

    def get(self, name: str) -> ExportCase:
        """Return a case, importing its file if that has not been done.

        Raises:
            CaseError: there is none, two files claim the name, or its file declares another or nothing.
        """
        for collection in self.collections():
            self._load(collection, name)
        if name not in self._cases:
            raise unknown_case(name, self.names())
        return self._cases[name]

    def all(self) -> tuple[ExportCase, ...]:
        """Return all cases in the order of their names.

        Raises:
            CaseError: a case is refused, or lacks what it needs of others.
        """
        cases = tuple(map(self.get, self.names()))
        faults = faults_between(cases)
        if faults:
            raise CaseError("Cases do not fit one another.", why="\n".join(faults))
        return cases

    def collections(self) -> Sequence[Collection]:
        """Return the folders that are looked into."""
        if self._collections is None:
            self._collections = list(self._find_collections())
        return [*self._collections, *self._folders]

    @contextmanager
    def isolated(self) -> Iterator[None]:
        """Forget afterwards the cases and folders that are added inside; those that packages ship stay."""
        cases, folders = dict(self._cases), list(self._folders)
        try:
            yield
        finally:
            # Modules are imported once, so a case that was imported inside cannot be declared again outside.
            shipped = {each.folder.resolve() for each in self._collections or ()}
            kept = {
                name: case for name, case in self._cases.items() if case.file and case.file.parent in shipped
            }
            self._cases, self._folders = {**kept, **cases}, folders

    def _load(self, collection: Collection, name: str) -> None:
        if not collection.has(name):
            return
        file = (collection.folder / f"{name}.py").resolve()
        known = self._cases.get(name)
        if known is not None and known.file == file:
            return
        collection.load(name)
        if name not in self._cases:
            raise CaseError(
                f"The file {file} declares no case `{name}`.",
                instead="Decorate the function or class of this name with @export_case, or name the file _other.py.",
            )


def faults_between(cases: Iterable[ExportCase]) -> list[str]:
    """Return what is wrong between cases: rewrites of nothing, and refused cases without a rewrite."""
    by_name = {case.name: case for case in cases}
    rewritten = {case.rewrite_of for case in by_name.values()}
    faults = []
    for case in by_name.values():
        target = case.rewrite_of
        if target is not None and target not in by_name:
            faults.append(f"`{case.name}` is a rewrite of `{target}`, which does not exist.")
        if not case.supported and case.name not in rewritten:
            faults.append(f"`{case.name}` is NOT_SUPPORTED, and no SUPPORTED case is a rewrite of it.")
    return faults


def _all_collections() -> Iterable[Collection]:
    yield own_collection()
    yield from collections_of_packages()


REGISTRY: Final = Registry(_all_collections)
"""The registry of this process."""


def export_case(
    *,
    example_args: tuple[Any, ...] | None = None,
    example_kwargs: dict[str, Any] | None = None,
    tags: Iterable[str] = (),
    support_level: SupportLevel = SupportLevel.SUPPORTED,
    dynamic_shapes: Any = None,
    constraints: Any = None,
    extra_args: Sequence[Any] = (),
    rejected_args: Sequence[Any] = (),
    rewrite_of: str | None = None,
    raises: type[FullgraphError] | None = None,
) -> Callable[[Program], Program]:
    """Declare a case of ExportDB: a decorator for a function or a class of modules.

    The docstring is the description; its first sentence says what the case shows. The file has the name of the case,
    which is that of the function, or that of the class in small letters with underscores. A class is instantiated
    without arguments, under a fixed seed.

    Args:
        example_args: the arguments that the program is exported with; used as copies.
        example_kwargs: the same for keyword arguments.
        tags: the subjects, from `TAGS`.
        support_level: whether the program is captured.
        dynamic_shapes: as in `fullgraph.export`.
        constraints: as in `fullgraph.export`, or a function from the example's arguments to that:
            `lambda x: [dynamic_dim(x, 0) <= 10]`.
        extra_args: further inputs, at other sizes or into the other branch. Each is a tuple of positional arguments,
            a dict of keyword arguments, or a `Call` with both. A case with dynamic dims needs at least one.
        rejected_args: inputs, written in the same way, that the contract has to reject.
        rewrite_of: the name of the case that this one shows another way to write.
        raises: the class of the error, exactly, when the case is not supported. Its text is in the golden file.

    Returns:
        A decorator that returns what it decorates.

    Raises:
        CaseError: the case is incomplete, contradicts itself, or has the name of another.

    Example:
        >>> import torch
        >>> @export_case(
        ...     example_args=(torch.ones(3, 2),),
        ...     tags={"torch.dynamic-shape"},
        ...     dynamic_shapes={"x": "n _"},
        ...     extra_args=[(torch.ones(5, 2),)],
        ... )
        ... def rows(x):
        ...     \"\"\"A size can be returned.\"\"\"
        ...     return x.shape[0]
    """
    declared = Declared(
        example_args,
        example_kwargs,
        tags,
        support_level,
        dynamic_shapes,
        constraints,
        tuple(extra_args),
        tuple(rejected_args),
        rewrite_of,
        raises,
    )

    def declare(program: Program) -> Program:
        REGISTRY.add(make_case(program, declared))
        return program

    return declare


def all_cases() -> tuple[ExportCase, ...]:
    """Return every case: fullgraph's, those of installed packages, and those declared in this process.

    Raises:
        CaseError: a case is refused; the error names it.
    """
    return REGISTRY.all()


def get_case(name: str) -> ExportCase:
    """Return a case; only its own file is imported.

    Raises:
        CaseError: there is no such case; the error names those that are like it.
    """
    return REGISTRY.get(name)


def case_names() -> list[str]:
    """Return the names of all cases, without importing any of their files."""
    return REGISTRY.names()


def add_folder(folder: Path) -> None:
    """Look for cases in a folder that no package ships."""
    REGISTRY.add_folder(folder)


def isolated() -> AbstractContextManager[None]:
    """Forget the cases and folders that are added in a `with` block when it ends; for tests."""
    return REGISTRY.isolated()


def rewrites_of(name: str) -> tuple[ExportCase, ...]:
    """Return the cases that show another way to write a case."""
    return tuple(case for case in all_cases() if case.rewrite_of == name)
