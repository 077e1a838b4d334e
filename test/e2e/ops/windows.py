# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Convolutions, pools and resizes over ragged sizes."""
import itertools

import numpy as np

from case import Case


def conv_reference(x, w, b=None, strides=None, pads=None, dilations=None,
                   group=1):
    """Direct convolution, one multiply-add at a time over the window."""
    dims = x.ndim - 2
    strides, dilations = strides or [1] * dims, dilations or [1] * dims
    pads = pads or [0] * (2 * dims)
    padded = np.pad(x, [(0, 0), (0, 0)] + [(pads[d], pads[d + dims])
                                           for d in range(dims)])
    out = [(padded.shape[2 + d] - dilations[d] * (w.shape[2 + d] - 1) - 1)
           // strides[d] + 1 for d in range(dims)]
    y = np.zeros((x.shape[0], w.shape[0], *out))
    per_in, per_out = x.shape[1] // group, w.shape[0] // group
    for g in range(group):
        rows = slice(g * per_out, (g + 1) * per_out)
        data = padded[:, g * per_in:(g + 1) * per_in]
        for tap in itertools.product(*map(range, w.shape[2:])):
            window = tuple(
                slice(tap[d] * dilations[d],
                      tap[d] * dilations[d] + (out[d] - 1) * strides[d] + 1,
                      strides[d]) for d in range(dims))
            part = data[(slice(None), slice(None)) + window]
            y[:, rows] += np.einsum("nc...,oc->no...", part,
                                    w[(rows, slice(None)) + tap])
    if b is not None:
        y += b.reshape((1, -1) + (1,) * dims)
    return [y]


def conv_case(title, x, outputs, kernel, bias=True, **attributes):
    group = attributes.get("group", 1)
    weight = (outputs, x[1] // group, *kernel)

    def build(g):
        data, w = g.input(x, keep=(1,)), g.const(weight)
        extra = [g.const((outputs,))] if bias else []
        return g.op("Conv", data, w, *extra, **attributes)

    known = {k: v for k, v in attributes.items() if k != "auto_pad"}
    answer = None if "auto_pad" in attributes else \
        lambda *t: conv_reference(*t, **known)
    text = " ".join(f"{k}={v}" for k, v in attributes.items())
    return Case(f"{title} {x} to {outputs}, kernel {kernel} {text}", build,
                answer)


def conv():
    yield conv_case("conv without filters", (1, 3, 5, 6), 0, (3, 3),
                    bias=False)
    for c, o in ((1, 1), (3, 5), (3, 16), (16, 16), (17, 33), (5, 64), (40, 7)):
        for kernel, pad in ((1, 0), (3, 1), (5, 2)):
            for size in ((9, 11), (17, 6)):
                for stride in (1, 2):
                    yield conv_case("conv", (1, c, *size), o,
                                    (kernel, kernel), pads=[pad] * 4,
                                    strides=[stride] * 2)
    yield conv_case("conv", (3, 4, 7, 7), 6, (3, 3))
    yield conv_case("conv", (1, 3, 32, 31), 24, (7, 7), strides=[2, 2],
                    pads=[3, 3, 3, 3])
    yield conv_case("conv", (2, 3, 14, 14), 8, (4, 4), strides=[4, 4])
    yield conv_case("conv", (1, 6, 9, 8), 10, (1, 3), pads=[0, 1, 0, 1])
    yield conv_case("conv", (1, 6, 9, 8), 10, (3, 1), pads=[1, 0, 1, 0])
    yield conv_case("conv", (1, 6, 9, 8), 10, (2, 2), pads=[0, 1, 1, 0])
    yield conv_case("conv", (1, 6, 9, 8), 10, (3, 3), pads=[2, 0, 0, 1],
                    strides=[1, 2])
    yield conv_case("conv", (1, 8, 15, 13), 12, (3, 3), dilations=[2, 2],
                    pads=[2, 2, 2, 2])
    yield conv_case("conv", (1, 8, 15, 13), 12, (3, 3), dilations=[1, 3],
                    strides=[2, 1])
    yield conv_case("conv", (1, 4, 3, 3), 5, (3, 3), bias=False)
    yield conv_case("conv", (1, 4, 1, 1), 5, (1, 1))
    yield conv_case("conv", (1, 4, 1, 1), 5, (3, 3), pads=[1] * 4)
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        yield conv_case("conv", (1, 3, 10, 7), 4, (3, 4), auto_pad=mode,
                        strides=[2, 2])


def conv_grouped():
    for c, o, group in ((4, 6, 2), (8, 8, 4), (9, 18, 3), (32, 64, 2),
                        (34, 34, 2)):
        for kernel, pad, stride in ((1, 0, 1), (3, 1, 1), (3, 1, 2)):
            yield conv_case("conv", (2, c, 9, 8), o, (kernel, kernel),
                            pads=[pad] * 4, strides=[stride] * 2, group=group)


def conv_depthwise():
    for c in (1, 3, 16, 17, 40):
        for kernel, pad, stride in ((3, 1, 1), (3, 1, 2), (5, 2, 1), (7, 3, 2),
                                    (1, 0, 1)):
            yield conv_case("conv", (1, c, 11, 9), c, (kernel, kernel),
                            pads=[pad] * 4, strides=[stride] * 2, group=c)
    yield conv_case("conv", (2, 6, 8, 8), 12, (3, 3), group=6, pads=[1] * 4)
    yield conv_case("conv", (1, 8, 9, 9), 8, (3, 3), group=8,
                    dilations=[2, 2], pads=[2] * 4)
    yield conv_case("conv", (1, 24, 2, 3), 24, (5, 5), group=24, pads=[2] * 4)


def conv_1d_3d():
    for c, o, kernel, stride, pad, group in (
            (1, 4, 10, 5, 0, 1), (3, 16, 3, 1, 1, 1), (16, 17, 3, 2, 1, 1),
            (8, 8, 31, 1, 15, 8), (12, 12, 5, 1, 2, 3)):
        yield conv_case("conv", (2, c, 37), o, (kernel,), strides=[stride],
                        pads=[pad, pad], group=group)
    yield conv_case("conv", (1, 3, 5, 6, 7), 4, (3, 3, 3), pads=[1] * 6)
    yield conv_case("conv", (2, 4, 5, 6, 7), 6, (3, 1, 2), strides=[2, 1, 2],
                    pads=[1, 0, 0, 0, 0, 1], dilations=[1, 1, 2], group=2)


def conv_fused():
    def bn(g):
        y = g.op("Conv", g.input((1, 5, 8, 9)), g.const((12, 5, 3, 3)),
                 pads=[1] * 4)
        y = g.op("BatchNormalization", y, g.const((12,)), g.const((12,)),
                 g.const((12,)), g.const((12,), low=0.5, high=2.0))
        return g.op("Relu", y)

    def residual(g):
        x = g.input((1, 16, 7, 5))
        y = g.op("Conv", x, g.const((16, 16, 3, 3)), g.const((16,)),
                 pads=[1] * 4)
        return g.op("Relu", g.op("Add", x, y))

    def swish(g):
        y = g.op("Conv", g.input((1, 6, 7, 5)), g.const((18, 6, 1, 1)))
        return g.op("Mul", y, g.op("Sigmoid", y))

    def squeeze_excite(g):
        x = g.input((2, 20, 6, 7))
        p = g.op("GlobalAveragePool", x)
        s = g.op("Relu", g.op("Conv", p, g.const((5, 20, 1, 1))))
        s = g.op("Sigmoid", g.op("Conv", s, g.const((20, 5, 1, 1))))
        return g.op("Mul", x, s)

    def concat(g):
        x = g.input((1, 6, 9, 9))
        a = g.op("Conv", x, g.const((5, 6, 3, 3)), pads=[1] * 4)
        b = g.op("Conv", x, g.const((11, 6, 1, 1)))
        return g.op("Conv", g.op("Concat", a, b, x, axis=1),
                    g.const((4, 22, 1, 1)))

    for build in (bn, residual, swish, squeeze_excite, concat):
        yield Case(f"conv {build.__name__}", build)


def conv_transpose():
    for c, o, kernel, stride, pad, more in (
            (3, 5, 2, 2, 0, {}), (16, 8, 2, 2, 0, {}), (4, 17, 3, 2, 1, {}),
            (4, 6, 3, 2, 1, {"output_padding": [1, 1]}), (5, 3, 4, 2, 1, {}),
            (4, 4, 3, 1, 1, {}), (4, 6, 3, 3, 0, {}),
            (4, 6, 3, 1, 0, {"dilations": [2, 2]}), (4, 6, 2, 2, 0, {"group": 2}),
            (6, 9, 3, 2, 1, {"group": 3}), (4, 4, 3, 1, 1, {"group": 4}),
            (3, 2, 3, 2, 0, {"output_shape": [12, 10]})):
        def build(g, c=c, o=o, k=kernel, s=stride, p=pad, more=more):
            group = more.get("group", 1)
            pads = {} if "output_shape" in more else {"pads": [p] * 4}
            return g.op("ConvTranspose", g.input((2, c, 6, 5)),
                        g.const((c, o // group, k, k)), g.const((o,)),
                        strides=[s, s], **pads, **more)
        yield Case(f"conv transpose {c} to {o}, kernel {kernel} stride "
                   f"{stride} pad {pad} {more}", build)


def pool():
    for kind in ("MaxPool", "AveragePool"):
        for shape, kernel, more in (
                ((1, 3, 8, 8), (2, 2), {"strides": [2, 2]}),
                ((1, 17, 9, 7), (3, 3), {"strides": [2, 2], "pads": [1] * 4}),
                ((2, 16, 9, 7), (3, 3), {"strides": [1, 1], "pads": [1] * 4}),
                ((1, 4, 10, 9), (3, 2), {"strides": [2, 3], "pads": [0, 1, 1, 0]}),
                ((1, 4, 10, 9), (3, 3), {"strides": [2, 2], "ceil_mode": 1}),
                ((1, 5, 7, 7), (7, 7), {}), ((1, 1, 5, 5), (1, 1), {}),
                ((1, 4, 9, 9), (3, 3), {"strides": [2, 2],
                                        "auto_pad": "SAME_UPPER"}),
                ((1, 3, 1, 4), (2, 2), {"strides": [2, 2]}),
                ((1, 3, 4, 2), (5, 3), {"strides": [2, 2]}),
                ((1, 3, 2, 9), (5, 3), {"strides": [2, 2], "pads": [0, 1] * 2}),
                ((2, 6, 15), (3,), {"strides": [2], "pads": [1, 1]})):
            yield Case(f"{kind} {shape} {kernel} {more}",
                       lambda g, k=kind, s=shape, w=kernel, m=more: g.op(
                           k, g.input(s), kernel_shape=list(w), **m))
        for more in ({"strides": [2, 2, 1], "pads": [0, 1, 0, 1, 1, 0]},
                     {"ceil_mode": 1, "strides": [1, 2, 2]}):
            yield Case(f"{kind} over three dimensions {more}",
                       lambda g, k=kind, m=more: g.op(
                           k, g.input((2, 3, 5, 6, 7)), kernel_shape=[3, 2, 2],
                           **m))
    yield Case("AveragePool over three dimensions count_include_pad",
               lambda g: g.op("AveragePool", g.input((1, 3, 5, 4, 6)),
                              kernel_shape=[3, 2, 3], count_include_pad=1,
                              pads=[1, 0, 1, 0, 1, 2]))
    yield Case("MaxPool dilated", lambda g: g.op(
        "MaxPool", g.input((1, 4, 11, 12)), kernel_shape=[3, 3],
        dilations=[2, 2], strides=[1, 2]))
    yield Case("AveragePool count_include_pad", lambda g: g.op(
        "AveragePool", g.input((1, 4, 7, 8)), kernel_shape=[3, 3],
        pads=[1] * 4, count_include_pad=1))
    yield Case("AveragePool count_include_pad strided", lambda g: g.op(
        "AveragePool", g.input((1, 4, 7, 8)), kernel_shape=[2, 3],
        pads=[1, 0, 0, 2], strides=[2, 2], count_include_pad=1))
    yield Case("MaxPool of negatives with pads", lambda g: g.op(
        "MaxPool", g.input((1, 4, 5, 5), low=-9.0, high=-1.0),
        kernel_shape=[3, 3], pads=[1] * 4))
    for kind in ("GlobalAveragePool", "GlobalMaxPool"):
        yield Case(kind, lambda g, k=kind: g.op(k, g.input((2, 17, 5, 7))))


def resize():
    def scales(shape, mode, factors, **more):
        return Case(f"resize {mode} {shape} by {factors} {more}",
                    lambda g: g.op("Resize", g.input(shape), "", g.const(
                        data=np.array(factors, np.float32)), mode=mode, **more))

    def sizes(shape, mode, to, **more):
        return Case(f"resize {mode} {shape} to {to} {more}",
                    lambda g: g.op("Resize", g.input(shape), "", "",
                                   g.ints(*to), mode=mode, **more))
    how = "coordinate_transformation_mode"
    for c in (1, 5, 16):
        yield scales((1, c, 5, 6), "nearest", [1, 1, 2, 2],
                     **{how: "asymmetric"}, nearest_mode="floor")
        yield scales((1, c, 5, 6), "linear", [1, 1, 2, 2], **{how: "half_pixel"})
    for mode in ("half_pixel", "align_corners", "asymmetric",
                 "pytorch_half_pixel"):
        yield sizes((2, 3, 5, 6), "linear", [2, 3, 9, 11], **{how: mode})
        yield sizes((1, 3, 9, 8), "linear", [1, 3, 4, 5], **{how: mode})
        yield scales((1, 3, 5, 6), "nearest", [1, 1, 1.6, 2.5], **{how: mode},
                     nearest_mode="round_prefer_floor")
    for mode in ("floor", "ceil", "round_prefer_ceil"):
        yield scales((1, 3, 5, 6), "nearest", [1, 1, 2.5, 0.6],
                     **{how: "half_pixel"}, nearest_mode=mode)
    # Ties whose positions in f32 lie beside them.
    yield sizes((1, 1, 5, 7), "nearest", [1, 1, 9, 4], **{how: "asymmetric"},
                nearest_mode="round_prefer_ceil")
    for mode in ("half_pixel", "asymmetric"):
        yield sizes((1, 1, 29, 30), "nearest", [1, 1, 18, 39], **{how: mode},
                    nearest_mode="round_prefer_floor")
    yield sizes((1, 3, 8, 6), "cubic", [1, 3, 13, 11], **{how: "half_pixel"})
    yield sizes((1, 4, 1, 1), "linear", [1, 4, 6, 5], **{how: "half_pixel"})
    yield scales((1, 2, 9), "linear", [1, 1, 2], **{how: "half_pixel"})


FAMILIES = {"conv": conv, "conv grouped": conv_grouped,
            "conv depthwise": conv_depthwise, "conv 1d 3d": conv_1d_3d,
            "conv fused": conv_fused, "conv transpose": conv_transpose,
            "pool": pool, "resize": resize}
