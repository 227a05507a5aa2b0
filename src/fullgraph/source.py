"""Where a thing came from: the user's source line.

Every node, assumption and error says which line of the user's program caused it. An `Origin` is taken for
every operator recorded, thousands of times in a trace, so it is built in two halves. While tracing,
`origin_here` only walks the Python frames and keeps `(code object, instruction offset)` pairs: no line number
is computed, no file is read. Everything a person reads (line, text, carets, stack trace) is worked out when
somebody asks for it.

The *user's line* is the innermost frame whose file is not ours, not torch's, not the standard library's and
not an installed package's. A model of an installed package that is exported directly has no such frame; then
it is the innermost frame of that package. A module of `torch.nn` that is exported directly has not even that;
then it is the innermost frame in `torch.nn`.

Invariant: an `Origin` keeps code objects alive, never frames, so it never keeps a tensor or a local variable
alive.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import linecache
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from types import CodeType, FrameType
from typing import Final, NamedTuple, TypeAlias, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])


class Owner(Enum):
    """Whose file a frame runs in; the user's line is chosen by this alone."""

    FULLGRAPH = "fullgraph"
    TORCH = "torch"
    TORCH_NN = "torch.nn"
    STANDARD_LIBRARY = "the standard library"
    PACKAGE = "an installed package"
    USER = "the user"


@dataclass(frozen=True, slots=True)
class PlaceText:
    """One place of an origin as a person reads it, without its code: what an artifact or another process keeps.

    Args:
        file: as Python knows it.
        line: its number.
        function: the function that the line stands in.
        text: as `Origin.text`.
        carets: as `Origin.carets`.
        is_user: whether the file is the user's own.
    """

    file: str
    line: int
    function: str
    text: str
    carets: str
    is_user: bool


Place: TypeAlias = "tuple[CodeType, int] | PlaceText"


