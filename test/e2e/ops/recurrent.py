# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""LSTM, GRU and RNN layers, attention, control flow."""
import itertools

import numpy as np
import onnx
from onnx import TensorProto, helper

from case import Case

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


def layers():
    for kind in GATES:
        for direction, size, batch, steps in (
                ("forward", 5, 1, 1), ("forward", 16, 3, 7),
                ("reverse", 17, 2, 5), ("bidirectional", 5, 3, 7),
                ("bidirectional", 33, 1, 4), ("forward", 1, 1, 3)):
            yield layer(kind, direction, size, batch, steps)
        yield layer(kind, "forward", 8, 2, 5, state=True)
        yield layer(kind, "bidirectional", 8, 2, 5, state=True, bias=False)
        yield layer(kind, "bidirectional", 6, 3, 5, lengths=[5, 2, 3])
        # Of no step at all the last state is the initial one here, and zero in
        # onnxruntime; ONNX does not say.
        yield layer(kind, "reverse", 17, 3, 4, state=True, lengths=[2, 4, 1])
    yield layer("LSTM", "bidirectional", 6, 3, 5, state=True, peephole=True)
    for direction in ("forward", "bidirectional"):
        yield layer("GRU", direction, 9, 2, 4, linear_before_reset=1)
        yield layer("GRU", direction, 9, 2, 4, linear_before_reset=1,
                    state=True)


def layer(kind, direction, size, batch, steps, state=False, bias=True,
          lengths=None, peephole=False, **more):
    ways = 2 if direction == "bidirectional" else 1
    gates, width = GATES[kind], 7

    def build(g):
        x = g.input((steps, batch, width))
        w = g.const((ways, gates * size, width), low=-0.5, high=0.5)
        r = g.const((ways, gates * size, size), low=-0.5, high=0.5)
        b = g.const((ways, 2 * gates * size)) if bias else ""
        n = g.const(data=np.array(lengths, np.int32)) if lengths else ""
        rest = [g.input((ways, batch, size))] if state else []
        if state and kind == "LSTM":
            rest.append(g.input((ways, batch, size)))
        if peephole:
            rest.append(g.const((ways, 3 * size)))
        return g.op(kind, x, w, r, b, n, *rest, hidden_size=size,
                    direction=direction, results=3 if kind == "LSTM" else 2,
                    **more)
    name = (f"{kind} {direction} size {size} batch {batch} steps {steps}"
            f"{' state' if state else ''}{' no bias' if not bias else ''}"
            f"{f' lengths {lengths}' if lengths else ''}"
            f"{' peephole' if peephole else ''} "
            + " ".join(f"{k}={v}" for k, v in more.items()))
    return Case(name.rstrip(), build)


