"""The ONLY file that touches torch's private dispatch: how a trace sees operators as the program called them.

PyTorch's dispatcher has a key, `PreDispatch`, above autograd, autocast, functorch and the decomposition of
composite operators. While a trace runs, that key is switched on for this thread and every operator reaches
`Interceptor.on_operator` first, as one call of an `OpOverload` (`linear` is `aten.linear`, not a matmul).

Three things must not be taken at that level, because what they mean is decided below it; those calls are let
through with the key still on, so that what they come down to is met again:

* autocast: its kernels cast the arguments (which is recorded) and call the operator again;
* functorch (`vmap`, `grad`, `jvp`): its layers unwrap their tensors and call the operator on ours;
* composite operators that the recorder asks to decompose.

Invariant: whatever is switched on is switched off by the context manager that did it, after errors too.
`tests/tracing/test_dispatch.py` fails loudly when torch moves any of what this file uses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any

import torch
from torch import _C, _higher_order_ops, _ops
from torch._dispatch.python import enable_pre_dispatch, enable_python_dispatcher
from torch.fx.experimental.proxy_tensor import ProxyTorchDispatchMode
from torch.utils import _device

from fullgraph.contract import parts_in_memory

OpOverload = _ops.OpOverload
HigherOrderOperator = _ops.HigherOrderOperator
# Where PyTorch's functions for control flow live.
TORCH_CONTROL_FLOW: Any = _higher_order_ops
OnOperator = Callable[[OpOverload, tuple[Any, ...], dict[str, Any]], Any]

# A tensor class with this as `__torch_function__` is treated like a plain tensor by torch's Python functions.
NO_TORCH_FUNCTION: Any = _C._disabled_torch_function_impl

grad_enabled = torch.is_grad_enabled  # as torch has it, whatever stands in its place during a trace
GRAD_SWITCH: tuple[Any, str] = (_C, "_set_grad_enabled")  # where all of torch's Python sets the grad mode

_KEY = _C.DispatchKey
_PRE_DISPATCH = _KEY.PreDispatch
_FRONT = _KEY.FuncTorchDynamicLayerFrontMode
_BACK = _KEY.FuncTorchDynamicLayerBackMode
_AUTOCAST = {"cpu": _KEY.AutocastCPU, "cuda": _KEY.AutocastCUDA}
_included = _C._dispatch_tls_is_dispatch_key_included
_excluded = _C._dispatch_tls_is_dispatch_key_excluded


class Interceptor(ProxyTorchDispatchMode):
    """Receives every operator of a thread at the pre-dispatch level and hands it to `on_operator`.

    torch lets only its own modes sit at that level, so this is one by inheritance and by nothing else.
    """

    def __init__(
        self, on_operator: OnOperator
    ) -> None:  # the base's state is not wanted: no super().__init__()
        self.on_operator = on_operator
        # Where torch puts it back after taking all modes away for a moment, as it does to print a tensor.
        self.__dict__["_dispatch_key"] = _PRE_DISPATCH

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Otherwise torch wraps the method below so that every operator imports and enters torch._dynamo.
        return False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        return self.receive(func, args, kwargs or {})

    def receive(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record the operator, or let it through to what decides its meaning."""
        if _included(_FRONT) and not _excluded(_FRONT):
            op = _taking_numbers(op, args)
            with self._again():
                return op._op_dk(_FRONT, *args, **kwargs)
        if _included(_BACK) and not _excluded(_BACK):
            # A functorch layer is at work on its own tensors: it goes on without us, and when it calls the
            # operator on ours, functorch restores the state in which it was entered, with us in it.
            with self._again(), _switched(_PRE_DISPATCH, False):
                return op(*args, **kwargs)
        for device, key in _AUTOCAST.items():
            if torch.is_autocast_enabled(device) and not _excluded(key) and _has_kernel(op, key):
                with self._again():
                    return op._op_dk(key, *args, **kwargs)
        return self.on_operator(op, args, kwargs)

    @contextmanager
    def _again(self) -> Iterator[None]:
        """Intercept inside an interception (torch takes the mode away while it is being called)."""
        _push(self)
        try:
            yield
        finally:
            _pop()

    def receives(self, op: OpOverload) -> bool:
        """Say whether a call of an operator now would come here, and go no other way than to be recorded."""
        if not _included(_PRE_DISPATCH) or inside_functorch():
            return False
        return not any(
            torch.is_autocast_enabled(device) and not _excluded(key) and _has_kernel(op, key)
            for device, key in _AUTOCAST.items()
        )

    def decompose(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run a composite operator's own implementation; what it calls is intercepted."""
        with self._again():
            return op.decompose(*args, **kwargs)


text_of_contents: Any = torch._tensor_str._str  # what `repr(tensor)` is, whatever stands in its place

# Where `torch.nn.functional` has its functions of C from.
NEURAL_NETWORK_FUNCTIONS: Any = _C._nn

_NUMBERS = (int, float, complex, torch.SymInt, torch.SymFloat, torch.SymBool)


def _taking_numbers(op: OpOverload, args: tuple[Any, ...]) -> OpOverload:
    """Return the overload that takes numbers where these arguments have them: `mul.Scalar` for `x * 3`.

    Called from Python with a number for a tensor, an overload makes a tensor of the number first. functorch would see
    that happen and wrap it, and a wrapped tensor has no memory to read the number from again.
    """
    at = tuple(index for index, argument in enumerate(args) if isinstance(argument, _NUMBERS))
    return _overload_for(op, at) if at else op


@lru_cache(maxsize=1024)
def _overload_for(op: OpOverload, numbers_at: tuple[int, ...]) -> OpOverload:
    wanted = [argument.type.kind() for argument in op._schema.arguments]
    numbers = [index for index in numbers_at if wanted[index] == "TensorType"]
    if not numbers:
        return op
    for index in numbers:
        wanted[index] = "NumberType"
    packet = op.overloadpacket
    for name in packet.overloads():
        other: OpOverload = getattr(packet, name)
        if [argument.type.kind() for argument in other._schema.arguments] == wanted:
            return other
    return op


# `with torch.device(...)` knows the functions that make tensors from its first use on. Made during a trace, that list
# would hold what stands for them then, and the context would miss the functions themselves for good.
_device._device_constructors()


@contextmanager
def intercepting(interceptor: Interceptor) -> Iterator[None]:
    """Send every operator of this thread to `interceptor`."""
    with enable_python_dispatcher(), enable_pre_dispatch(), _unnoticed():
        _push(interceptor)
        try:
            yield
        finally:
            _pop()


@contextmanager
def _unnoticed() -> Iterator[None]:
    """Let torch not take an interceptor for its own way to trace, for which it has other ways to call functions."""
    private: Any = _ops
    before = private._get_dispatch_mode_pre_dispatch

    def torchs_own(key: Any) -> Any:
        found = before(key)
        return None if isinstance(found, Interceptor) else found

    private._get_dispatch_mode_pre_dispatch = torchs_own
    try:
        yield
    finally:
        private._get_dispatch_mode_pre_dispatch = before


def plain_torch() -> Any:
    """Return a context in which operators run as if no trace were on: for meta kernels and constants."""
    return _C._ForceDispatchKeyGuard(_PLAIN_INCLUDED, _PLAIN_EXCLUDED)


# What `torch._debug_has_internal_overlap` returns for "too hard" (aten/src/ATen/MemoryOverlap.h).
_CANNOT_TELL = 2


@contextmanager
def symbolic_torch() -> Iterator[None]:
    """Like `plain_torch`, with the Python kernels of torch in front, which understand symbolic sizes.

    Meta tensors have no memory in which elements could overlap; symbolic sizes would be asked whether they are 0 or 1.
    """
    private: Any = torch
    before = private._debug_has_internal_overlap
    private._debug_has_internal_overlap = lambda tensor: _CANNOT_TELL
    try:
        with plain_torch(), enable_python_dispatcher():
            yield
    finally:
        private._debug_has_internal_overlap = before


@contextmanager
def exporting_flags(exporting: bool | None) -> Iterator[None]:
    """Let `torch.compiler.is_compiling()` answer yes, and `is_exporting()` as told: libraries skip checks on data.

    With None both answer as in eager.
    """
    compiler: Any = torch.compiler
    before = compiler._is_compiling_flag, compiler._is_exporting_flag
    compiler._is_compiling_flag, compiler._is_exporting_flag = exporting is not None, bool(exporting)
    try:
        yield
    finally:
        compiler._is_compiling_flag, compiler._is_exporting_flag = before


@contextmanager
def without_shortcuts() -> Iterator[None]:
    """Let torch do each step anew, as eager does.

    A cached cast would outlive the trace, a fused inference kernel has no gradient, and what `torch.compile` made is
    to run the function it was made of.
    """
    cached, fast = torch.is_autocast_cache_enabled(), torch.backends.mha.get_fastpath_enabled()
    torch.clear_autocast_cache()
    torch.set_autocast_cache_enabled(False)
    torch.backends.mha.set_fastpath_enabled(False)
    compiled = "torch._dynamo" in sys.modules  # else nothing can have been compiled, and it is slow to import
    try:
        with torch.compiler.set_stance("force_eager") if compiled else nullcontext():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)
        torch.set_autocast_cache_enabled(cached)
        torch.clear_autocast_cache()


