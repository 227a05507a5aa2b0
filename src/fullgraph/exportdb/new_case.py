"""The text of a new case: complete, so that it loads and passes before anything is filled in."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from string import Template
from typing import Final

from fullgraph.exportdb.case import CaseError

_FUNCTION: Final = Template('''\
import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(5, 2),)],$rewrite
)
def $name(x):
    """
    Say in one sentence what the case shows.

    Say what is hard about it, what the contract says, and what other exporters make of it.
    """
    return x.sum(0) / x.shape[0]
''')

_MODULE: Final = Template('''\
import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.ones(3, 2),),
    tags={"torch.dynamic-shape"},
    dynamic_shapes={"x": "n _"},
    extra_args=[(torch.ones(5, 2),)],$rewrite
)
class $class_name(torch.nn.Module):
    """
    Say in one sentence what the case shows.

    Say what is hard about it, what the contract says, and what other exporters make of it.
    """

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(2, 4)

    def forward(self, x):
        return self.linear(x)
''')

_NOT_SUPPORTED: Final = Template('''\
import time

import torch

import fullgraph
from fullgraph.exportdb import SupportLevel, export_case


@export_case(
    example_args=(torch.ones(3),),
    tags={"python.standard-library"},
    support_level=SupportLevel.NOT_SUPPORTED,
    raises=fullgraph.Unsupported,
)
def $name(x):
    """
    Say in one sentence what is not captured.

    Say why. The case that shows what to write instead has `rewrite_of="$name"`.
    """
    return x + time.time()
''')


def new_case_text(
    name: str, *, module: bool = False, supported: bool = True, rewrite_of: str | None = None
) -> str:
    """Return the text of a new case file.

    Args:
        name: the name of the case.
        module: whether the program is a module, and not a function.
        supported: whether it is captured. A case that is not is a function, and needs a rewrite in another file.
        rewrite_of: the case that this one shows another way to write.

    Raises:
        CaseError: the name cannot be one, or what is asked for contradicts itself.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or keyword.iskeyword(name):
        raise CaseError(
            f"`{name}` cannot name a case.",
            why="The name of a case is that of a function and of a file: small letters, digits and underscores.",
        )
    if not supported and (module or rewrite_of is not None):
        raise CaseError(
            f"The case `{name}` is not supported: it is a function, and not the rewrite of another case."
        )
    rewrite = f'\n    rewrite_of="{rewrite_of}",' if rewrite_of is not None else ""
    if not supported:
        return _NOT_SUPPORTED.substitute(name=name)
    class_name = "".join(part.capitalize() for part in name.split("_"))
    return (_MODULE if module else _FUNCTION).substitute(name=name, class_name=class_name, rewrite=rewrite)


def write_new_case(folder: Path, name: str, text: str) -> Path:
    """Write a case file that is not there yet.

    Raises:
        CaseError: there is a file of this name, or no such folder.
    """
    file = folder / f"{name}.py"
    if not folder.is_dir():
        raise CaseError(f"There is no folder {folder}.", instead="Make it first.")
    if file.exists():
        raise CaseError(f"{file} exists already.", instead="Choose another name, or edit the file.")
    file.write_text(text, encoding="utf-8")
    return file