@dataclass(frozen=True, slots=True)
class Origin:
    """The call path from the traced function to the operator it performed, outermost first.

    Only frames of the user and of installed packages are in it: ours, torch's and the standard library's say
    nothing about the user's program. An origin without frames (a builtin was exported directly) is unknown.

    Args:
        places: `(code object, offset of the instruction that was running)` for each frame, or what was kept of it.
    """

    places: tuple[Place, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there is any line to show."""
        return bool(self.places)

    @property
    def lines(self) -> tuple[tuple[CodeType, int], ...]:
        """The code and the line of each frame whose code is at hand, outermost first."""
        return tuple((place[0], _line_of(place)) for place in self.places if not isinstance(place, PlaceText))

    @property
    def as_text(self) -> tuple[PlaceText, ...]:
        """Each place as text; an origin made of these says the same where the code is not at hand."""
        return tuple(map(_place_text, self.places))

    @property
    def identity(self) -> tuple[tuple[int, int], ...]:
        """Something that is equal for the same call path; code objects compare by value, which takes longer."""
        return tuple(
            (id(place), 0) if isinstance(place, PlaceText) else (id(place[0]), place[1])
            for place in self.places
        )

    @property
    def file(self) -> str:
        """The file of the user's line, as Python knows it (`<string>` for code from `exec`)."""
        return _file_of(self._user_place) if self.places else "<unknown>"

    @property
    def line(self) -> int:
        """The number of the user's line, 0 when unknown."""
        return _line_of(self._user_place) if self.places else 0

    @property
    def function(self) -> str:
        """The name of the function the user's line stands in."""
        return _function_of(self._user_place) if self.places else "<unknown>"

    @property
    def text(self) -> str:
        """The user's line without its indentation; below the first line of its statement if that is another.

        Empty when the source cannot be read.
        """
        return self._excerpt[0]

    @property
    def carets(self) -> str:
        """Spaces and `^` to print below the last line of `text`; empty when the columns are not known."""
        return self._excerpt[1]

    @property
    def segment(self) -> str:
        """The expression that was running (`mask[:, :seq]`); the whole line when Python does not know it."""
        last_line = self.text.rpartition("\n")[2]
        return _under(self.carets, last_line) if self.carets else last_line.strip()

    @property
    def innermost(self) -> Origin | None:
        """The line of the installed package that the user's line called into, when there is one."""
        if not self.places or self.places[-1] is self._user_place:
            return None
        return Origin(self.places[-1:])

    @property
    def stack_trace(self) -> str:
        """The call path in the form of Python's tracebacks, ending at the user's line.

        This is what `torch.fx` keeps in `node.meta["stack_trace"]`.
        """
        lines: list[str] = []
        for place in self.places[: self._user_index + 1]:
            file, line = _file_of(place), _line_of(place)
            lines.append(f'  File "{file}", line {line}, in {_function_of(place)}\n')
            text = place.text if isinstance(place, PlaceText) else linecache.getline(file, line)
            text = text.rstrip("\n").rpartition("\n")[2]
            if text.strip():
                lines.append(f"    {text.strip()}\n")
        return "".join(lines)

    @property
    def path(self) -> str:
        """`file:line`, as terminals link it: relative to the current directory when the file lies below."""
        return f"{_near(self.file)}:{self.line}" if self.places else "<unknown>"

    def __str__(self) -> str:
        """`model.py:41`."""
        return f"{os.path.basename(self.file)}:{self.line}" if self.places else "<unknown>"

    def __repr__(self) -> str:
        return f"Origin({self})"

    def __reduce__(self) -> tuple[type[Origin], tuple[tuple[PlaceText, ...]]]:
        # Code objects cannot be pickled, but an error must survive the way back from a worker process.
        return Origin, (self.as_text,)

    @property
    def _user_index(self) -> int:
        for index in range(len(self.places) - 1, -1, -1):
            if _is_user(self.places[index]):
                return index
        return len(self.places) - 1

    @property
    def _user_place(self) -> Place:
        return self.places[self._user_index]

    @property
    def _excerpt(self) -> tuple[str, str]:
        if not self.places:
            return "", ""
        place = self._user_place
        if isinstance(place, PlaceText):
            return place.text, place.carets
        code, offset = place
        return _excerpt(code.co_filename, _span(code, offset))


def origin_here(skip: int = 0) -> Origin:
    """Take the origin of whatever runs now.

    Args:
        skip: how many callers to leave out; frames of fullgraph are left out in any case.

    Returns:
        The call path from the innermost `trace_boundary` (or the start of the program) to the caller.
    """
    caller: FrameType | None = sys._getframe(1 + skip)
    shown, boundaries = _shown, _boundaries
    places: list[tuple[CodeType, int]] = []
    frame = caller
    while frame is not None:
        code = frame.f_code
        try:
            keep = shown[code.co_filename]
        except KeyError:
            keep = _remember(code.co_filename)
        if keep:
            places.append((code, frame.f_lasti))
        elif id(code) in boundaries:
            break
        frame = frame.f_back
    if not places:
        places = _places_in_torch_nn(caller)
    places.reverse()
    return Origin(tuple(places))


def origin_of(error: BaseException) -> Origin:
    """Return where an exception came from: its call path in the program, as `origin_here` would have taken it there."""
    places: list[tuple[CodeType, int]] = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if id(code) in _boundaries:
            places.clear()
        elif owner_of(code.co_filename) in (Owner.USER, Owner.PACKAGE):
            places.append((code, step.tb_lasti))
        step = step.tb_next
    return Origin(tuple(places))


def trace_boundary(function: Function) -> Function:
    """Mark a function of ours as the one that calls the user's program: origins do not reach beyond it."""
    code = function.__code__
    _boundaries[id(code)] = code
    return function


def is_trace_boundary(code: CodeType) -> bool:
    """Say whether this is the code of such a function."""
    return id(code) in _boundaries


@functools.cache
def owner_of(filename: str) -> Owner:
    """Say whose file this is.

    Args:
        filename: as in `code.co_filename`; generated code has names in angle brackets.
    """
    if filename.startswith("<"):
        return _owner_of_generated(filename)
    if filename.startswith(_OURS):
        # The cases of ExportDB ship with us but are written as a user would, and are shown as a user's.
        return Owner.USER if filename.startswith(_CASES) else Owner.FULLGRAPH
    if filename.startswith(_TORCH):
        in_library = filename.startswith(_TORCH_NN) and filename not in _TORCH_NN_MACHINERY
        return Owner.TORCH_NN if in_library else Owner.TORCH
    # Installed packages live below the standard library's folder, so they are asked for first.
    if any(folder in filename for folder in _PACKAGES):
        return Owner.PACKAGE
    return Owner.STANDARD_LIBRARY if filename.startswith(_STANDARD_LIBRARY) else Owner.USER


class _Span(NamedTuple):
    """What Python knows of where an instruction stands; columns are UTF-8 offsets, None when not known."""

    line: int
    end_line: int | None
    start: int | None
    end: int | None


def _folders(*names: str) -> tuple[str, ...]:
    """Return the folders of these packages without importing them (this file must not cost a second)."""
    found: list[str] = []
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is not None:
            found.extend(os.path.join(path, "") for path in spec.submodule_search_locations or ())
    return tuple(found)


_OURS: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "")
_CASES: Final = os.path.join(_OURS, "exportdb", "cases", "")
_TORCH: Final = _folders("torch", "functorch", "torchgen")
_TORCH_NN: Final = tuple(os.path.join(folder, "nn", "") for folder in _TORCH)
# `Module.__call__` stands between any two modules and says nothing.
_TORCH_NN_MACHINERY: Final = tuple(os.path.join(folder, "modules", "module.py") for folder in _TORCH_NN)
_PACKAGES: Final = tuple(os.path.join(os.sep, name, "") for name in ("site-packages", "dist-packages"))
_STANDARD_LIBRARY: Final = os.path.join(os.path.dirname(os.__file__), "")