def without_contents(tensors: Sequence[torch.Tensor]) -> tuple[list[torch.Tensor], Any]:
    """Return tensors without contents, and a mode in which a function may run on them to tell what it would return.

    In it no real tensor is read or written, those that the function finds by itself included.
    """
    from torch._subclasses.fake_tensor import FakeTensorMode  # takes a while to import, and is seldom needed

    mode = FakeTensorMode(allow_non_fake_inputs=True)
    return [mode.from_tensor(tensor) for tensor in tensors], mode


def has_contents(value: Any) -> bool:
    """Whether a value is anything but a tensor of `without_contents`, or computed from one."""
    made_by = sys.modules.get("torch._subclasses.fake_tensor")
    return made_by is None or not isinstance(value, made_by.FakeTensor)


def traced_tensor_base(
    cls: type[torch.Tensor], sizes: tuple[int, ...], dtype: torch.dtype, device: torch.device
) -> Any:
    """Make a tensor of `cls` without storage, whose sizes and strides torch asks of `cls.__torch_dispatch__`."""
    make: Any = torch.Tensor._make_wrapper_subclass
    return make(cls, sizes, dtype=dtype, device=device, dispatch_sizes_strides_policy="sizes")


def is_functorch_tensor(tensor: torch.Tensor) -> bool:
    """Whether a functorch layer (`vmap`, `grad`, `jvp`) wrapped this tensor."""
    return _C._functorch.is_functorch_wrapped_tensor(tensor)


