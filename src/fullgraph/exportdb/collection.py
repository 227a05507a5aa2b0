"""A collection: a folder of case files, one case each, that ships with fullgraph, with a package, or stands alone.

A package names its folder by an entry point of the group `fullgraph.exportdb`; its value is the folder as a package:

    [project.entry-points."fullgraph.exportdb"]
    my_package = "my_package.export_cases"

Invariant: the names of the cases are known without importing any of them, and importing one imports only its file.
Importing does not move the user's random generators, and random tensors in a case are the same in every process.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

import torch

from fullgraph.exportdb.case import CaseError

ENTRY_POINTS: Final = "fullgraph.exportdb"
OWN_CASES: Final = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Collection:
    """A folder of case files.

    Args:
        owner: who ships it, for people to read.
        folder: the folder.
        package: the package that the folder is; None for a folder that stands alone.
    """

    owner: str
    folder: Path
    package: str | None = None

    def names(self) -> list[str]:
        """Return the names of the cases, which are those of the files; files with a leading `_` are no cases."""
        return sorted(path.stem for path in self.folder.glob("*.py") if not path.stem.startswith("_"))

    def has(self, name: str) -> bool:
        """Return whether there is a case of this name."""
        return not name.startswith("_") and (self.folder / f"{name}.py").is_file()

    def load(self, name: str) -> None:
        """Import the file of one case, which declares the case.

        Raises:
            CaseError: the case was refused, or its file cannot be imported.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            try:
                self._import(name)
            except CaseError:
                raise
            except Exception as error:
                raise CaseError(
                    f"The case file {self.folder / name}.py of {self.owner} cannot be imported.",
                    why=f"{type(error).__name__}: {error}",
                ) from error

    def _import(self, name: str) -> None:
        if self.package is not None:
            importlib.import_module(f"{self.package}.{name}")
            return
        # A module name of its own for each folder: two folders may hold cases of one name, and are told so.
        module_name = f"_fullgraph_cases_{abs(hash(self.folder)):x}_{name}"
        spec = importlib.util.spec_from_file_location(module_name, self.folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None, "a .py file has a loader"
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[module_name]
            raise


def own_collection() -> Collection:
    """Return the cases that ship with fullgraph."""
    return Collection("fullgraph", OWN_CASES, "fullgraph.exportdb.cases")


def collections_of_packages(found: Iterable[EntryPoint] | None = None) -> Iterator[Collection]:
    """Yield the collections that installed packages ship.

    Args:
        found: their entry points; those of this environment when not given.

    Raises:
        CaseError: an entry point does not name a package.
    """
    for entry in sorted(entry_points(group=ENTRY_POINTS) if found is None else found, key=lambda e: e.name):
        try:
            spec = importlib.util.find_spec(entry.value)
        except ImportError:
            spec = None
        if spec is None or not spec.submodule_search_locations:
            raise CaseError(
                f"The entry point `{entry.name} = {entry.value}` of the group {ENTRY_POINTS} names no package.",
                why="Its value is the package whose modules are the cases.",
            )
        for folder in spec.submodule_search_locations:
            yield Collection(entry.name, Path(folder), entry.value)
