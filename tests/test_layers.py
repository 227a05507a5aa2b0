"""Layers: who may import whom, who may know torch, who may know torch's private parts.

Imports are read from the source: those inside functions and below `TYPE_CHECKING` count like all others.
"""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
ROOT = "fullgraph"

# Layer -> the layers right below it. What those may import, it may import too.
BELOW = {
    "source": [],
    "errors": ["source"],
    "symbolic": ["errors"],
    "contract": ["symbolic"],
    "tracing": ["contract"],
    "control_flow": ["tracing"],
    "rewriting": ["control_flow"],
    "program": ["control_flow"],
    "artifact": ["program"],
    "interop": ["program"],
    "exported_program": ["artifact", "interop"],
    "export": ["rewriting", "exported_program"],
    "explain": ["export"],
    "__init__": ["explain"],
    "testing": ["__init__"],
    "exportdb": ["explain", "testing"],
    "cli": ["exportdb"],
    "__main__": ["cli"],
}

# Case files are written as a user would write them, so they import what users import.
WRITTEN_AS_A_USER = "exportdb/cases/"

# (file, imported module or name) -> the reason why it may nevertheless. Aim: empty.
EXCEPTIONS: dict[tuple[str, str], str] = {}

# Parts of torch that have an underscore in their name and are used by everybody; the last is the type of an
# operator, to which torch gives no public name.
NOT_PRIVATE = ("torch.utils._pytree", "torch._check", "torch.ops.", "torch._ops.OpOverload.")
# No underscore, and yet machinery that changes from version to version.
PRIVATE = ("torch.fx.experimental.proxy_tensor", "torch.fx.experimental.symbolic_shapes")
PRIVATE_TORCH_MAY = {"tracing/dispatch.py"}
NO_TORCH = ("source.py", "errors.py", "symbolic/", "rewriting/ast_tools/")
TORCH_MAY = {"symbolic/symint.py"}


