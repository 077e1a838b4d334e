# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One program of many small computations over open sizes. Sizes that fit give
onnxruntime's results; those that do not are refused before anything runs, by
an error that names the node."""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import agreement

F32, I64 = TensorProto.FLOAT, TensorProto.INT64


class Model:
    def __init__(self):
        self.nodes, self.inputs, self.outputs, self.constants = [], [], [], []
        self.feeds, self.declared = {}, {}

    def input(self, name, value, kind=F32, dims=None):
        dims = dims or [f"{name}_{i}" for i in range(value.ndim)]
        self.inputs.append(helper.make_tensor_value_info(name, kind, dims))
        self.feeds[name] = value
        return name

    def const(self, value):
        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, name, kind, *operands, results=1, **attributes):
        names = [f"{name}_{i}" for i in range(results)]
        self.nodes.append(helper.make_node(kind, operands, names, name=name,
                                           **attributes))
        for result in names:
            self.outputs.append(result)
        return names[0]

    def proto(self):
        outputs = [helper.make_tensor_value_info(n, F32, self.declared[n])
                   if n in self.declared
                   else helper.make_empty_tensor_value_info(n)
                   for n in self.outputs]
        graph = helper.make_graph(self.nodes, "sizes", self.inputs, outputs,
                                  self.constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)])
        model.ir_version = 8
        return model


def ramp(*shape):
    count = int(np.prod(shape))
    return np.linspace(-1, 1, count, dtype=np.float32).reshape(shape)


def build():
    m = Model()
    m.node("product", "MatMul", m.input("a", ramp(2, 4)), m.const(ramp(4, 5)))
    m.node("sum", "Add", m.input("b", ramp(3)), m.const(ramp(3)))
    m.node("open_sum", "Add", m.input("c", ramp(2, 4)), m.input("d", ramp(4)))
    m.node("window", "Conv", m.input("e", ramp(1, 1, 6, 7)),
           m.const(ramp(2, 1, 5, 5)))
    m.node("rest", "Slice", m.input("f", ramp(5)), m.const([2]),
           m.const([2**63 - 1]))
    m.node("rows", "Reshape", m.input("g", ramp(8)), m.const([-1, 4]))
    m.node("joined", "Concat", m.input("h", ramp(2, 3)),
           m.input("i", ramp(4, 3)), axis=0)
    m.node("parts", "Split", m.input("j", ramp(5)), m.const([2, 3]), results=2)
    m.node("picked", "Gather", m.input("k", ramp(3, 2)), m.const([0, -1, 1]))
    m.node("norm", "LayerNormalization", m.input("l", ramp(2, 8)),
           m.const(ramp(8)), m.const(ramp(8)))
    m.node("grown", "Expand", m.input("n", ramp(3)), m.input(
        "n_shape", np.array([2, 3]), I64, [2]))
    m.node("repeated", "Tile", m.input("o", ramp(2)), m.input(
        "o_repeats", np.array([3]), I64, [1]))
    m.node("piece", "Slice", m.input("p", ramp(6)), m.input(
        "p_start", np.array([1]), I64, [1]), m.input(
            "p_end", np.array([-1]), I64, [1]))
    m.node("head", "Slice", "p", m.const([0]), m.const([4]))
    m.node("middle", "Slice", "p", m.const([-3]), m.const([-1]))
    m.node("backwards", "Slice", "p", m.const([-1]), m.const([-2**63 + 1]),
           m.const([0]), m.const([-2]))
    m.node("back_part", "Slice", "p", m.const([4]), m.const([1]),
           m.const([0]), m.const([-1]))
    m.node("total", "ReduceSum", m.input("q", ramp(2, 3)), m.const([0]),
           keepdims=0)
    m.node("pooled", "MaxPool", m.input("r", ramp(1, 1, 4, 4)),
           kernel_shape=[2, 2], strides=[2, 2])
    m.node("pixels", "Reshape", m.input("s", ramp(2, 6)), m.input(
        "s_shape", np.array([3, 4]), I64, [2]))
    m.node("scaled", "Resize", m.input("t", ramp(1, 1, 3, 3)), "", m.const(
        np.array([1, 1, 2, 2], np.float32)))
    m.node("padded", "Pad", m.input("u", ramp(3)), m.const([1, 2]))
    m.node("by_row", "GatherElements", m.input("v", ramp(3, 2)), m.input(
        "v_at", np.array([[0, 1], [1, 0]]), I64))
    m.node("blocks", "DepthToSpace", m.input("x", ramp(1, 8, 2, 3)),
           blocksize=2)
    m.node("depths", "SpaceToDepth", m.input("y", ramp(1, 2, 4, 6)),
           blocksize=2)
    m.declared[m.node("squeezed", "Squeeze", m.input(
        "w", ramp(3, 1, 2), dims=["rows", 1, 2]))] = ["rows", 2]
    return m


FITS = (("as built", {}),
        ("one for three", {"b": ramp(1)}),
        ("one row", {"c": ramp(1, 4), "d": ramp(1)}),
        ("a column", {"c": ramp(3, 1), "d": ramp(5)}),
        ("no rows", {"c": ramp(0, 4), "a": ramp(0, 4), "n": ramp(1),
                     "n_shape": np.array([4, 1])}),
        ("long slice", {"p": ramp(9), "p_start": np.array([-100]),
                        "p_end": np.array([100])}),
        ("empty slice", {"p": ramp(5), "p_start": np.array([3]),
                         "p_end": np.array([2])}),
        ("border of the window", {"e": ramp(1, 1, 5, 5)}),
        ("partial pool", {"r": ramp(2, 1, 1, 3)}))

REFUSED = (("product", {"a": ramp(2, 3)}), ("product", {"a": ramp(2, 5)}),
           ("sum", {"b": ramp(2)}), ("sum", {"b": ramp(0)}),
           ("open_sum", {"d": ramp(3)}), ("open_sum", {"c": ramp(2, 3)}),
           ("window", {"e": ramp(1, 1, 2, 7)}),
           ("window", {"e": ramp(1, 2, 6, 7)}),
           ("rest", {"f": ramp(1)}), ("rows", {"g": ramp(6)}),
           ("joined", {"h": ramp(2, 2)}), ("parts", {"j": ramp(6)}),
           ("parts", {"j": ramp(1)}), ("picked", {"k": ramp(0, 2)}),
           ("norm", {"l": ramp(2, 7)}),
           ("grown", {"n_shape": np.array([2, -3])}),
           ("grown", {"n_shape": np.array([2, 4])}),
           ("", {"n_shape": np.array([2**62, 3])}),
           ("repeated", {"o_repeats": np.array([-1])}),
           ("middle", {"p": ramp(2)}),
           ("", {"q": np.zeros((0, 2**59), np.float32)}),
           ("pixels", {"s_shape": np.array([3, 5])}),
           ("pixels", {"s_shape": np.array([-3, -4])}),
           ("pixels", {"s": ramp(0, 6), "s_shape": np.array([2**32, 2**32])}),
           ("pooled", {"r": ramp(1, 1, 0, 4)}),
           ("scaled", {"t": ramp(1, 1, 0, 3)}), ("padded", {"u": ramp(0)}),
           ("by_row", {"v": ramp(3, 1)}),
           ("squeezed", {"w": ramp(1, 1, 2)}),
           ("blocks", {"x": ramp(1, 6, 2, 3)}),
           ("depths", {"y": ramp(1, 2, 3, 6)}))


def check(trial, compile_model, failure, refuse):
    """`refuse(program, feed, words)`: the reason why it was not refused."""
    import onnxruntime as ort
    m = build()
    path = trial.folder / "sizes.onnx"
    onnx.save(m.proto(), path)
    try:
        program = compile_model(trial.tool.parent.parent, path,
                                trial.folder / "sizes")
    except failure as said:
        return trial.note("program for wrong sizes", str(said))
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(m.proto().SerializeToString(), options,
                                   providers=["CPUExecutionProvider"])
    for title, changed in FITS:
        feeds = {**m.feeds, **changed}
        try:
            got = program.run(feeds)
        except failure as said:
            trial.note(f"sizes that fit, {title}", str(said))
            continue
        for name, value in zip(m.outputs, session.run(m.outputs, feeds)):
            trial.note(f"sizes that fit, {title}: {name}",
                       agreement.mismatch(value, got.get(name)) or
                       ("" if np.allclose(value, got[name], atol=1e-5)
                        else "differs from onnxruntime"))
    feed = trial.folder / "feed.npz"
    for node, changed in REFUSED:
        # What no memory holds is refused without a node's name.
        words = [f"'{node}'", "expected", "got"] if node else []
        np.savez(feed, **{**m.feeds, **changed})
        shapes = {k: v.tolist() if v.dtype == np.int64 else v.shape
                  for k, v in changed.items()}
        trial.note(f"sizes that do not fit {shapes}",
                   refuse(program, ["--inputs", feed], 1, words))
    return None
