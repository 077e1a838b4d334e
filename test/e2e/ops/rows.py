# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Softmax, norms, reductions, and what else walks along an axis."""
import itertools

import numpy as np

from case import Case

SHAPES = [(5, 7), (3, 16), (2, 17, 9), (2, 3, 4, 33), (1, 64), (6, 1), (1, 1)]


def softmax():
    for kind in ("Softmax", "LogSoftmax"):
        for shape in SHAPES:
            for axis in range(-len(shape), 0):
                def answer(x, axis=axis, kind=kind):
                    e = np.exp(x - x.max(axis=axis, keepdims=True))
                    p = e / e.sum(axis=axis, keepdims=True)
                    return [p if kind == "Softmax" else np.log(p)]
                yield Case(f"{kind} {shape} axis {axis}",
                           lambda g, k=kind, s=shape, a=axis: g.op(
                               k, g.input(s), axis=a), answer)
    yield Case("Softmax of large logits", lambda g: g.op("Softmax", g.input(
        data=np.array([[1e4, -1e4, 0, 9999], [-3e38, -3e38, -3e38, -3e38],
                       [-np.inf, 0, 1, 2]], np.float32)), axis=-1))
    for axis in (0, 1, 2):
        yield Case(f"Softmax of opset 11, axis {axis}", lambda g, a=axis: g.op(
            "Softmax", g.input((3, 4, 5)), axis=a), opset=11)


def norms():
    for shape, axis in (((4, 16), -1), ((2, 5, 17), -1), ((2, 5, 7), -2),
                        ((1, 3, 4, 8), 1), ((3, 384), -1), ((2, 1), -1)):
        n = shape[axis:]

        def build(g, shape=shape, axis=axis, n=n):
            x = g.input(shape, keep=range(axis % len(shape), len(shape)))
            return g.op("LayerNormalization", x, g.const(n),
                        g.const(n), axis=axis)
        yield Case(f"LayerNormalization {shape} axis {axis}", build)
    yield Case("LayerNormalization without bias", lambda g: g.op(
        "LayerNormalization", g.input((3, 33), keep=(1,)), g.const((33,)), epsilon=1e-3))

    def primitive(g):
        x = g.input((2, 6, 24), keep=(2,))
        d = g.op("Sub", x, g.op("ReduceMean", x, axes=[-1]))
        v = g.op("ReduceMean", g.op("Mul", d, d), axes=[-1])
        s = g.op("Sqrt", g.op("Add", v, g.const(
            data=np.array(1e-5, np.float32))))
        y = g.op("Mul", g.op("Div", d, s), g.const((24,)))
        return g.op("Add", y, g.const((24,)))

    def rms(g):
        x = g.input((2, 6, 24), keep=(2,))
        v = g.op("ReduceMean", g.op("Mul", x, x), axes=[-1])
        s = g.op("Sqrt", g.op("Add", v, g.const(
            data=np.array(1e-6, np.float32))))
        return g.op("Mul", g.op("Mul", x, g.op("Reciprocal", s)),
                    g.const((24,)))
    yield Case("layer norm from primitives", primitive)
    yield Case("rms norm from primitives", rms)
    for shape in ((2, 3, 5, 7), (1, 17, 9), (3, 4, 1, 2)):
        c = shape[1]
        yield Case(f"InstanceNormalization {shape}", lambda g, s=shape, c=c:
                   g.op("InstanceNormalization", g.input(s, keep=(1,)), g.const((c,)),
                        g.const((c,))))
        yield Case(f"BatchNormalization {shape}", lambda g, s=shape, c=c: g.op(
            "BatchNormalization", g.input(s, keep=(1,)), g.const((c,)), g.const((c,)),
            g.const((c,)), g.const((c,), low=0.5, high=2.0)))
    for p in (1, 2):
        yield Case(f"LpNormalization p={p}", lambda g, p=p: g.op(
            "LpNormalization", g.input((3, 5, 4)), axis=1, p=p))
    yield Case("GroupNormalization", lambda g: g.op(
        "GroupNormalization", g.input((2, 12, 5, 4), keep=(1,)), g.const((12,)),
        g.const((12,)), num_groups=3), opset=21)
    yield Case("LRN", lambda g: g.op("LRN", g.input((1, 7, 3, 4)), size=3))


REDUCE = {"ReduceSum": np.sum, "ReduceMean": np.mean, "ReduceMax": np.max,
          "ReduceMin": np.min, "ReduceProd": np.prod,
          "ReduceL1": lambda x, **k: np.abs(x).sum(**k),
          "ReduceL2": lambda x, **k: np.sqrt((x * x).sum(**k)),
          "ReduceSumSquare": lambda x, **k: (x * x).sum(**k),
          "ReduceLogSum": lambda x, **k: np.log(x.sum(**k)),
          "ReduceLogSumExp": lambda x, **k: np.log(np.exp(x).sum(**k))}