# The two tables of the walk. Files are told apart by name and not by code object: code objects compare by
# value (two equal functions of two files would share an entry) and their hash is computed anew every time.
_shown: Final[dict[str, bool]] = {}
_boundaries: Final[dict[int, CodeType]] = {}


def _remember(filename: str) -> bool:
    keep = owner_of(filename) in (Owner.USER, Owner.PACKAGE)
    _shown[filename] = keep
    return keep


def _owner_of_generated(filename: str) -> Owner:
    if filename.startswith("<frozen "):
        return Owner.STANDARD_LIBRARY
    if filename.startswith("<fullgraph"):
        return Owner.FULLGRAPH
    if filename.startswith("<eval_with_key>"):
        return Owner.PACKAGE  # the code of a torch.fx graph: worth showing only when nothing of the user's is
    return Owner.USER  # exec, the prompt, a notebook's cell


def _places_in_torch_nn(frame: FrameType | None) -> list[tuple[CodeType, int]]:
    """Walk again for frames in torch.nn, innermost first, when the first walk found nothing to show."""
    places: list[tuple[CodeType, int]] = []
    while frame is not None and id(frame.f_code) not in _boundaries:
        if owner_of(frame.f_code.co_filename) is Owner.TORCH_NN:
            places.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return places


def _file_of(place: Place) -> str:
    return place.file if isinstance(place, PlaceText) else place[0].co_filename


def _line_of(place: Place) -> int:
    return place.line if isinstance(place, PlaceText) else _span(*place).line


def _function_of(place: Place) -> str:
    return place.function if isinstance(place, PlaceText) else place[0].co_name


def _is_user(place: Place) -> bool:
    return place.is_user if isinstance(place, PlaceText) else owner_of(place[0].co_filename) is Owner.USER


def _place_text(place: Place) -> PlaceText:
    if isinstance(place, PlaceText):
        return place
    code, offset = place
    span = _span(code, offset)
    text, carets = _excerpt(code.co_filename, span)
    return PlaceText(code.co_filename, span.line, code.co_name, text, carets, _is_user(place))


def _span(code: CodeType, offset: int) -> _Span:
    if offset < 0:  # the frame has not begun
        return _Span(code.co_firstlineno, None, None, None)
    if sys.version_info >= (3, 11):
        positions = next(islice(code.co_positions(), offset // 2, None), None)
        if positions is not None and positions[0] is not None:
            return _Span(positions[0], *positions[1:])
    for start, end, line in code.co_lines():
        if start <= offset < end and line is not None:
            return _Span(line, None, None, None)
    return _Span(code.co_firstlineno, None, None, None)


def _excerpt(filename: str, span: _Span) -> tuple[str, str]:
    """Return the text to show for a span, without indentation, and the carets for its last line."""
    line = linecache.getline(filename, span.line).rstrip()
    if not line:
        return "", ""
    lines = [line]
    first = _statement_start(filename, span.line)
    if first != span.line:
        lines.insert(0, linecache.getline(filename, first).rstrip())
    indent = min(len(text) - len(text.lstrip()) for text in lines)
    carets = _carets(line, span)
    return "\n".join(text[indent:] for text in lines), carets[indent:]


def _carets(line: str, span: _Span) -> str:
    """Underline the span in its line; nothing when it is unknown or all of the line."""
    if span.start is None or span.end is None:
        return ""
    start = _column(line, span.start)
    end = _column(line, span.end) if span.end_line == span.line else len(line)
    if line[start:end].strip() in ("", line.strip()):
        return ""
    return " " * start + "^" * (end - start)


def _column(line: str, byte_offset: int) -> int:
    return len(line.encode()[:byte_offset].decode(errors="replace"))


def _under(carets: str, line: str) -> str:
    start = carets.index("^")
    return line[start : len(carets)]


def _statement_start(filename: str, line: int) -> int:
    """Return the first line of this line's statement; the line itself when the file is not Python."""
    source = "".join(linecache.getlines(filename))
    for first, last in _statements(source):
        if first <= line <= last:
            return first
    return line


@functools.lru_cache(maxsize=32)
def _statements(source: str) -> tuple[tuple[int, int], ...]:
    """Return the first and last line of each statement over several lines (a compound one: its header)."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    return tuple((first, last) for first, last in _headers(tree) if last > first)


def _headers(tree: ast.AST) -> Iterator[tuple[int, int]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        # The header of an `if`, `for`, `with`, `def` ends where the body begins.
        body = getattr(node, "body", None)
        last = body[0].lineno - 1 if body else (node.end_lineno or node.lineno)
        if isinstance(node, ast.Match):
            last = node.subject.end_lineno or node.lineno
        yield node.lineno, last


def _near(filename: str) -> str:
    if filename.startswith("<"):
        return filename
    return os.path.relpath(filename) if filename.startswith(os.getcwd() + os.sep) else filename