@dataclass(frozen=True)
class Import:
    """One import of one of our modules."""

    file: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def files() -> list[Path]:
    return sorted((SOURCE / ROOT).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(SOURCE / ROOT).as_posix()


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(file: str) -> str:
    """Return the folder a file lies in, as a package."""
    return ".".join([ROOT, *Path(file).parts[:-1]])


def layer_of(module: str) -> str:
    return (module.split(".") + ["__init__"])[1]


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


@functools.cache
def modules() -> frozenset[str]:
    return frozenset(module_of(path) for path in files())


def imported_names(path: Path) -> Iterator[tuple[int, str]]:
    """Return `(line, dotted name)` of everything that a file imports; `from a import b` is `a.b`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{relative(path)}:{node.lineno}: a relative import"
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def module_in(name: str) -> str:
    """Return the module that `from module import something` names; a folder even if nothing is in it yet."""
    module = name
    while module not in modules() and module.count(".") > 1:
        module = module.rpartition(".")[0]
    return module if module in modules() or layer_of(module) in BELOW else ROOT


def imports_of_ours(path: Path) -> list[Import]:
    found = set()
    for line, name in imported_names(path):
        if name.split(".")[0] == ROOT:
            folder, _, last = name.rpartition(".")
            # A function may have the name of its file; the folder hands out the function.
            found.add(Import(relative(path), line, folder if last in handed_out(folder) else module_in(name)))
    return sorted(found, key=lambda each: (each.file, each.line, each.module))


@functools.cache
def handed_out(module: str) -> frozenset[str]:
    """Return the names in the `__all__` of a folder."""
    init = (SOURCE / module.replace(".", "/")) / "__init__.py"
    if module == ROOT or not init.exists():
        return frozenset()
    lists = [
        node.value
        for node in tree_of(init).body
        if isinstance(node, ast.Assign) and [getattr(t, "id", "") for t in node.targets] == ["__all__"]
    ]
    return frozenset(ast.literal_eval(lists[0])) if lists else frozenset()


def torch_names(path: Path) -> Iterator[tuple[int, str]]:
    """Return every dotted name below torch that a file imports or touches."""
    aliases = {}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "torch":
                    yield node.lineno, alias.name
                    aliases[alias.asname or "torch"] = alias.name if alias.asname else "torch"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch":
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    inner = {id(node.value) for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree_of(path)):
        if id(node) in inner:  # `torch.a` in `torch.a.b`
            continue
        names = []
        at: ast.AST = node
        while isinstance(at, ast.Attribute):
            names.insert(0, at.attr)
            at = at.value
        if names and isinstance(at, ast.Name) and at.id in aliases:
            yield node.lineno, ".".join([aliases[at.id], *names])


def is_private(name: str) -> bool:
    if f"{name}.".startswith(PRIVATE):
        return True
    if f"{name}.".startswith(NOT_PRIVATE):
        return False
    return any(part.startswith("_") and not part.endswith("__") for part in name.split("."))


@functools.cache
def may_import(layer: str) -> frozenset[str]:
    below = BELOW[layer]
    return frozenset(below).union(*(may_import(each) for each in below))


def excused(each: Import) -> bool:
    return (each.file, each.module) in EXCEPTIONS


@pytest.fixture(scope="module")
def all_imports() -> list[Import]:
    return [each for path in files() for each in imports_of_ours(path)]


def test_every_file_belongs_to_a_layer():
    unknown = {relative(path) for path in files() if layer_of(module_of(path)) not in BELOW}

    assert not unknown, "say in BELOW what these may import"


def test_layers_import_only_downwards(all_imports):
    upwards = [
        str(each)
        for each in all_imports
        if (own := layer_of(f"{ROOT}.{each.file.removesuffix('.py').replace('/', '.')}"))
        != (other := layer_of(each.module))
        and other not in may_import(own)
        and not excused(each)
    ]

    assert not upwards


def test_other_folders_import_from_the_folder(all_imports):
    """A file of another folder is its own affair: it can be split or renamed without touching anyone."""
    inner = []
    for each in all_imports:
        folder, package = each.module.rpartition(".")[0], package_of(each.file)
        if folder and not f"{package}.".startswith(f"{folder}.") and not excused(each):
            inner.append(f"{each}: import it from {folder}")

    assert not inner


def test_inside_a_folder_import_from_the_files(all_imports):
    """The folder's `__init__` imports its files; a file that imports it back would close a circle."""
    own_folder = [
        str(each)
        for each in all_imports
        if not each.file.endswith("__init__.py")
        and not each.file.startswith(WRITTEN_AS_A_USER)
        and each.module != ROOT
        and f"{package_of(each.file)}.".startswith(f"{each.module}.")
    ]

    assert not own_folder


def test_no_circles(all_imports):
    """No two files need each other, not even by an import inside a function."""
    below: dict[str, set[str]] = {module: set() for module in modules()}
    for each in all_imports:
        own = module_of(SOURCE / ROOT / each.file)
        if each.module != own and not excused(each):
            below[own].add(each.module)

    assert not circles(below)


def circles(below: dict[str, set[str]]) -> list[str]:
    """Return one circle through each import that closes one, written as a path."""
    found: list[str] = []
    done: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        if module in path:
            found.append(" -> ".join([*path[path.index(module) :], module]))
        elif module not in done:
            for other in sorted(below.get(module, ())):
                walk(other, (*path, module))
            done.add(module)

    for module in sorted(below):
        walk(module, ())
    return found


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b -> c -> b"]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_private_parts_of_torch_are_used_in_one_file():
    """What changes with torch's version is in one file, so that one file has to change with it."""
    private = {
        f"{relative(path)}:{line} uses {name}"
        for path in files()
        if relative(path) not in PRIVATE_TORCH_MAY and not relative(path).startswith(WRITTEN_AS_A_USER)
        for line, name in torch_names(path)
        if is_private(name) and not any((relative(path), prefix) in EXCEPTIONS for prefix in prefixes(name))
    }

    assert not sorted(private)


def prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def test_what_knows_nothing_of_tensors():
    knowing = {
        f"{relative(path)}:{line} imports {name}"
        for path in files()
        if relative(path).startswith(NO_TORCH) and relative(path) not in TORCH_MAY
        for line, name in imported_names(path)
        if name.split(".")[0] in ("torch", "numpy")
    }

    assert not sorted(knowing)


def test_nothing_is_imported_with_a_star():
    stars = [
        f"{relative(path)}:{line}"
        for path in files()
        for line, name in imported_names(path)
        if name.endswith(".*")
    ]

    assert not stars


def test_no_module_assigns_into_another():
    """`other.name = value` on an imported module of ours is a dependency that no signature shows."""
    assignments = []
    for path in files():
        ours = {
            alias.asname or alias.name
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
            if f"{getattr(node, 'module', None) or ''}.{alias.name}".strip(".") in modules()
        }
        for node in ast.walk(tree_of(path)):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                if isinstance(target, ast.Attribute) and ast.unparse(target.value) in ours:
                    assignments.append(f"{relative(path)}:{target.lineno}: {ast.unparse(target)}")

    assert not assignments


def test_every_exception_is_needed():
    """An exception that excuses nothing any more is taken out of the list (once the package is complete)."""
    files_there = {relative(path) for path in files()}
    used = {(each.file, each.module) for path in files() for each in imports_of_ours(path)}
    for path in files():
        used |= {(relative(path), part) for _, name in torch_names(path) for part in prefixes(name)}

    assert not [key for key in EXCEPTIONS if key[0] in files_there and key not in used]
