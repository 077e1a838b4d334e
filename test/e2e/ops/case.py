# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One small computation, and many of them put into one ONNX model.

A case is a function that adds nodes to a Graph and names its results. Many
cases share one model, because a compile costs more than a case runs."""
import dataclasses
import hashlib
import typing

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

F32 = np.float32


@dataclasses.dataclass
class Case:
    name: str
    build: typing.Callable  # Graph -> list of result names
    # Double-precision answer from the case's tensors in the order of their
    # making; onnxruntime's answer where None.
    reference: typing.Callable = None
    opset: int = 17
    tolerance: float = 1e-5


class Graph:
    """The nodes, constants and inputs of the cases of one model."""

    def __init__(self, dynamic=False):
        self.dynamic = dynamic
        self.nodes, self.inputs, self.constants = [], [], []
        self.outputs, self.feeds, self.tensors = [], {}, []
        self.prefix, self.count = "", 0
        self.rng = None

    def begin(self, index, case):
        self.prefix, self.count, self.tensors = f"c{index}_", 0, []
        digest = hashlib.sha256(case.name.encode()).digest()
        self.rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))

    def fresh(self, kind):
        self.count += 1
        return f"{self.prefix}{kind}{self.count}"

    def draw(self, shape, low=None, high=None, dtype=F32):
        if np.dtype(dtype).kind in "iu":
            low, high = -5 if low is None else low, 6 if high is None else high
            return self.rng.integers(low, high, shape).astype(dtype)
        if dtype == np.bool_:
            return self.rng.integers(0, 2, shape).astype(dtype)
        if low is not None:
            return self.rng.uniform(low, high, shape).astype(dtype)
        return self.rng.standard_normal(shape).astype(dtype)

    def input(self, shape=None, data=None, keep=(), **how):
        """A graph input, random or given. Axes in `keep` are static in the
        runs with dynamic dimensions too: channels, as exporters write them."""
        data = self.draw(shape, **how) if data is None else np.asarray(data)
        name = self.fresh("in")
        keep = {k % data.ndim for k in keep}
        dims = [f"{name}_d{i}" if self.dynamic and i not in keep else n
                for i, n in enumerate(data.shape)]
        kind = helper.np_dtype_to_tensor_dtype(data.dtype)
        self.inputs.append(helper.make_tensor_value_info(name, kind, dims))
        self.feeds[name] = data
        self.tensors.append(data)
        return name

    def const(self, shape=None, data=None, **how):
        """An initializer, random or given."""
        data = self.draw(shape, **how) if data is None else np.asarray(data)
        name = self.fresh("w")
        self.constants.append(numpy_helper.from_array(
            np.ascontiguousarray(data).reshape(data.shape), name))
        self.tensors.append(data)
        return name

    def ints(self, *values):
        """A constant int64 vector: axes, shapes, pads."""
        name = self.fresh("k")
        self.constants.append(numpy_helper.from_array(
            np.array(values, np.int64), name))
        return name

    def op(self, kind, *operands, results=1, domain="", **attributes):
        """A node; the name of its result, or a list of them."""
        names = [self.fresh("t") for _ in range(results)]
        attributes = {k: v for k, v in attributes.items() if v is not None}
        self.nodes.append(helper.make_node(
            kind, [o or "" for o in operands], names,
            name=f"{self.prefix}{kind}_{self.count}", domain=domain,
            **attributes))
        return names[0] if results == 1 else names


@dataclasses.dataclass
class Built:
    model: onnx.ModelProto
    feeds: dict
    results: list   # per case: names of its outputs
    tensors: list   # per case: the arrays that its reference takes


def build_model(cases, dynamic=False):
    graph = Graph(dynamic)
    results, tensors = [], []
    for index, case in enumerate(cases):
        graph.begin(index, case)
        names = case.build(graph)
        names = [names] if isinstance(names, str) else list(names)
        results.append(names)
        tensors.append(list(graph.tensors))
        for name in names:
            graph.outputs.append(helper.make_empty_tensor_value_info(name))
    proto = helper.make_graph(graph.nodes, "cases", graph.inputs,
                              graph.outputs, graph.constants)
    model = helper.make_model(
        proto, opset_imports=[helper.make_opsetid("", cases[0].opset)],
        producer_name="strait-tests")
    model.ir_version = 8 if cases[0].opset < 19 else 10
    _type_outputs(model)
    return Built(model, graph.feeds, results, tensors)


def _type_outputs(model):
    """Outputs need element types; dims stay open where inference has none."""
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True)
    kinds = {v.name: v for v in list(inferred.graph.value_info)
             + list(inferred.graph.output)}
    for output in model.graph.output:
        known = kinds.get(output.name)
        if known is not None and known.type.tensor_type.elem_type:
            output.type.CopyFrom(known.type)
        else:
            output.type.tensor_type.elem_type = TensorProto.FLOAT
