# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Maps: special values, broadcasts, types."""
import numpy as np

from case import Case

NAN, INF = np.nan, np.inf
# Special values, ends of exponentials, and numbers around zero and one.
SPECIAL = np.array([0.0, -0.0, 1, -1, 0.5, -0.5, 2.5, -2.5, 3.5, 1e-6, -1e-6,
                    1e-30, 10, -10, 30, -30, 88, -88, 104, -104, 1e6, -1e6,
                    NAN, INF, -INF, 3.4e38, -3.4e38], np.float32)
TAME = np.concatenate([np.linspace(-9, 9, 83), [0.0, -0.0, 1e-7, -1e-7]]
                      ).astype(np.float32)
UNARY = {
    "Abs": SPECIAL, "Neg": SPECIAL, "Relu": SPECIAL, "Ceil": SPECIAL,
    "Floor": SPECIAL, "Round": SPECIAL, "Sign": SPECIAL, "Exp": SPECIAL,
    "Sigmoid": SPECIAL, "Tanh": SPECIAL, "Erf": SPECIAL, "Sqrt": SPECIAL,
    "Log": SPECIAL, "Reciprocal": SPECIAL, "LeakyRelu": SPECIAL,
    "HardSigmoid": SPECIAL, "HardSwish": TAME, "Softplus": TAME,
    "Softsign": TAME, "Elu": TAME, "Selu": TAME, "Celu": TAME, "Mish": TAME,
    "ThresholdedRelu": TAME, "Sin": TAME, "Cos": TAME, "Tan": TAME / 7,
    "Asin": TAME / 10, "Acos": TAME / 10, "Atan": SPECIAL, "Sinh": TAME,
    "Cosh": TAME, "Asinh": TAME, "Acosh": np.abs(TAME) + 1,
    "Atanh": TAME / 10,
}


def unary():
    for kind, data in UNARY.items():
        opset = 18 if kind == "Mish" else 17
        yield Case(f"{kind}", lambda g, k=kind, d=data: g.op(
            k, g.input(data=d.astype(np.float32))), opset=opset)
    for kind in ("IsNaN", "IsInf"):
        yield Case(kind, lambda g, k=kind: g.op(k, g.input(data=SPECIAL)))
    yield Case("LeakyRelu alpha", lambda g: g.op(
        "LeakyRelu", g.input((3, 5)), alpha=0.2))
    yield Case("HardSigmoid alpha beta", lambda g: g.op(
        "HardSigmoid", g.input((3, 50)), alpha=0.17, beta=0.4))
    yield Case("Elu alpha", lambda g: g.op("Elu", g.input((3, 50)), alpha=0.3))
    for how in ("none", "tanh"):
        yield Case(f"Gelu {how}", lambda g, h=how: g.op(
            "Gelu", g.input(data=TAME), approximate=h), opset=20)
    yield Case("Abs of int64", lambda g: g.op("Abs", g.input(
        (4, 5), dtype=np.int64)))
    yield Case("Not", lambda g: g.op("Not", g.input((7,), dtype=np.bool_)))


def clip():
    for low, high in ((0.0, 6.0), (-1.0, None), (None, 0.5), (None, None)):
        def build(g, low=low, high=high):
            ends = [g.const(data=np.array(v, np.float32))
                    if v is not None else "" for v in (low, high)]
            # Whether an open end turns infinity into the largest number is
            # read both ways; finite values only.
            data = SPECIAL[~np.isinf(SPECIAL)] if None in (low, high) \
                else SPECIAL
            return g.op("Clip", g.input(data=data), *ends)
        yield Case(f"Clip {low} {high}", build)
    yield Case("Clip of int64", lambda g: g.op(
        "Clip", g.input((9,), dtype=np.int64),
        g.const(data=np.array(-2, np.int64)),
        g.const(data=np.array(3, np.int64))))


BROADCASTS = [((3, 5), (3, 5)), ((3, 5), (5,)), ((3, 5), ()), ((), (3, 5)),
              ((3, 1), (1, 5)), ((2, 3, 4), (3, 1)), ((1,), (7,)),
              ((2, 1, 17), (1, 33, 17)), ((4, 1, 1), (4, 9, 16)), ((), ()),
              ((1, 8, 1, 1), (2, 8, 5, 3)), ((2, 3, 4, 5, 2), (4, 1, 2))]


