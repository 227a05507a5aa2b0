"""PyTorch's own operator samples as functions of a list of tensors; all else about a sample is fixed.

The samples come from `torch.testing._internal`, without the package that only PyTorch's own test runner needs.
"""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch.testing._internal import common_methods_invocations as invocations
from torch.testing._internal import common_utils
from torch.testing._internal.opinfo import core
from torch.utils import _pytree as pytree


@dataclass(frozen=True)
class Subject:
    """A function with the tensors it is exported with.

    Args:
        name: the operator, its variant and the dtype.
        call: takes the list of tensors.
        tensors: an example.
        contents: whether the values of the result mean anything (those of `empty` do not).
        dtype: what the sample was made for.
        checks_sizes: whether eager raises where sizes do not fit, rather than to read or write beyond a tensor.
    """

    name: str
    call: Callable[[list[torch.Tensor]], Any]
    tensors: list[torch.Tensor]
    contents: bool = True
    dtype: torch.dtype = torch.float32
    checks_sizes: bool = True

    def fresh(self) -> list[torch.Tensor]:
        """Return copies of the tensors that share nothing with them."""
        return [copied(tensor) for tensor in self.tensors]


def copied(tensor: torch.Tensor) -> torch.Tensor:
    """Return a copy with memory of its own and the very same strides, also where elements overlap or lie apart."""
    return surrounded(tensor, around=0)


def surrounded(tensor: torch.Tensor, filler: int = 0, around: int = 1 << 12) -> torch.Tensor:
    """Return such a copy that lies in the middle of memory full of one number.

    An operator that reads beyond its arguments (PyTorch checks not all indices) reads the filler.
    """
    if tensor.layout is not torch.strided or tensor.is_conj() or tensor.is_neg() or not tensor.numel():
        return tensor.detach().clone()
    last = sum((size - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))
    memory = tensor.new_full((last + 1 + 2 * around,), filler)
    memory[around : around + last + 1] = tensor.detach().as_strided((last + 1,), (1,))
    return memory.as_strided(tensor.shape, tensor.stride(), around)


# It seeds within the call, which no graph can; the judge seeds before each call.
invocations.wrapper_set_seed = lambda op, *args, **kwargs: op(*args, **kwargs)
# At each sample it looks through the whole stack for a test of unittest, which takes longer than all else here.
common_utils.extract_test_fn = core.extract_test_fn = lambda: None


def _by_name() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = collections.defaultdict(list)
    for info in invocations.op_db:
        # jiterator makes kernels for a GPU.
        if not info.name.startswith("jiterator"):
            found[info.name].append(info)
    return found


# Read-only: a table that a program could change would be saved and compared at each of thousands of exports.
OPERATORS: Mapping[str, list[Any]] = MappingProxyType(_by_name())
"""PyTorch's descriptions of its operators, by name; a name may have several variants."""

# What they return is whatever was in memory (of embedding_bag, where the offsets do not ascend).
_UNINITIALISED = ("empty", "new_empty", "resize_", "resize_as_", "nn.functional.embedding_bag")
# They check nothing: with sizes that do not fit, eager ends the process.
_UNCHECKED = (
    "_batch_norm_with_update",
    "_native_batch_norm_legit",
    "native_batch_norm",
    "_segment_reduce",
    "lu_unpack",
    "max_pool2d_with_indices_backward",
    "nn.functional.embedding_bag",
)


def samples_of(name: str, dtype: torch.dtype, count: int) -> Iterator[Subject]:
    """Yield the first samples of each variant of an operator.

    Args:
        name: a key of `OPERATORS`.
        dtype: of the samples' tensors; nothing is yielded where the CPU does not support it.
        count: how many of each variant.
    """
    for info in OPERATORS[name]:
        if dtype not in info.supported_dtypes("cpu"):
            continue
        torch.default_generator.manual_seed(0)
        samples = info.sample_inputs("cpu", dtype, requires_grad=False)
        for number, sample in enumerate(itertools.islice(samples, count)):
            yield _subject(info, sample, dtype, number)


def _subject(info: Any, sample: Any, dtype: torch.dtype, number: int) -> Subject:
    leaves, tree = pytree.tree_flatten(((sample.input, *sample.args), dict(sample.kwargs)))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    process = sample.output_process_fn_grad

    def call(tensors: list[torch.Tensor]) -> Any:
        filled = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            filled[place] = tensor
        args, kwargs = pytree.tree_unflatten(filled, tree)
        return process(info.op(*args, **kwargs))

    contents = not info.name.startswith(_UNINITIALISED)
    title = f"{info.full_name} {str(dtype).removeprefix('torch.')} #{number}"
    checks_sizes = not info.name.startswith(_UNCHECKED)
    return Subject(title, call, [leaves[place] for place in places], contents, dtype, checks_sizes)