def left_by_functorch(tensor: torch.Tensor) -> torch.Tensor:
    """Return what is in the wrapper of a functorch layer that has ended, as torch does before each operator."""
    return _C._functorch.unwrap_if_dead(tensor) if is_functorch_tensor(tensor) else tensor


def inside_functorch() -> bool:
    """Whether the program is inside a `torch.func` transform now."""
    return _C._functorch.peek_interpreter_stack() is not None


def only_under_vmap() -> bool:
    """Whether all `torch.func` transforms that the program is inside of are `vmap`."""
    functorch: Any = _C._functorch
    return all(
        layer.key() == functorch.TransformType.Vmap for layer in functorch.get_interpreter_stack() or ()
    )


def innermost(tensor: torch.Tensor) -> torch.Tensor:
    """Return what is in all wrappers of functorch layers."""
    while is_functorch_tensor(tensor):
        tensor = _C._functorch.get_unwrapped(tensor)
    return tensor


def storage_key(tensor: torch.Tensor) -> int:
    """Return a number that two tensors share when and only when they share storage; of a sparse one, its values'."""
    return parts_in_memory(tensor)[-1].untyped_storage()._cdata


def function_behind(op: OpOverload) -> Callable[..., Any]:
    """Return the C function that an operator calls; operators that do more than that stay themselves."""
    return op._op if type(op) is OpOverload else op


def is_composite(op: OpOverload) -> bool:
    """Whether the operator is implemented by other operators for every backend and for autograd."""
    return op._can_decompose()


def additional_inputs(spec: object) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return the calls in a `torch.export.AdditionalInputs`; none if the spec is something else."""
    theirs = sys.modules.get("torch.export")  # importing it takes a second
    if theirs is None or not isinstance(spec, theirs.AdditionalInputs):
        return []
    return [(args, kwargs or {}) for args, kwargs in spec._examples]


# What torch's dispatcher looks like in a thread where nothing was switched on, taken at import.
_PLAIN_INCLUDED = _C._dispatch_tls_local_include_set()
_PLAIN_EXCLUDED = _C._dispatch_tls_local_exclude_set()

_kernels: dict[tuple[OpOverload, Any], bool] = {}


def _has_kernel(op: OpOverload, key: Any) -> bool:
    found = _kernels.get((op, key))
    if found is None:
        found = _kernels[op, key] = _C._dispatch_has_kernel_for_dispatch_key(op.name(), key)
    return found


@contextmanager
def _switched(key: Any, on: bool) -> Iterator[None]:
    before = _included(key)
    _C._dispatch_tls_set_dispatch_key_included(key, on)
    try:
        yield
    finally:
        _C._dispatch_tls_set_dispatch_key_included(key, before)


def _push(interceptor: Interceptor) -> None:
    # torch's own setter admits only its own modes and imports them all; the slot itself takes any mode.
    _ops.mode_stack_state_for_pre_dispatch().set(0, interceptor)
    _C._dispatch_tls_set_dispatch_key_included(_PRE_DISPATCH, True)


def _pop() -> None:
    _ops.mode_stack_state_for_pre_dispatch().set(0, None)
    _C._dispatch_tls_set_dispatch_key_included(_PRE_DISPATCH, False)
