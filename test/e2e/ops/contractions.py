# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Matrix products over ragged sizes."""
import itertools

import numpy as np

from case import Case

SIZES = [1, 2, 3, 5, 7, 16, 17, 31, 64, 100]


def ragged():
    """Each size in each place beside middling ones, and mixed draws."""
    picks = set()
    for n in SIZES:
        picks |= {(n, 17, 31), (7, n, 31), (7, 17, n), (1, n, 64), (n, 1, 5)}
    every = list(itertools.product(SIZES, repeat=3))
    rng = np.random.default_rng(7)
    for index in rng.choice(len(every), 40, replace=False):
        picks.add(every[index])
    return sorted(picks)


def matmul(a, b):
    return [np.matmul(a, b)]


def constant_weights():
    for m, n, k in ragged():
        yield Case(f"matmul {m}x{k} by constant {k}x{n}",
                   lambda g, m=m, n=n, k=k: g.op(
                       "MatMul", g.input((m, k)), g.const((k, n))), matmul)


def two_inputs():
    shapes = [((3, 5), (5, 7)), ((17, 31), (31, 33)), ((1, 64), (64, 1)),
              ((2, 3, 5, 7), (2, 3, 7, 9)), ((2, 1, 5, 7), (3, 7, 17)),
              ((4, 17, 3), (3, 16)), ((6, 8), (2, 8, 5)), ((7,), (7, 9)),
              ((9, 7), (7,)), ((5,), (5,)), ((2, 3, 7), (7,)),
              ((1, 12, 33, 64), (1, 12, 64, 33)), ((2, 4, 1, 16), (2, 4, 16, 40))]
    for a, b in shapes:
        yield Case(f"matmul {a} by {b}",
                   lambda g, a=a, b=b: g.op("MatMul", g.input(a), g.input(b)),
                   matmul)
    for a, b in shapes[:6]:
        if len(b) > 1 and len(a) > 1:
            yield Case(f"matmul {a} by constant {b}",
                       lambda g, a=a, b=b: g.op("MatMul", g.input(a),
                                                g.const(b)), matmul)


def gemm():
    forms = [(ta, tb, bias) for ta in (0, 1) for tb in (0, 1)
             for bias in ((), (17,), (1, 17), (5, 1), (5, 17), None)]
    for ta, tb, bias in forms:
        for alpha, beta in ((1.0, 1.0), (0.5, -2.0)):
            if alpha != 1.0 and bias not in ((17,), None):
                continue

            def build(g, ta=ta, tb=tb, bias=bias, alpha=alpha, beta=beta):
                a = g.input((31, 5) if ta else (5, 31))
                b = g.const((17, 31) if tb else (31, 17))
                c = [g.const(bias)] if bias is not None else []
                return g.op("Gemm", a, b, *c, transA=ta, transB=tb,
                            alpha=alpha, beta=beta)

            def answer(a, b, c=0.0, ta=ta, tb=tb, alpha=alpha, beta=beta):
                return [alpha * (a.T if ta else a) @ (b.T if tb else b)
                        + beta * np.asarray(c)]

            yield Case(f"gemm transA={ta} transB={tb} bias={bias} "
                       f"alpha={alpha}", build, answer)


def with_neighbours():
    """What fusion meets: bias, activation, residual, transposes around."""
    def bias_relu(g):
        return g.op("Relu", g.op("Add", g.op(
            "MatMul", g.input((7, 33)), g.const((33, 40))), g.const((40,))))

    def residual(g):
        x = g.input((2, 9, 24))
        y = g.op("MatMul", x, g.const((24, 24)))
        return g.op("Add", g.op("Add", y, g.const((24,))), x)

    def two_users(g):
        y = g.op("MatMul", g.input((6, 10)), g.const((10, 20)))
        return [g.op("Sigmoid", y), g.op("Mul", y, y)]

    def transposed_weight(g):
        w = g.op("Transpose", g.const((19, 33)), perm=[1, 0])
        return g.op("MatMul", g.input((5, 33)), w)

    def transposed_input(g):
        x = g.op("Transpose", g.input((3, 8, 12)), perm=[0, 2, 1])
        return g.op("MatMul", x, g.const((8, 18)))

    def chain(g):
        x = g.input((13, 48))
        for k, n in ((48, 20), (20, 64), (64, 7)):
            w = g.const((k, n), low=-0.2, high=0.2)
            x = g.op("Tanh", g.op("MatMul", x, w))
        return x

    def same_input(g):
        x = g.input((11, 32))
        return [g.op("MatMul", x, g.const((32, n))) for n in (8, 24, 31)]

    for build in (bias_relu, residual, two_users, transposed_weight,
                  transposed_input, chain, same_input):
        yield Case(f"matmul {build.__name__.replace('_', ' ')}", build)


def einsum():
    for text, shapes in (("bij,bjk->bik", ((2, 3, 5), (2, 5, 7))),
                         ("bhqd,bhkd->bhqk", ((1, 2, 5, 8), (1, 2, 9, 8))),
                         ("ij,jk->ki", ((4, 6), (6, 3)))):
        yield Case(f"einsum {text}", lambda g, t=text, s=shapes: g.op(
            "Einsum", g.input(s[0]), g.input(s[1]), equation=t))


def prologues():
    """Maps that nothing before the product can take."""
    for m, k, n in ((8, 16, 16), (9, 7, 33), (63, 64, 16), (130, 33, 70),
                    (17, 1, 5), (300, 100, 9), (1, 64, 100), (5, 20, 40)):
        def gate(g, m=m, k=k, n=n):
            x = g.op("Mul", g.input((2, m, k), keep=(2,)),
                     g.input((1, 1, k), keep=(0, 1, 2)))
            return g.op("MatMul", x, g.const((k, n)))
        yield Case(f"gate, product {m}x{k}x{n}", gate)

        def chain(g, m=m, k=k, n=n):
            x = g.op("Sigmoid", g.op("Add", g.input((m, k), keep=(1,)),
                                     g.input((m, 1), keep=(1,))))
            y = g.op("MatMul", x, g.const((k, n)))
            return g.op("Relu", g.op("Add", y, g.const((n,))))
        yield Case(f"sum, sigmoid, product, bias, relu {m}x{k}x{n}", chain)

        def both(g, m=m, k=k, n=n):
            x = g.op("Mul", g.input((3, m, k)), g.input((3, 1, k)))
            return g.op("MatMul", x, g.input((3, k, n)))
        yield Case(f"gate, product of activations {m}x{k}x{n}", both)


FAMILIES = {"matmul prologue": prologues,
            "matmul constant": constant_weights, "matmul": two_inputs,
            "gemm": gemm, "matmul fused": with_neighbours, "einsum": einsum}
