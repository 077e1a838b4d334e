# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Ops that move elements without computing."""
import itertools

import numpy as np

from case import Case


def transpose():
    for perm in itertools.permutations(range(4)):
        yield Case(f"Transpose 4d {perm}", lambda g, p=perm: g.op(
            "Transpose", g.input((2, 3, 17, 5)), perm=list(p)))
    for shape, perm in (((33, 31), (1, 0)), ((1, 7), (1, 0)),
                        ((2, 3, 4), None), ((2, 1, 4, 3, 5), (0, 3, 1, 4, 2)),
                        ((2, 2, 3, 2, 3, 2), (5, 0, 3, 1, 4, 2))):
        yield Case(f"Transpose {shape} {perm}", lambda g, s=shape, p=perm:
                   g.op("Transpose", g.input(s), perm=p))
    yield Case("Transpose of int64", lambda g: g.op(
        "Transpose", g.input((4, 9), dtype=np.int64), perm=[1, 0]))
    yield Case("Transpose of bool", lambda g: g.op(
        "Transpose", g.input((4, 9), dtype=np.bool_), perm=[1, 0]))


def slices():
    for shape, start, end, axes, steps in (
            ((7, 9), (1,), (5,), (0,), (1,)), ((7, 9), (2,), (9,), (1,), (2,)),
            ((7, 9), (-3,), (2**31,), (0,), (1,)),
            ((7, 9), (-1,), (-2**31,), (1,), (-1,)),
            ((7, 9), (5,), (0,), (1,), (-2,)),
            ((2, 3, 17), (0, 1), (2, 16), (1, 2), (1, 3)),
            ((4, 5), (-100,), (100,), (-1,), (1,)),
            ((4, 6), (3,), (3,), (1,), (1,)),
            ((4, 6), (0, 0), (4, 3), (0, 1), (1, 1))):
        yield Case(f"Slice {shape} {start}:{end}:{steps} on {axes}",
                   lambda g, s=shape, b=start, e=end, a=axes, t=steps: g.op(
                       "Slice", g.input(s), g.ints(*b), g.ints(*e),
                       g.ints(*a), g.ints(*t)))
    for axis, parts in ((0, (2, 3)), (1, (1, 4, 2)), (-1, (7,))):
        yield Case(f"Split axis {axis} {parts}", lambda g, a=axis, p=parts:
                   g.op("Split", g.input((5, 7)), g.ints(*p), axis=a,
                        results=len(p)))
    yield Case("Split into equal parts", lambda g: g.op(
        "Split", g.input((3, 8)), axis=1, results=2))


def views():
    """Pieces that lie together in memory, written and read in place."""
    def rows(g, count, kind="Sin"):
        return g.op(kind, g.input((count, 16), keep=(1,)))

    def split(g):
        pieces = g.op("Split", rows(g, 6), axis=0, results=3)
        return [g.op("Exp", piece) for piece in pieces]
    yield Case("Split into rows", split)

    def slice_twice(g):
        first = g.op("Slice", g.input((1, 7, 16), keep=(0, 1, 2)), g.ints(1),
                     g.ints(6), g.ints(1))
        return g.op("Slice", first, g.ints(2), g.ints(4), g.ints(1))
    yield Case("Slice rows twice", slice_twice)
    yield Case("Gather a row", lambda g: g.op(
        "Gather", g.op("Sin", g.input((3, 4, 16), keep=(0, 2))), g.ints(-1),
        axis=0))
    yield Case("Concat computed rows", lambda g: g.op(
        "Exp", g.op("Concat", rows(g, 3), rows(g, 2, "Cos"), axis=0)))

    def also_output(g):
        a, b = rows(g, 3), rows(g, 2, "Cos")
        return [a, g.op("Concat", a, b, axis=0)]
    yield Case("Concat rows that are outputs too", also_output)
    yield Case("Concat of a concat", lambda g: g.op(
        "Concat", g.op("Concat", rows(g, 3), rows(g, 2, "Cos"), axis=0),
        rows(g, 1, "Neg"), axis=0))

    def swap(g):
        a, b = g.op("Split", rows(g, 4), axis=0, results=2)
        return g.op("Concat", b, a, axis=0)
    yield Case("Concat halves the other way round", swap)


def concat():
    for axis, shapes in ((0, ((2, 5), (3, 5))), (1, ((4, 3), (4, 1), (4, 17))),
                         (-1, ((2, 3, 5), (2, 3, 16))),
                         (1, ((2, 3, 4, 5), (2, 17, 4, 5))),
                         (0, ((3,), (0,), (2,)))):
        yield Case(f"Concat axis {axis} {shapes}", lambda g, a=axis, s=shapes:
                   g.op("Concat", *[g.input(x) for x in s], axis=a))
    yield Case("Concat of one tensor twice", lambda g: (
        lambda x: g.op("Concat", x, x, axis=1))(g.input((3, 4))))
    yield Case("Concat with a constant", lambda g: g.op(
        "Concat", g.const((1, 1, 6)), g.input((1, 9, 6)), axis=1))
    yield Case("Concat of int64", lambda g: g.op(
        "Concat", g.input((3,), dtype=np.int64), g.ints(7, 8), axis=0))


