"""What numba's Python cannot say but LLVM can: a cache-line prefetch, two integer loops over vectors, a loop over functions.

The loops over vectors are ordinary int32 arithmetic (wrapping, arithmetic shifts), so any processor, with or without vector
units, computes the same integers; written as vectors they cost the mixer no run-time checks and compile quickly.
"""

from collections.abc import Callable
from typing import Any

import numba.extending
from llvmlite import ir
from numba import types
from numba.core import cgutils

from mdlbench.models.cm.contexts import CONTEXTS
from mdlbench.models.cm.memory import LANES
from mdlbench.numerics.compiled import inline

intrinsic: Callable[[Callable[..., Any]], Any] = numba.extending.intrinsic  # called without the first argument
_I32 = ir.IntType(32)
_VECTOR = ir.VectorType(_I32, LANES)


def _constant(value):
    return ir.Constant(_VECTOR, [value] * LANES)


def _vector_at(context, builder, array_type, array, index):
    """A pointer to the `LANES` int32 at `array[index]`."""
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _load(builder, pointer):
    return builder.load(pointer, align=4)


@intrinsic
def prefetch(typing_context, array, index):
    """Fetch the cache line of `array[index]` ahead of its use; changes nothing but the time."""

    def generate(context, builder, signature, arguments):
        data = context.make_array(array)(context, builder, arguments[0]).data
        pointer = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, _I32, _I32, _I32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [pointer, _I32(1), _I32(3), _I32(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


@intrinsic
def dot(typing_context, inputs, weights, start, size):
    """sum over i < size of (inputs[i] * (weights[start + i] >> 6)) >> 8, all int32; `size` is a multiple of `LANES`."""

    def generate(context, builder, signature, arguments):
        inputs_, weights_, start_, size_ = arguments
        total = cgutils.alloca_once_value(builder, _constant(0))
        step = ir.Constant(size_.type, LANES)
        with cgutils.for_range_slice(builder, ir.Constant(size_.type, 0), size_, step, size_.type) as (index, _):
            x = _load(builder, _vector_at(context, builder, inputs, inputs_, index))
            w = _load(builder, _vector_at(context, builder, weights, weights_, builder.add(start_, index)))
            term = builder.ashr(builder.mul(x, builder.ashr(w, _constant(6))), _constant(8))
            builder.store(builder.add(builder.load(total), term), total)
        lanes = builder.load(total)
        half = LANES
        while half := half // 2:  # fold halves onto each other until lane 0 holds the sum
            swap = ir.Constant(_VECTOR, [lane ^ half for lane in range(LANES)])
            lanes = builder.add(lanes, builder.shuffle_vector(lanes, lanes, swap))
        return builder.extract_element(lanes, _I32(0))

    return types.int32(inputs, weights, start, size), generate


@intrinsic
def train(typing_context, inputs, weights, start, size, error):
    """weights[start + i] += (inputs[i] * error + 2**7) >> 8 for i < size, kept within +-2**25; all int32."""

    def generate(context, builder, signature, arguments):
        inputs_, weights_, start_, size_, error_ = arguments
        lane0 = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), builder.trunc(error_, _I32), _I32(0))
        errors = builder.shuffle_vector(lane0, lane0, _constant(0))
        step = ir.Constant(size_.type, LANES)
        with cgutils.for_range_slice(builder, ir.Constant(size_.type, 0), size_, step, size_.type) as (index, _):
            x = _load(builder, _vector_at(context, builder, inputs, inputs_, index))
            pointer = _vector_at(context, builder, weights, weights_, builder.add(start_, index))
            change = builder.ashr(builder.add(builder.mul(x, errors), _constant(1 << 7)), _constant(8))
            moved = builder.add(_load(builder, pointer), change)
            for limit, sign in ((_constant(-(1 << 25)), "<"), (_constant(1 << 25), ">")):
                moved = builder.select(builder.icmp_signed(sign, moved, limit), limit, moved)
            builder.store(moved, pointer, align=4)
        return context.get_dummy_value()

    return types.void(inputs, weights, start, size, error), generate


_VALUES = [inline(context.value) for context in CONTEXTS]


@intrinsic
def evaluate(typing_context, values, each, sight):
    """values[i] = CONTEXTS[i].value(sight), int64, for each of the contexts of a level."""
    kinds = [value._numba_type_ for value in _VALUES[: len(each)]]
    calls = [(kind, kind.get_call_type(typing_context, (sight,), {})) for kind in kinds]

    def generate(context, builder, signature, arguments):
        data = context.make_array(values)(context, builder, arguments[0]).data
        for i, (kind, call) in enumerate(calls):
            function = context.get_function(kind, call)
            context.add_linking_libs(function.libs)
            value = context.cast(builder, function(builder, (arguments[2],)), call.return_type, types.int64)
            builder.store(value, builder.gep(data, [_I32(i)]))
        return context.get_dummy_value()

    return types.void(values, each, sight), generate