def attention():
    for (n, m, d), mask, heads in itertools.product(
            ((1, 1, 8), (7, 7, 16), (17, 33, 17), (64, 64, 64), (65, 3, 32), (5, 0, 8)),
            ("none", "additive", "where"), (1, 3)):
        if heads == 1 and mask == "where":
            continue

        def build(g, n=n, m=m, d=d, mask=mask, heads=heads):
            q = g.input((2, heads, n, d))
            k, v = g.input((2, heads, m, d)), g.input((2, heads, m, d))
            s = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))
            s = g.op("Mul", s, g.const(data=np.array(d ** -0.5, np.float32)))
            if mask == "additive":
                s = g.op("Add", s, g.input((2, 1, 1, m)))
            if mask == "where":
                keep = np.ones((2, 1, n, m), np.bool_)
                keep[..., m - m // 3:] = False
                s = g.op("Where", g.input(data=keep), s, g.const(
                    data=np.array(-3.4e38, np.float32)))
            return g.op("MatMul", g.op("Softmax", s, axis=-1), v)

        yield Case(f"attention {n}x{m} width {d} heads {heads} mask {mask}",
                   build)

    def split_heads(g):
        x = g.input((2, 9, 24))
        parts = []
        for _ in range(3):
            y = g.op("Add", g.op("MatMul", x, g.const((24, 24))),
                     g.const((24,)))
            y = g.op("Reshape", y, g.ints(2, 9, 3, 8))
            parts.append(g.op("Transpose", y, perm=[0, 2, 1, 3]))
        q, k, v = parts
        s = g.op("MatMul", q, g.op("Transpose", k, perm=[0, 1, 3, 2]))
        s = g.op("Div", s, g.const(data=np.array(8 ** 0.5, np.float32)))
        o = g.op("MatMul", g.op("Softmax", s, axis=-1), v)
        o = g.op("Reshape", g.op("Transpose", o, perm=[0, 2, 1, 3]),
                 g.ints(2, 9, 24))
        return g.op("MatMul", o, g.const((24, 24)))
    yield Case("attention with projections", split_heads)
    for causal in (0, 1):
        yield Case(f"Attention op causal={causal}", lambda g, c=causal: g.op(
            "Attention", g.input((2, 3, 9, 16)), g.input((2, 3, 9, 16)),
            g.input((2, 3, 9, 16)), is_causal=c), opset=23)
    yield Case("Attention op of rank 3", lambda g: g.op(
        "Attention", g.input((2, 9, 96)), g.input((2, 11, 32)),
        g.input((2, 11, 32)), q_num_heads=6, kv_num_heads=2), opset=23)
    yield Case("Attention op with grouped heads", lambda g: g.op(
        "Attention", g.input((2, 6, 9, 16)), g.input((2, 2, 11, 16)),
        g.input((2, 2, 11, 16))), opset=23)


def body(name, nodes, inputs, outputs, constants=()):
    def info(n, t, s):
        return helper.make_tensor_value_info(n, t, s)
    return helper.make_graph(nodes, name, [info(*i) for i in inputs],
                             [info(*o) for o in outputs], list(constants))


def control():
    for flag in (False, True):
        def build(g, flag=flag):
            x = g.input((3, 4))
            condition = g.input(data=np.array(flag))
            then = body("then", [helper.make_node("Relu", [x], [g.prefix + "a"])],
                        [], [(g.prefix + "a", TensorProto.FLOAT, None)])
            other = body("else", [helper.make_node("Neg", [x], [g.prefix + "b"])],
                         [], [(g.prefix + "b", TensorProto.FLOAT, None)])
            return g.op("If", condition, then_branch=then, else_branch=other)
        yield Case(f"If {flag}", build)

    def loop(g, trips):
        p = g.prefix
        start = g.input((2, 3))
        w = g.const((2, 3))
        flag = onnx.numpy_helper.from_array(np.array(True), p + "go")
        inner = body("body", [
            helper.make_node("Identity", [p + "cond"], [p + "cond_out"]),
            helper.make_node("Add", [p + "state", w], [p + "sum"]),
            helper.make_node("Tanh", [p + "sum"], [p + "next"]),
            helper.make_node("Neg", [p + "next"], [p + "row"])],
            [(p + "i", TensorProto.INT64, []), (p + "cond", TensorProto.BOOL, []),
             (p + "state", TensorProto.FLOAT, [2, 3])],
            [(p + "cond_out", TensorProto.BOOL, []),
             (p + "next", TensorProto.FLOAT, [2, 3]),
             (p + "row", TensorProto.FLOAT, [2, 3])])
        g.constants.append(flag)
        count = g.input(data=np.array(trips, np.int64))
        return g.op("Loop", count, p + "go", start, body=inner, results=2)
    for trips in (1, 5, 0):
        yield Case(f"Loop of {trips} trips", lambda g, t=trips: loop(g, t))
    for trips in (0, 1, 2, 40):
        yield Case(f"Loop that appends {trips} rows",
                   lambda g, t=trips: appending_loop(g, t))
    # The condition ends these, before the count or without one.
    yield Case("Loop that appends until a condition",
               lambda g: appending_loop(g, 40, until=7))
    yield Case("Loop that appends without a count",
               lambda g: appending_loop(g, None, until=5))
    yield Case("Loop that appends in a branch",
               lambda g: appending_loop(g, 6, inner=True))
    yield Case("Loop of two that grow and trade places", trading_loop)
    yield Case("Loop that drops rows", shrinking_loop)
    yield Case("Loop in a loop that appends", nested_loop)


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def boolean(g, flag):
    return g.const(data=np.array(flag))


def loop_body(p, nodes, carried, results, scans=()):
    """A body with the iteration's number p+i and the condition p+go, which it
    gives as p+go_out; carried values and scan outputs have open dims."""
    def open_dims(n):
        return value(n, [f"{n}_0", f"{n}_1"])
    return helper.make_graph(
        nodes, "body", [value(p + "i", [], TensorProto.INT64),
                        value(p + "go", [], TensorProto.BOOL),
                        *map(open_dims, carried)],
        [value(p + "go_out", [], TensorProto.BOOL),
         *map(open_dims, [*results, *scans])])


def appending_loop(g, trips, until=None, inner=False):
    """As exporters write the generation of tokens: a row that depends on all
    rows so far is appended in every iteration, and collected as well."""
    p = g.prefix
    start, axis = g.input((2, 5)), g.ints(0)
    nodes = [helper.make_node("ReduceSum", [p + "all", axis], [p + "sum"]),
             helper.make_node("Tanh", [p + "sum"], [p + "row"]),
             helper.make_node("Concat", [p + "all", p + "row"], [p + "next"],
                              axis=0)]
    if until is None:
        nodes.append(helper.make_node("Identity", [p + "go"], [p + "go_out"]))
    else:
        nodes.append(helper.make_node(
            "Less", [p + "i", g.const(data=np.array(until, np.int64))],
            [p + "go_out"]))
    inner_body = loop_body(p, nodes, [p + "all"], [p + "next"], [p + "row"])
    count = g.input(data=np.array(trips, np.int64)) if trips is not None else ""
    operands = [count, boolean(g, True), start]
    if not inner:
        results = g.op("Loop", *operands, body=inner_body, results=2)
        # ONNX does not say how long the rows are of which there are none.
        return results if trips != 0 else results[0]
    # The loop runs in one branch, and the value stays in the other.
    then = helper.make_graph(
        [helper.make_node("Loop", operands, [p + "y", p + "z"],
                          name=p + "loop", body=inner_body)], "then", [],
        [value(p + "y", ["a", "b"])])
    other = helper.make_graph(
        [helper.make_node("Neg", [start], [p + "n"])], "else", [],
        [value(p + "n", ["a", "b"])])
    return [g.op("If", g.input(data=np.array(flag)), then_branch=rename(
        then, f"{flag}"), else_branch=rename(other, f"{flag}"))
            for flag in (True, False)]


def rename(graph, suffix):
    """A copy whose results have names of their own."""
    copy = onnx.GraphProto()
    copy.CopyFrom(graph)
    names = {o.name for o in graph.output}
    for output in copy.output:
        output.name += suffix
    for node in copy.node:
        for i, name in enumerate(node.output):
            if name in names:
                node.output[i] = name + suffix
    return copy


def trading_loop(g):
    """a, b = b, concat(a, b): sizes as Fibonacci's numbers."""
    p = g.prefix
    nodes = [helper.make_node("Identity", [p + "go"], [p + "go_out"]),
             helper.make_node("Concat", [p + "a", p + "b"], [p + "c"], axis=0),
             helper.make_node("Neg", [p + "b"], [p + "d"]),
             helper.make_node("Identity", [p + "b"], [p + "e"])]
    body = loop_body(p, nodes, [p + "a", p + "b", p + "f"],
                     [p + "e", p + "c", p + "d"])
    return g.op("Loop", g.input(data=np.array(9, np.int64)), boolean(g, True),
                g.input((1, 4)), g.input((2, 4)), g.input((1, 4)), body=body,
                results=3)


def shrinking_loop(g):
    p = g.prefix
    nodes = [helper.make_node("Identity", [p + "go"], [p + "go_out"]),
             helper.make_node("Slice", [p + "a", g.ints(1), g.ints(100),
                                        g.ints(0)], [p + "b"])]
    body = loop_body(p, nodes, [p + "a"], [p + "b"])
    return g.op("Loop", g.input(data=np.array(4, np.int64)), boolean(g, True),
                g.input((9, 5)), body=body)


def nested_loop(g):
    """The inner loop appends i rows in iteration i of the outer one."""
    p = g.prefix
    inner = loop_body(p + "n", [
        helper.make_node("Identity", [p + "ngo"], [p + "ngo_out"]),
        helper.make_node("ReduceSum", [p + "nall", g.ints(0)], [p + "nsum"]),
        helper.make_node("Sin", [p + "nsum"], [p + "nrow"]),
        helper.make_node("Concat", [p + "nall", p + "nrow"], [p + "nnext"],
                         axis=0)], [p + "nall"], [p + "nnext"])
    nodes = [helper.make_node("Identity", [p + "go"], [p + "go_out"]),
             helper.make_node("Loop", [p + "i", p + "go", p + "a"],
                              [p + "b"], body=inner)]
    body = loop_body(p, nodes, [p + "a"], [p + "b"])
    return g.op("Loop", g.input(data=np.array(5, np.int64)), boolean(g, True),
                g.input((2, 5)), body=body)


def around_layers():
    """What may not join a recurrence's kernel, and weights as inputs."""
    for kind, gates in (("LSTM", 4), ("GRU", 3), ("RNN", 1)):
        def build(g, kind=kind, gates=gates, weights="const"):
            make = getattr(g, weights)
            y = g.op(kind, g.input((5, 2, 4), keep=(2,)),
                     make((1, 3 * gates, 4)), make((1, 3 * gates, 3)),
                     hidden_size=3)
            return [g.op("Relu", y),
                    g.op("Tanh", g.op("Squeeze", y, g.ints(1)))]
        yield Case(f"{kind}, relu, squeeze, tanh", build)
        yield Case(f"{kind} with weights as inputs",
                   lambda g, b=build: b(g, weights="input"))


FAMILIES = {"recurrent layers": lambda: [*layers(), *around_layers()], "attention": attention,
            "control flow": control}