def pad():
    for mode in ("constant", "reflect", "edge"):
        for shape, pads in (((5, 7), (1, 2, 0, 3)), ((2, 3, 6), (0, 0, 2, 0, 0, 3)),
                            ((1, 3, 5, 6), (0, 0, 1, 1, 0, 0, 1, 1))):
            def build(g, mode=mode, shape=shape, pads=pads):
                value = [g.const(data=np.array(1.5, np.float32))] \
                    if mode == "constant" else []
                return g.op("Pad", g.input(shape), g.ints(*pads), *value,
                            mode=mode)
            yield Case(f"Pad {mode} {shape} {pads}", build)
    yield Case("Pad of negative amounts", lambda g: g.op(
        "Pad", g.input((6, 7)), g.ints(-1, 2, -2, -3)))
    yield Case("Pad with wrap", lambda g: g.op(
        "Pad", g.input((5, 6)), g.ints(1, 2, 2, 1), mode="wrap"), opset=19)
    yield Case("Pad with wrap around more than once", lambda g: g.op(
        "Pad", g.input((2, 4)), g.ints(5, 0, 3, 9), mode="wrap"), opset=19)
    yield Case("Pad with wrap of what a cut leaves", lambda g: g.op(
        "Pad", g.input((5, 6)), g.ints(1, -2, -1, 3), mode="wrap"), opset=19)


def gathers():
    for shape, indices, axis in (
            ((9, 5), [0, 3, 8, -1], 0), ((9, 17), [[1, 2], [0, -2]], 1),
            ((4, 5, 6), 2, 1), ((4, 5, 6), [1], -1), ((7,), [3, 3, 3], 0)):
        yield Case(f"Gather {shape} axis {axis} by {indices}",
                   lambda g, s=shape, i=indices, a=axis: g.op(
                       "Gather", g.input(s), g.const(
                           data=np.array(i, np.int64)), axis=a))
    yield Case("Gather of an embedding", lambda g: g.op(
        "Gather", g.const((50, 24)), g.input((2, 7), dtype=np.int64, low=0,
                                             high=50)))
    yield Case("Gather by int32", lambda g: g.op(
        "Gather", g.const((50, 24)), g.input((2, 7), dtype=np.int32, low=-50,
                                             high=50)))
    for axis in (0, 1):
        yield Case(f"GatherElements axis {axis}", lambda g, a=axis: g.op(
            "GatherElements", g.input((4, 6)), g.input(
                (3, 5), dtype=np.int64, low=-4, high=4), axis=a))
    for batch, index in ((0, (3, 2)), (0, (2, 4, 1)), (1, (4, 3, 1))):
        yield Case(f"GatherND {index} batch {batch}", lambda g, b=batch, i=index:
                   g.op("GatherND", g.input((4, 5, 6)), g.input(
                       i, dtype=np.int64, low=0, high=4), batch_dims=b))
    yield Case("ScatterND", lambda g: g.op(
        "ScatterND", g.input((6, 4)), g.const(data=np.array(
            [[1], [4], [0]], np.int64)), g.input((3, 4))))
    yield Case("ScatterND of elements", lambda g: g.op(
        "ScatterND", g.input((6, 4)), g.const(data=np.array(
            [[1, 0], [4, 3]], np.int64)), g.input((2,))))
    yield Case("ScatterElements", lambda g: g.op(
        "ScatterElements", g.input((4, 6)), g.const(data=np.array(
            [[0, 2, 1]], np.int64)), g.input((1, 3)), axis=1))
    for kind in ("add", "mul", "max", "min"):
        # Indices that meet, and some counted from the end.
        for dtype in (np.float32, np.int64):
            yield Case(f"ScatterND {kind} {np.dtype(dtype)}",
                       lambda g, k=kind, t=dtype: g.op(
                           "ScatterND", g.input((5, 3, 17), dtype=t), g.input(
                               (4, 6, 2), dtype=np.int64, low=-3, high=3),
                           g.input((4, 6, 17), dtype=t), reduction=k),
                       opset=18)
            yield Case(f"ScatterElements {kind} {np.dtype(dtype)}",
                       lambda g, k=kind, t=dtype: g.op(
                           "ScatterElements", g.input((5, 9), dtype=t),
                           g.input((7, 8), dtype=np.int64, low=-5, high=5),
                           g.input((7, 8), dtype=t), axis=0, reduction=k),
                       opset=18)
    yield Case("ScatterND of wide rows", lambda g: g.op(
        "ScatterND", g.input((9, 3, 700)), g.const(data=np.array(
            [[8], [0], [-2]], np.int64)), g.input((3, 3, 700))))
    yield Case("ScatterND of bool", lambda g: g.op(
        "ScatterND", g.input((6, 5), dtype=np.bool_), g.const(data=np.array(
            [[1], [4]], np.int64)), g.input((2, 5), dtype=np.bool_)))
    yield Case("ScatterND then Relu", lambda g: g.op("Relu", g.op(
        "ScatterND", g.input((6, 40)), g.const(data=np.array(
            [[1], [4]], np.int64)), g.input((2, 40)))))