def reduce_case(kind, shape, axes, keep, opset=13):
    def build(g):
        x = g.input(shape, low=0.1, high=2.0) if kind == "ReduceLogSum" \
            else g.input(shape)
        if kind == "ReduceSum":
            return g.op(kind, x, g.ints(*axes) if axes else None,
                        keepdims=keep)
        return g.op(kind, x, axes=axes or None, keepdims=keep)

    def answer(x):
        return [REDUCE[kind](x, axis=tuple(axes) or None, keepdims=bool(keep))]
    return Case(f"{kind} {shape} axes {axes} keepdims {keep}", build, answer,
                opset=opset)


def reductions():
    for kind in REDUCE:
        yield reduce_case(kind, (3, 17), [1], 1)
        yield reduce_case(kind, (3, 17), [0], 0)
        yield reduce_case(kind, (2, 5, 7), [0, 2], 1)
    shape = (2, 3, 4, 5)
    for count in (1, 2, 3):
        for axes in itertools.combinations(range(4), count):
            yield reduce_case("ReduceMean", shape, list(axes), 0)
            yield reduce_case("ReduceSum", shape, list(axes), 1)
    for kind in ("ReduceSum", "ReduceMax", "ReduceMean"):
        yield reduce_case(kind, (3, 4, 5), [], 1)
        yield reduce_case(kind, (3, 4, 5), [], 0)
        yield reduce_case(kind, (3, 4, 5), [-1], 1)
        yield reduce_case(kind, (1, 100), [1], 0)
        yield reduce_case(kind, (100, 1), [1], 0)
        yield reduce_case(kind, (33, 1000), [1], 1)
        yield reduce_case(kind, (1000, 33), [0], 1)
    rows = np.array([[-np.inf] * 3, [np.inf, 1, 2], [1, -np.inf, 2],
                     [np.inf, -np.inf, 0]], np.float32)
    yield Case("ReduceLogSumExp of infinities", lambda g: g.op(
        "ReduceLogSumExp", g.input(data=rows), axes=[1]),
        lambda x: [np.logaddexp.reduce(x, axis=1, keepdims=True)])
    for dtype in (np.int64, np.int32):
        yield Case(f"ReduceSum of {np.dtype(dtype)}", lambda g, t=dtype: g.op(
            "ReduceSum", g.input((4, 9), dtype=t), g.ints(1)))
        yield Case(f"ReduceMax of {np.dtype(dtype)}", lambda g, t=dtype: g.op(
            "ReduceMax", g.input((4, 9), dtype=t), axes=[0], keepdims=0))


def argument():
    for kind in ("ArgMax", "ArgMin"):
        for shape, axis, keep in (((5, 7), 1, 1), ((5, 7), 0, 0),
                                  ((2, 3, 40), -1, 0), ((2, 9, 4), 1, 1),
                                  ((1, 1), 1, 0)):
            yield Case(f"{kind} {shape} axis {axis} keepdims {keep}",
                       lambda g, k=kind, s=shape, a=axis, d=keep: g.op(
                           k, g.input(s), axis=a, keepdims=d))
    yield Case("ArgMax with ties", lambda g: g.op("ArgMax", g.input(
        data=np.array([[1, 3, 3, 0], [2, 2, 2, 2]], np.float32)), axis=1))
    for axis, more in ((0, {}), (1, {}), (1, {"exclusive": 1}),
                       (0, {"reverse": 1}), (1, {"exclusive": 1, "reverse": 1})):
        yield Case(f"CumSum axis {axis} {more}", lambda g, a=axis, m=more: g.op(
            "CumSum", g.input((5, 7)), g.const(data=np.array(a, np.int64)), **m))
    yield Case("CumSum of int64", lambda g: g.op(
        "CumSum", g.input((3, 6), dtype=np.int64),
        g.const(data=np.array(1, np.int64))))
    for axis, k, largest in ((-1, 3, 1), (0, 2, 1), (-1, 4, 0)):
        yield Case(f"TopK axis {axis} k {k} largest {largest}",
                   lambda g, a=axis, k=k, l=largest: g.op(
                       "TopK", g.input((5, 9)), g.ints(k), axis=a, largest=l,
                       results=2))


FAMILIES = {"softmax": softmax, "norms": norms, "reductions": reductions,
            "arg and scan": argument}