def binary():
    for kind in ("Add", "Sub", "Mul", "Div"):
        for a, b in BROADCASTS:
            yield Case(f"{kind} {a} {b}", lambda g, k=kind, a=a, b=b: g.op(
                k, g.input(a), g.input(b)))
        yield Case(f"{kind} by constant", lambda g, k=kind: g.op(
            k, g.input((2, 5, 3)), g.const((5, 1))))
        pairs = np.array([(x, y) for x in SPECIAL[::2] for y in SPECIAL[1::2]
                          ], np.float32)
        yield Case(f"{kind} of special values", lambda g, k=kind, p=pairs:
                   g.op(k, g.input(data=p[:, 0]), g.input(data=p[:, 1])))
        yield Case(f"{kind} of int64", lambda g, k=kind: g.op(
            k, g.input((4, 5), dtype=np.int64),
            g.input((5,), dtype=np.int64, low=1, high=9)))
        yield Case(f"{kind} of int32", lambda g, k=kind: g.op(
            k, g.input((4, 5), dtype=np.int32),
            g.input((5,), dtype=np.int32, low=1, high=9)))
    for kind in ("Min", "Max"):
        yield Case(kind, lambda g, k=kind: g.op(
            k, g.input((3, 5)), g.input((5,)), g.input((3, 1))))
        yield Case(f"{kind} with NaN", lambda g, k=kind: g.op(
            k, g.input(data=SPECIAL), g.input(data=SPECIAL[::-1].copy())))
    for kind in ("Sum", "Mean"):
        yield Case(kind, lambda g, k=kind: g.op(
            k, g.input((3, 5)), g.input((5,)), g.input((3, 1))))
    yield Case("Pow", lambda g: g.op("Pow", g.input(
        (5, 9), low=0.1, high=3.0), g.input((9,), low=-2.0, high=2.0)))
    for power in (0.5, 2.0, 3.0, -1.0, -0.5):
        yield Case(f"Pow {power}", lambda g, p=power: g.op(
            "Pow", g.input((3, 7), low=0.2, high=4.0),
            g.const(data=np.array(p, np.float32))))
    yield Case("Pow 2 of negatives", lambda g: g.op(
        "Pow", g.input((3, 7)), g.const(data=np.array(2, np.float32))))
    yield Case("PRelu", lambda g: g.op("PRelu", g.input((2, 6, 3, 4)),
                                       g.const((6, 1, 1))))
    for mode in (0, 1):
        yield Case(f"Mod fmod={mode} of int64", lambda g, m=mode: g.op(
            "Mod", g.input((4, 9), dtype=np.int64),
            g.input((9,), dtype=np.int64, low=1, high=5), fmod=m))
    yield Case("Mod of floats", lambda g: g.op("Mod", g.input(
        (4, 9)), g.input((9,), low=0.5, high=3.0), fmod=1))


def compare():
    for kind in ("Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual"):
        yield Case(kind, lambda g, k=kind: g.op(
            k, g.input(data=SPECIAL), g.input(data=np.roll(SPECIAL, 3))))
        yield Case(f"{kind} of int64", lambda g, k=kind: g.op(
            k, g.input((5, 7), dtype=np.int64), g.input((7,), dtype=np.int64)))
    for kind in ("And", "Or", "Xor"):
        yield Case(kind, lambda g, k=kind: g.op(
            k, g.input((5, 7), dtype=np.bool_), g.input((7,), dtype=np.bool_)))
    for c, a, b in (((3, 5), (3, 5), (3, 5)), ((3, 1), (5,), ()),
                    ((2, 1, 4), (3, 1), (1, 3, 4))):
        yield Case(f"Where {c} {a} {b}", lambda g, c=c, a=a, b=b: g.op(
            "Where", g.input(c, dtype=np.bool_), g.input(a), g.input(b)))
    yield Case("Where of int64", lambda g: g.op(
        "Where", g.input((6,), dtype=np.bool_), g.input((6,), dtype=np.int64),
        g.input((6,), dtype=np.int64)))


CAST = {1: np.float32, 11: np.float64, 6: np.int32, 7: np.int64, 9: np.bool_,
        2: np.uint8, 3: np.int8, 10: np.float16}


def cast():
    values = np.array([0, 1, -1, 2.7, -2.7, 100.5, 3], np.float64)
    for source, have in CAST.items():
        for target, want in CAST.items():
            if source == target:
                continue
            data = values
            if have == np.uint8 or want == np.uint8:
                data = np.abs(values)   # out-of-range casts are undefined
            yield Case(f"Cast {np.dtype(have)} to {np.dtype(want)}",
                       lambda g, d=data.astype(have), t=target: g.op(
                           "Cast", g.input(data=d), to=t))


def chains():
    """Long chains of maps become one kernel; their edges are what breaks."""
    def long(g):
        x = g.input((3, 17))
        y = g.op("Add", g.op("Mul", x, g.const((17,))), g.const((3, 1)))
        y = g.op("Sigmoid", g.op("Sub", y, g.op("Tanh", x)))
        return g.op("Div", y, g.op("Add", g.op("Exp", x), g.const(
            data=np.array(1.5, np.float32))))

    def many_users(g):
        x = g.op("Relu", g.input((5, 9)))
        return [g.op("Exp", g.op("Neg", x)), g.op("Add", x, x), x]

    def through_reduce(g):
        x = g.op("Exp", g.input((7, 33)))
        return g.op("Sqrt", g.op("ReduceSum", g.op("Mul", x, x), g.ints(1)))

    def through_reshape(g):
        x = g.op("Relu", g.input((6, 8)))
        y = g.op("Reshape", x, g.ints(3, 16))
        return g.op("Add", y, g.const((16,)))

    def input_is_output(g):
        return g.op("Identity", g.input((3, 4)))
    for build in (long, many_users, through_reduce, through_reshape,
                  input_is_output):
        yield Case(build.__name__.replace("_", " "), build)


FAMILIES = {"unary": unary, "clip": clip, "binary": binary, "compare": compare,
            "cast": cast, "map chains": chains}
