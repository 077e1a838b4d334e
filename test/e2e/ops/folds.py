# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the exact folds rewrite: affine maps and norms around convolutions and
products, parallel branches, pads."""
from case import Case


def conv(g, x, c, m, k=1, groups=1, bias=True, **attributes):
    w = g.const((m, c // groups, k, k))
    return g.op("Conv", x, w, g.const((m,)) if bias else None,
                group=groups, **attributes)


def norm(g, x, c):
    return g.op("BatchNormalization", x, g.const((c,)), g.const((c,)),
                g.const((c,)), g.const((c,), low=0.5, high=2), epsilon=1e-3)


def affine_after():
    for kind in ("Add", "Sub", "Mul", "Div"):
        for shape in ((8, 1, 1), (1, 8, 1, 1), (1,), ()):
            def build(g, kind=kind, shape=shape):
                y = conv(g, g.input((2, 6, 5, 7), keep=(1,)), 6, 8, 3,
                         groups=2, pads=[1, 1, 1, 1])
                return g.op(kind, y, g.const(shape, low=0.5, high=2))
            yield Case(f"conv, {kind} {shape}", build)
    yield Case("conv without bias, norm", lambda g: norm(g, conv(
        g, g.input((2, 6, 5, 7), keep=(1,)), 6, 8, bias=False), 8))
    yield Case("transposed conv, norm", lambda g: norm(g, g.op(
        "ConvTranspose", g.input((1, 4, 5, 3), keep=(1,)),
        g.const((4, 6, 2, 2)), strides=[2, 2]), 6))
    yield Case("constant less conv", lambda g: g.op(
        "Sub", g.const((8, 1, 1)),
        conv(g, g.input((1, 4, 3, 3), keep=(1,)), 4, 8)))
    yield Case("conv read twice", lambda g: (lambda y: g.op(
        "Add", g.op("Mul", y, g.const((8, 1, 1))), y))(
            conv(g, g.input((1, 4, 3, 3), keep=(1,)), 4, 8)))


def affine_before():
    for kind in ("Add", "Sub", "Mul", "Div"):
        for pads in ([0, 0, 0, 0], [1, 0, 1, 2]):
            for shape in ((6, 1, 1), (1,)):
                def build(g, kind=kind, pads=pads, shape=shape):
                    x = g.op(kind, g.input((2, 6, 5, 7), keep=(1,)),
                             g.const(shape, low=0.5, high=2))
                    return conv(g, x, 6, 8, 3, groups=2, pads=pads)
                yield Case(f"{kind} {shape}, conv with pads {pads}", build)
    yield Case("norm, pad, conv", lambda g: conv(g, g.op(
        "Pad", norm(g, g.input((1, 4, 5, 6), keep=(1,)), 4),
        g.ints(0, 0, 1, 1, 0, 0, 1, 2)), 4, 5, 3))
    yield Case("scale, pad with ones, conv", lambda g: conv(g, g.op(
        "Pad", g.op("Mul", g.input((1, 4, 5, 6), keep=(1,)),
                    g.const((4, 1, 1))),
        g.ints(0, 0, 1, 1, 0, 0, 1, 2), g.const((), low=1, high=2)), 4, 5, 3))


def around_products():
    for kind in ("Mul", "Div"):
        for shape in ((9,), (1, 9), ()):
            def after(g, kind=kind, shape=shape):
                y = g.op("MatMul", g.input((3, 5, 7), keep=(2,)),
                         g.const((7, 9)))
                y = g.op("Add", y, g.const((9,)))
                return g.op(kind, y, g.const(shape, low=0.5, high=2))
            yield Case(f"product, bias, {kind} {shape}", after)
        for shape in ((7,), (1, 1, 7), ()):
            def before(g, kind=kind, shape=shape):
                x = g.op(kind, g.input((3, 5, 7), keep=(2,)),
                         g.const(shape, low=0.5, high=2))
                return g.op("MatMul", x, g.const((7, 9)))
            yield Case(f"{kind} {shape}, product", before)
    yield Case("product, scale per row", lambda g: g.op(
        "Mul", g.op("MatMul", g.input((5, 7), keep=(0, 1)), g.const((7, 9))),
        g.const((5, 1))))
    yield Case("gemm, norm", lambda g: norm(g, g.op(
        "Gemm", g.input((5, 7), keep=(1,)), g.const((7, 9)),
        g.const((9,))), 9))


def branches():
    def repvgg(g):
        x = g.input((1, 8, 9, 7), keep=(1,))
        wide = norm(g, conv(g, x, 8, 8, 3, pads=[1, 1, 1, 1]), 8)
        narrow = norm(g, conv(g, x, 8, 8), 8)
        return norm(g, g.op("Add", g.op("Add", wide, narrow), norm(g, x, 8)), 8)
    yield Case("three branches and a norm", repvgg)


def shared_weights():
    def almost_equal(g):
        # The first two share a place; the third differs where no sample of a
        # content's key looks.
        w = g.draw((70, 70))
        other = w.copy()
        other.flat[1650] += 1
        x = g.input((3, 70), keep=(1,))
        return [g.op("MatMul", x, g.const(data=d)) for d in (w, w, other)]
    yield Case("equal weights and one almost equal", almost_equal)


FAMILIES = {"folds": lambda: [*affine_after(), *affine_before(),
                              *around_products(), *branches(),
                              *shared_weights()]}
