"""Tensors as windows onto storages, both ways.

Two tensors on one storage (tied weights, a view kept as a buffer) are two windows onto one entry of the file, and
onto one storage again when they are read. Of each storage only the part that some tensor sees is kept. A storage that
one plain tensor fills is an entry of that tensor's name, dtype and shape, so that other tools can read it; any other
is a row of bytes, so strides, offsets and dtypes that safetensors does not have need nothing special.

Invariant: a window read from a file lies inside its storage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import torch

from fullgraph.errors import ArtifactError

# Kept under their own dtype; storages of others are rows of bytes.
_PLAIN: Final = frozenset(
    {torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2}
    | {torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool}
)
# The part of a storage that is kept begins at a multiple of this, and so every element at a multiple of its size.
_ALIGNMENT: Final = 16
Entries = Callable[[str], torch.Tensor]


@dataclass
class _Storage:
    """A piece of memory, the tensors that lie in it, and the part that they see."""

    memory: torch.UntypedStorage
    device: torch.device
    start: int = 0
    end: int = 0
    tensors: list[torch.Tensor] = field(default_factory=list)


class TensorsToWrite:
    """Collects the tensors of a program, each once."""

    def __init__(self, names: Mapping[int, str]) -> None:
        """Take the names of tensors, by `id`."""
        self._names = names
        self._tensors: dict[int, tuple[int, torch.Tensor]] = {}
        self._storages: dict[int, _Storage] = {}

    def number_of(self, tensor: torch.Tensor, where: str) -> int:
        """Return the number of a tensor, adding it when it is new.

        Raises:
            ArtifactError: it is of a kind that a file cannot hold.
        """
        known = self._tensors.get(id(tensor))
        if known is not None:
            return known[0]
        _refuse_unfit(tensor, self._names.get(id(tensor), where))
        memory = tensor.untyped_storage()
        storage = self._storages.setdefault(memory._cdata, _Storage(memory, tensor.device))
        start, end = _extent(tensor)
        first = not storage.tensors or storage.start == storage.end
        if start < end:
            storage.start = start if first else min(start, storage.start)
            storage.end = max(end, storage.end)
        storage.tensors.append(tensor)
        self._tensors[id(tensor)] = len(self._tensors), tensor
        return len(self._tensors) - 1

    def document(self) -> tuple[list[Any], list[Any], dict[str, torch.Tensor]]:
        """Return the storages and the tensors as JSON, and the entries of the file."""
        storages: list[Any] = []
        entries: dict[str, torch.Tensor] = {}
        places: dict[int, tuple[int, int]] = {}
        for number, (key, storage) in enumerate(self._storages.items()):
            name, start = None, storage.start // _ALIGNMENT * _ALIGNMENT
            whole = self._whole(storage)
            if whole is None:
                places[key] = number, start
            else:
                places[key] = number, storage.start
            if storage.device.type != "meta" and storage.start < storage.end:
                named = (self._names[id(t)] for t in storage.tensors if id(t) in self._names)
                name = _free_name(next(named, f"storage.{number}"), entries)
                entries[name] = _bytes_of(storage, start) if whole is None else whole.detach().cpu()
            storages.append(
                {"entry": name, "nbytes": storage.end - places[key][1], "device": str(storage.device)}
            )
        tensors = [
            _window(tensor, *places[tensor.untyped_storage()._cdata]) for _, tensor in self._tensors.values()
        ]
        return storages, tensors, entries

    @staticmethod
    def _whole(storage: _Storage) -> torch.Tensor | None:
        """Return the plain tensor that fills the part of the storage that is seen."""
        for tensor in storage.tensors:
            plain = tensor.is_contiguous() and tensor.dtype in _PLAIN and not tensor.is_neg()
            if plain and _extent(tensor) == (storage.start, storage.end):
                aligned = all(_is_multiple(storage.start, other) for other in storage.tensors)
                return tensor if aligned else None
        return None


def _is_multiple(start: int, tensor: torch.Tensor) -> bool:
    return (tensor.storage_offset() * tensor.element_size() - start) % tensor.element_size() == 0


def _free_name(name: str, taken: Mapping[str, Any]) -> str:
    while name in taken:
        name += "_"
    return name


def _refuse_unfit(tensor: torch.Tensor, name: str) -> None:
    kind = "" if type(tensor) in (torch.Tensor, torch.nn.Parameter) else f"a {type(tensor).__name__}"
    if tensor.layout is not torch.strided:
        kind = f"of layout {tensor.layout}"
    elif tensor.is_quantized:
        kind = "quantized"
    elif tensor.is_nested:
        kind = "nested"
    elif tensor.is_neg():
        kind = "a lazy negative"
    if kind:
        raise ArtifactError(
            f"The tensor `{name}` is {kind}.",
            why="A file holds plain strided tensors: what else makes such a tensor has no place in it.",
            instead="Keep a plain tensor in the module, and make the other one of it inside the program.",
        )


def _extent(tensor: torch.Tensor) -> tuple[int, int]:
    """Return the first byte of its storage that a tensor sees, and the one after the last."""
    size = tensor.element_size()
    start = int(tensor.storage_offset()) * size
    if tensor.numel() == 0:
        return start, start
    last = sum((length - 1) * stride for length, stride in zip(tensor.shape, tensor.stride()))
    return start, start + (last + 1) * size


def _bytes_of(storage: _Storage, start: int) -> torch.Tensor:
    """Return the part of a storage from `start` on, as words so that the file keeps it aligned."""
    count = storage.end - start
    seen = torch.empty(0, dtype=torch.uint8, device=storage.device).set_(
        storage.memory, start, (count,), (1,)
    )
    words = torch.zeros(-(-count // 8), dtype=torch.int64)
    words.view(torch.uint8)[:count].copy_(seen)
    return words


def _window(tensor: torch.Tensor, storage: int, start: int) -> dict[str, Any]:
    offset = max(tensor.storage_offset() * tensor.element_size() - start, 0) // tensor.element_size()
    return {
        "storage": storage,
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "stride": list(tensor.stride()),
        "offset": offset if tensor.numel() else 0,
        "requires_grad": tensor.requires_grad,
        "parameter": isinstance(tensor, torch.nn.Parameter),
        "conj": tensor.is_conj(),
    }


def read_tensors(storages: list[Any], tensors: list[Any], entry: Entries) -> list[torch.Tensor]:
    """Return the tensors of a document.

    Args:
        storages: as `document` wrote them.
        tensors: the same.
        entry: the entry of the file with a name.
    """
    memories = [_memory(storage, entry) for storage in storages]
    return [_tensor(window, memories) for window in tensors]


def _memory(storage: Mapping[str, Any], entry: Entries) -> tuple[torch.Tensor, int]:
    """Return the bytes of a storage."""
    device = torch.device(storage["device"])
    if storage["entry"] is None:
        count = int(storage["nbytes"]) if device.type == "meta" else 0
        return torch.empty(count, dtype=torch.uint8, device=device), count
    found = entry(storage["entry"]).reshape(-1).view(torch.uint8)
    if found.storage_offset() % _ALIGNMENT:
        found = found.clone()
    try:
        return found.to(device), found.numel()
    except (RuntimeError, AssertionError) as error:
        raise ArtifactError(
            f"The program has tensors on `{device}`, which is not there.",
            why=str(error).partition("\n")[0],
            instead="Load it where that device is, or export and save it on the CPU.",
        ) from None


def _tensor(window: Mapping[str, Any], memories: list[tuple[torch.Tensor, int]]) -> torch.Tensor:
    memory, available = memories[window["storage"]]
    dtype: torch.dtype = getattr(torch, window["dtype"])
    shape, stride, offset = tuple(window["shape"]), tuple(window["stride"]), window["offset"]
    if min((*shape, *stride, offset), default=0) < 0 or len(shape) != len(stride):
        raise ValueError("a tensor has a negative size")
    last = sum((size - 1) * step for size, step in zip(shape, stride)) + offset + 1 if 0 not in shape else 0
    if last * dtype.itemsize > available:
        raise ValueError("a tensor reaches beyond its storage")
    made = torch.empty(0, dtype=dtype, device=memory.device)
    made.set_(memory.untyped_storage(), memory.storage_offset() // dtype.itemsize + offset, shape, stride)
    if window["conj"]:
        made = torch.conj(made)
    if window["parameter"]:
        return torch.nn.Parameter(made, requires_grad=bool(window["requires_grad"]))
    return made.requires_grad_() if window["requires_grad"] else made
