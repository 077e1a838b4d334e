# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a module of the graph dialect as an ONNX model again.

With it onnxruntime becomes an oracle for the importer and for graph passes: a
model and what it became must compute the same. Reads MLIR's generic form
(--mlir-print-op-generic), all weights included.

Usage: graph_to_onnx.py IN.mlir OUT.onnx
"""
import re
import sys

import ml_dtypes
import numpy as np
import onnx
from onnx import helper, numpy_helper

OPSET = 21
TYPES = {
    "f32": np.float32, "f64": np.float64, "f16": np.float16,
    "bf16": ml_dtypes.bfloat16, "i1": np.bool_, "i8": np.int8,
    "i16": np.int16, "i32": np.int32, "i64": np.int64, "ui8": np.uint8,
    "ui16": np.uint16, "ui32": np.uint32, "ui64": np.uint64,
}
SAME = {  # strait op -> ONNX op with the same operands and no attributes
    "abs": "Abs", "neg": "Neg", "sign": "Sign", "exp": "Exp", "log": "Log",
    "sqrt": "Sqrt", "reciprocal": "Reciprocal", "sin": "Sin", "cos": "Cos",
    "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan",
    "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh", "asinh": "Asinh",
    "acosh": "Acosh", "atanh": "Atanh", "erf": "Erf", "sigmoid": "Sigmoid",
    "relu": "Relu", "softplus": "Softplus", "softsign": "Softsign",
    "hard_swish": "HardSwish", "mish": "Mish", "ceil": "Ceil",
    "floor": "Floor", "round": "Round", "not": "Not", "bit_not": "BitwiseNot",
    "is_nan": "IsNaN", "add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div",
    "min": "Min", "max": "Max", "and": "And", "or": "Or", "xor": "Xor",
    "bit_and": "BitwiseAnd", "bit_or": "BitwiseOr", "bit_xor": "BitwiseXor",
    "pow": "Pow", "select": "Where", "matmul": "MatMul", "expand": "Expand",
    "tile": "Tile", "size": "Size", "range": "Range", "non_zero": "NonZero",
}
COMPARE = {"eq": "Equal", "lt": "Less", "le": "LessOrEqual", "gt": "Greater",
           "ge": "GreaterOrEqual"}


def split_top(text, separator=","):
    """Splits at separators that stand in no bracket and no string."""
    parts, depth, start, quoted = [], 0, 0, False
    for i, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif c in "<([{":
            depth += 1
        elif c in ">)]}" and text[i - 1] != "-":
            depth -= 1
        elif c == separator and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    parts.append(text[start:])
    return [p.strip() for p in parts if p.strip()]


def tensor_type(text):
    dims = re.fullmatch(r"tensor<((?:[\d?]+x)*)(\w+)>", text)
    shape = [None if d == "?" else int(d) for d in dims[1].split("x")[:-1]]
    return shape, TYPES[dims[2]]


def number(text, dtype):
    text = text.strip()
    if text in ("true", "false"):
        return text == "true"
    if text.startswith("0x"):
        size = np.dtype(dtype).itemsize
        return np.frombuffer(int(text, 16).to_bytes(size, "little"), dtype)[0]
    return float(text) if "." in text or "e" in text else int(text)


class Module:
    def __init__(self, text):
        self.blobs = {}
        resources = text.find("{-#")
        if resources >= 0:
            for name, data in re.findall(r'([\w.$\-"/:]+): "0x([0-9A-F]+)"',
                                         text[resources:]):
                # The first four bytes are the alignment.
                self.blobs[name.strip('"')] = bytes.fromhex(data)[4:]
            text = text[:resources]
        self.lines = [line.strip() for line in text.splitlines()]
        self.at = 0
        self.initializers = {}
        self.fresh = 0

    def attribute(self, text):
        if m := re.fullmatch(r"array<i(?:64|32)(?:: (.*))?>", text):
            return [int(x) for x in m[1].split(",")] if m[1] else []
        if m := re.fullmatch(r"#strait<\w+ (\w+)>", text):
            return m[1]
        if m := re.fullmatch(r"dense<(.*)> : (tensor<.*>)", text):
            shape, dtype = tensor_type(m[2])
            body = m[1]
            if body.startswith('"0x'):
                raw = bytes.fromhex(body[3:-1])
                return np.frombuffer(raw, dtype).reshape(shape)
            flat = re.findall(r"[^\[\], ]+", body)
            values = np.array([number(x, dtype) for x in flat]).astype(dtype)
            if len(flat) == 1:
                return np.full(shape, values[0], dtype)
            return values.reshape(shape)
        if m := re.fullmatch(r"dense_resource<(.*)> : (tensor<.*>)", text):
            shape, dtype = tensor_type(m[2])
            blob = self.blobs[m[1].strip('"')]
            return np.frombuffer(blob, dtype).reshape(shape)
        if text.startswith("["):
            return [x.strip('"') for x in split_top(text[1:-1])]
        if m := re.fullmatch(r"(\S+) : (i64|f32)", text):
            return number(m[1], np.float32 if m[2] == "f32" else np.int64)
        return text

    def attributes(self, text):
        result = {}
        for part in split_top(text):
            name, _, value = part.partition(" = ")
            result[name] = self.attribute(value) if value else True
        return result

    def constant(self, value):
        self.fresh += 1
        name = f"const{self.fresh}"
        self.initializers[name] = np.asarray(value)
        return name

    def block(self):
        """Parses ops up to the end of a block; gives nodes and the yield."""
        nodes = []
        while True:
            line = self.lines[self.at]
            self.at += 1
            m = re.match(r'(?:(%\w+)(?::(\d+))? = )?"([\w.]+)"\(([^)]*)\)', line)
            assert m, line
            name, operands = m[3], [x.lstrip("%").replace("#", "_")
                                    for x in split_top(m[4])]
            if name in ("func.return", "strait.yield"):
                return nodes, operands
            rest = line[m.end():].strip()
            attrs = {}
            if rest.startswith("<{"):
                end = self.end_of_attributes(rest)
                attrs = self.attributes(rest[2:end])
                rest = rest[end + 2:].strip()
            regions = []
            while rest.startswith("({") or rest.startswith("}, {"):
                args = []
                if self.lines[self.at].startswith("^"):
                    args = re.findall(r"%(\w+): (tensor<[^>]*>)",
                                      self.lines[self.at])
                    self.at += 1
                regions.append((args,) + self.block())
                rest = self.lines[self.at]
                self.at += 1
            if regions:
                rest = rest[2:].strip()
            arrow = rest.split("->")
            types_in = re.findall(r"tensor<[^>]*>", arrow[0])
            types_out = re.findall(r"tensor<[^>]*>", arrow[1])
            count = len(types_out)
            base = m[1].lstrip("%")
            results = ([base] if not m[2] else
                       [f"{base}_{i}" for i in range(count)])
            nodes += self.convert(name.removeprefix("strait."), operands,
                                  attrs, results, types_in, types_out, regions)

    @staticmethod
    def end_of_attributes(text):
        quoted, depth = False, 0
        for i, c in enumerate(text):
            if c == '"':
                quoted = not quoted
            elif not quoted and c == "{":
                depth += 1
            elif not quoted and c == "}":
                depth -= 1
                if depth == 0:
                    return i
        raise ValueError(text)

    def segments(self, operands, attrs):
        """Operands with absent ones as empty names."""
        out, at = [], 0
        for count in attrs.get("operandSegmentSizes", [1] * len(operands)):
            out.append(operands[at] if count else "")
            at += count
        return out

    def convert(self, op, x, a, y, types_in, types_out, regions):
        node = helper.make_node
        i64 = lambda values: self.constant(np.array(values, np.int64))
        if op == "weight":
            self.initializers[y[0]] = a["value"]
            return []
        if op in SAME:
            return [node(SAME[op], x, y)]
        if op in ("leaky_relu", "elu", "celu", "thresholded_relu", "selu",
                  "hard_sigmoid"):
            names = {"leaky_relu": "LeakyRelu", "elu": "Elu", "celu": "Celu",
                     "thresholded_relu": "ThresholdedRelu", "selu": "Selu",
                     "hard_sigmoid": "HardSigmoid"}
            return [node(names[op], x, y, **a)]
        if op == "gelu":
            return [node("Gelu", x, y, approximate="tanh" if "tanh" in a
                         else "none")]
        if op == "silu":
            return [node("Sigmoid", x, [y[0] + "s"]),
                    node("Mul", [x[0], y[0] + "s"], y)]
        if op == "rsqrt":
            return [node("Sqrt", x, [y[0] + "s"]),
                    node("Reciprocal", [y[0] + "s"], y)]
        if op == "is_inf":
            return [node("IsInf", x, y, detect_positive=int("positive" in a),
                         detect_negative=int("negative" in a))]
        if op == "mod":
            return [node("Mod", x, y, fmod=int("fmod" in a))]
        if op == "shift":
            return [node("BitShift", x, y, direction=a["kind"].upper())]
        if op == "cast":
            to = helper.np_dtype_to_tensor_dtype(
                np.dtype(tensor_type(types_out[0])[1]))
            return [node("Cast", x, y, to=to)]
        if op == "compare":
            if a["kind"] == "ne":
                return [node("Equal", x, [y[0] + "e"]),
                        node("Not", [y[0] + "e"], y)]
            return [node(COMPARE[a["kind"]], x, y)]
        if op in ("conv", "conv_transpose", "pool"):
            return self.window(op, x, a, y, types_in)
        if op == "reduce":
            if not a["axes"]:
                return [node("Identity", x, y)]
            return [node("Reduce" + a["kind"].capitalize(),
                         [x[0], i64(a["axes"])], y,
                         keepdims=int("keep_dims" in a))]
        if op == "arg_reduce":
            return [node("Arg" + a["kind"].capitalize(), x, y, axis=a["axis"],
                         keepdims=int("keep_dims" in a),
                         select_last_index=int("select_last" in a))]
        if op in ("softmax", "log_softmax"):
            return [node("Softmax" if op == "softmax" else "LogSoftmax", x, y,
                         axis=a["axis"])]
        if op == "layer_norm":
            return [node("LayerNormalization", x, y, axis=a["axis"],
                         epsilon=a["epsilon"])]
        if op == "instance_norm":
            before, inner, outer, after = self.channels_first(a, x, y, types_in)
            return [*before, node("InstanceNormalization", [inner, *x[1:]],
                                  [outer], epsilon=a["epsilon"]), *after]
        if op == "group_norm":
            return [node("GroupNormalization", x, y, epsilon=a["epsilon"],
                         num_groups=a["groups"])]
        if op == "batch_norm":
            return [node("BatchNormalization", x, y, epsilon=a["epsilon"])]
        if op == "rms_norm":
            rank = len(tensor_type(types_in[0])[0])
            t = [y[0] + c for c in "abcde"]
            epsilon = self.constant(np.float32(a["epsilon"]))
            return [node("Mul", [x[0], x[0]], [t[0]]),
                    node("ReduceMean", [t[0], i64(range(a["axis"], rank))],
                         [t[1]]),
                    node("Add", [t[1], epsilon], [t[2]]),
                    node("Sqrt", [t[2]], [t[3]]),
                    node("Div", [x[0], t[3]], [t[4]]),
                    node("Mul", [t[4], x[1]], y)]
        if op == "cum_sum":
            return [node("CumSum", x + [i64(a["axis"])], y,
                         exclusive=int("exclusive" in a),
                         reverse=int("reverse" in a))]
        if op == "top_k":
            return [node("Reshape", [x[1], i64([1])], [y[0] + "k"]),
                    node("TopK", [x[0], y[0] + "k"], y, axis=a["axis"],
                         largest=int("smallest" not in a))]
        if op == "reshape":
            return [node("Reshape", x, y, allowzero=int("allow_zero" in a))]
        if op == "transpose":
            return [node("Transpose", x, y, perm=a["perm"])]
        if op == "concat":
            return [node("Concat", x, y, axis=a["axis"])]
        if op == "slice":
            return [node("Slice", x[:3] + [i64(a["axes"]), x[3]], y)]
        if op == "split":
            if "sizes" in a:
                return [node("Split", [x[0], i64(a["sizes"])], y,
                             axis=a["axis"])]
            return [node("Split", x, y, axis=a["axis"], num_outputs=len(y))]
        if op == "pad":
            return [node("Pad", x, y, mode=a["mode"])]
        if op in ("gather", "gather_elements"):
            return [node("Gather" if op == "gather" else "GatherElements", x,
                         y, axis=a["axis"])]
        if op == "gather_nd":
            return [node("GatherND", x, y, batch_dims=a["batch_dims"])]
        if op in ("scatter_elements", "scatter_nd"):
            kind = "none" if a["kind"] == "assign" else a["kind"]
            if op == "scatter_nd":
                return [node("ScatterND", x, y, reduction=kind)]
            return [node("ScatterElements", x, y, axis=a["axis"],
                         reduction=kind)]
        if op == "resize":
            sizes_scales = self.segments(x, a)
            return [node("Resize", [x[0], "", sizes_scales[2],
                                    sizes_scales[1]], y, axes=a["axes"],
                         mode=a["mode"], nearest_mode=a["nearest_mode"],
                         cubic_coeff_a=a["cubic_coeff"],
                         exclude_outside=int("exclude_outside" in a),
                         coordinate_transformation_mode=a[
                             "coordinate_transform"])]
        if op == "require_dim":
            return [node("Identity", x, y)]
        if op == "shape":
            return [node("Shape", x, y, start=a["start"], end=a["end"])]
        if op == "trilu":
            return [node("Trilu", x, y, upper=int("upper" in a))]
        if op == "one_hot":
            return [node("OneHot", x, y, axis=a["axis"])]
        if op == "eye_like":
            to = helper.np_dtype_to_tensor_dtype(
                np.dtype(tensor_type(types_out[0])[1]))
            return [node("EyeLike", x, y, k=a["k"], dtype=to)]
        if op in ("lstm", "gru", "rnn"):
            operands = self.segments(x, a)
            hidden_bias = operands.pop(4) if op == "gru" else ""
            before = []
            if operands[3]:
                # ONNX adds up two halves.
                ways = 2 if a["direction"] == "bidirectional" else 1
                gates = {"lstm": 4, "gru": 3, "rnn": 1}[op]
                rest = (gates - bool(hidden_bias)) * a["hidden_size"]
                zeros = self.constant(np.zeros((ways, rest), np.float32))
                halves = [operands[3], zeros] + [hidden_bias] * bool(hidden_bias)
                operands[3] = y[0] + "b"
                before = [node("Concat", halves, [operands[3]], axis=1)]
            extra = {}
            for name, value in (("linear_before_reset", 1),
                                ("input_forget", 1)):
                if name in a:
                    extra[name] = value
            if "batch_first" in a:
                extra["layout"] = 1
            if "clip" in a:
                extra["clip"] = a["clip"]
            if "activations" in a:
                extra["activations"] = [w.capitalize()
                                        for w in a["activations"]]
            return before + [node(op.upper(), operands, y, direction=a["direction"],
                         hidden_size=a["hidden_size"], **extra)]
        if op == "attention":
            return self.attention(x, a, y, types_in)
        if op == "if":
            graphs = [self.subgraph(r, types_out) for r in regions]
            return [node("If", x, y, then_branch=graphs[0],
                         else_branch=graphs[1])]
        if op == "loop":
            counts = a["operandSegmentSizes"]
            count = x[0] if counts[0] else ""
            condition = x[counts[0]] if counts[1] else ""
            carried = x[counts[0] + counts[1]:]
            body = self.subgraph(regions[0], None)
            return [node("Loop", [count, condition] + carried, y, body=body)]
        raise NotImplementedError(op)

    def subgraph(self, region, types):
        args, nodes, results = region
        # A result that is an outer value or argument needs a node of its own.
        outputs = []
        for i, name in enumerate(results):
            self.fresh += 1
            outputs.append(f"out{self.fresh}")
            nodes.append(helper.make_node("Identity", [name], [outputs[-1]]))
        def info(name, text):
            if text is None:
                return onnx.ValueInfoProto(name=name)
            shape, dtype = tensor_type(text)
            return helper.make_tensor_value_info(
                name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
        return helper.make_graph(
            nodes, "g", [info(*arg) for arg in args],
            [info(o, types[i] if types else None)
             for i, o in enumerate(outputs)])

    def channels_first(self, a, x, y, types_in):
        """Nodes before and after, with the names between, where `a` says that
        the channels of `x` and `y` are last."""
        if a.get("layout") != "channels_last":
            return [], x[0], y[0], []
        rank = len(tensor_type(types_in[0])[0])
        source, target = y[0] + "x", y[0] + "y"
        before = [helper.make_node(
            "Transpose", [x[0]], [source],
            perm=[0, rank - 1] + list(range(1, rank - 1)))]
        after = [helper.make_node("Transpose", [target], [y[0]],
                                  perm=[0] + list(range(2, rank)) + [1])]
        return before, source, target, after

    def window(self, op, x, a, y, types_in):
        node = helper.make_node
        before, source, target, after = self.channels_first(a, x, y, types_in)
        attrs = {"strides": a["strides"], "dilations": a["dilations"]}
        auto_pad = a.get("auto_pad", "explicit")
        if auto_pad == "explicit":
            attrs["pads"] = a["pads"]
        else:
            attrs["auto_pad"] = auto_pad.upper()
        if op == "pool":
            kind = "MaxPool" if a["kind"] == "max" else "AveragePool"
            attrs["kernel_shape"] = a["kernel"]
            attrs["ceil_mode"] = int("ceil_mode" in a)
            if kind == "AveragePool":
                attrs["count_include_pad"] = int("count_include_pad" in a)
        else:
            kind = "Conv" if op == "conv" else "ConvTranspose"
            attrs["group"] = a.get("groups", 1)
            if op == "conv_transpose":
                attrs["output_padding"] = a["output_padding"]
        return before + [node(kind, [source] + x[1:], [target],
                              **attrs)] + after

    def attention(self, x, a, y, types_in):
        node = helper.make_node
        heads, kv_heads = (tensor_type(t)[0][1] for t in types_in[:2])
        t = [y[0] + c for c in "abcdefghijkl"]
        out, k, v = [], x[1], x[2]
        if heads != kv_heads:
            at = self.constant(np.arange(heads) // (heads // kv_heads))
            out += [node("Gather", [k, at], [t[0]], axis=1),
                    node("Gather", [v, at], [t[1]], axis=1)]
            k, v = t[0], t[1]
        out += [node("Transpose", [k], [t[2]], perm=[0, 1, 3, 2]),
                node("MatMul", [x[0], t[2]], [t[3]]),
                node("Mul", [t[3], self.constant(np.float32(a["scale"]))],
                     [t[4]])]
        scores = t[4]
        if len(x) > 3:
            out.append(node("Add", [scores, x[3]], [t[5]]))
            scores = t[5]
        if "causal" in a:
            out += [node("Shape", [scores], [t[6]]),
                    node("Expand", [self.constant(np.float32(-np.inf)), t[6]],
                         [t[7]]),
                    node("Trilu", [t[7], self.constant(np.int64(1))], [t[8]],
                         upper=1),
                    node("Add", [scores, t[8]], [t[9]])]
            scores = t[9]
        return out + [node("Softmax", [scores], [t[10]], axis=-1),
                      node("MatMul", [t[10], v], y)]

    def model(self):
        while not self.lines[self.at].startswith('"func.func"'):
            self.at += 1
        header = self.lines[self.at]
        inputs = re.findall(r'strait\.name = "((?:[^"\\]|\\.)*)"',
                            header.split("function_type")[0])
        outputs = re.findall(r'strait\.name = "((?:[^"\\]|\\.)*)"',
                             header.split("res_attrs")[1])
        args = re.findall(r"%(\w+): (tensor<[^>]*>)", self.lines[self.at + 1])
        self.at += 2 if args else 1
        nodes, results = self.block()
        before = [helper.make_node("Identity", [f"in.{name}"], [arg])
                  for name, (arg, _) in zip(inputs, args)]
        after = [helper.make_node("Identity", [result], [f"out.{name}"])
                 for name, result in zip(outputs, results)]
        infos = []
        for name, (_, text) in zip(inputs, args):
            shape, dtype = tensor_type(text)
            infos.append(helper.make_tensor_value_info(
                f"in.{name}", helper.np_dtype_to_tensor_dtype(np.dtype(dtype)),
                shape))
        graph = helper.make_graph(
            before + nodes + after, "g", infos,
            [onnx.ValueInfoProto(name=f"out.{name}") for name in outputs],
            [numpy_helper.from_array(value, name)
             for name, value in self.initializers.items()])
        return helper.make_model(
            graph, ir_version=10,
            opset_imports=[helper.make_opsetid("", OPSET)])


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        model = Module(source.read()).model()
    with open(sys.argv[2], "wb") as out:
        out.write(model.SerializeToString())


if __name__ == "__main__":
    main()