def shapes():
    for shape, to in (((4, 6), (3, 8)), ((4, 6), (-1,)), ((2, 3, 4), (0, -1)),
                      ((2, 3, 4), (0, 0, 2, 2)), ((1,), (1, 1, 1)), ((5,), (5, 1))):
        yield Case(f"Reshape {shape} to {to}", lambda g, s=shape, t=to: g.op(
            "Reshape", g.input(s), g.ints(*t)))
    for axes in ((0,), (0, 2), (-1,)):
        yield Case(f"Unsqueeze {axes}", lambda g, a=axes: g.op(
            "Unsqueeze", g.input((3, 4)), g.ints(*a)))
    for axes in ((0,), (0, 2), (-2,), None):
        yield Case(f"Squeeze {axes}", lambda g, a=axes: g.op(
            "Squeeze", g.input((1, 3, 1, 4), keep=() if a else range(4)),
            *([g.ints(*a)] if a else [])))
    for axis in (0, 1, 2, -1):
        yield Case(f"Flatten {axis}", lambda g, a=axis: g.op(
            "Flatten", g.input((2, 3, 4)), axis=a))
    for shape, to in (((3, 1), (3, 5)), ((1,), (2, 7)), ((2, 1, 4), (2, 3, 4)),
                      ((5,), (1,)), ((), (2, 2))):
        yield Case(f"Expand {shape} to {to}", lambda g, s=shape, t=to: g.op(
            "Expand", g.input(s), g.ints(*t)))
    for shape, times in (((2, 3), (2, 1)), ((2, 3), (1, 3)), ((3,), (4,)),
                         ((2, 1, 5), (2, 3, 2))):
        yield Case(f"Tile {shape} {times}", lambda g, s=shape, t=times: g.op(
            "Tile", g.input(s), g.ints(*t)))
    for mode in ("DCR", "CRD"):
        yield Case(f"DepthToSpace {mode}", lambda g, m=mode: g.op(
            "DepthToSpace", g.input((2, 12, 3, 5)), blocksize=2, mode=m))
    yield Case("SpaceToDepth", lambda g: g.op(
        "SpaceToDepth", g.input((2, 3, 4, 6)), blocksize=2))
    for upper in (0, 1):
        yield Case(f"Trilu upper={upper}", lambda g, u=upper: g.op(
            "Trilu", g.input((2, 5, 6)), upper=u))
    yield Case("Trilu shifted", lambda g: g.op("Trilu", g.input(
        (5, 5)), g.const(data=np.array(1, np.int64)), upper=1))
    yield Case("Shape", lambda g: g.op("Shape", g.input((2, 7, 3))))
    yield Case("Shape of a part", lambda g: g.op("Shape", g.input(
        (2, 7, 3)), start=1, end=-1))
    yield Case("Size", lambda g: g.op("Size", g.input((2, 7, 3))))
    yield Case("ConstantOfShape of Shape", lambda g: g.op(
        "ConstantOfShape", g.op("Shape", g.input((2, 3)))))
    yield Case("Range of constants", lambda g: g.op("Range", *[g.const(
        data=np.array(v, np.int64)) for v in (2, 17, 3)]))
    yield Case("OneHot", lambda g: g.op(
        "OneHot", g.input((5,), dtype=np.int64, low=0, high=7),
        g.const(data=np.array(7, np.int64)),
        g.const(data=np.array([0, 1], np.float32))))
    yield Case("EyeLike", lambda g: g.op("EyeLike", g.input((4, 6)), k=1))
    yield Case("NonZero", lambda g: g.op("NonZero", g.input(
        data=np.array([[0, 1, 0], [2, 0, 3]], np.float32))))

    def reshape_by_shape(g):
        x = g.input((2, 6, 4))
        batch = g.op("Gather", g.op("Shape", x), g.const(
            data=np.array(0, np.int64)))
        rows = g.op("Concat", g.op("Unsqueeze", batch, g.ints(0)),
                    g.ints(-1, 8), axis=0)
        return g.op("Reshape", x, rows)
    yield Case("Reshape by computed shape", reshape_by_shape)


FAMILIES = {"transpose": transpose, "slice and split": slices,
            "views": views, "concat": concat, "pad": pad,
            "gather and scatter": gathers, "shapes": shapes}
