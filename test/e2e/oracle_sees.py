#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Shows that the end-to-end tests can fail: for every model, zeroing the result
of any convolution, matrix product (attention scores among them), recurrent
layer or gate must move a compared tensor by at least 50 times its tolerance in
some run. Compared are the outputs and the taps of models.yaml. Dead branches
(nodes whose weights are all zero) are listed and not counted.

Every such result gets a factor that is 1 by default; one onnxruntime session
per model then answers for all nodes.

usage: oracle_sees.py [--build DIR] [--all] [--json FILE] [MODEL ...]
    default: about 24 nodes of each model; --all: every node
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import helper

import agreement
import zoo
from artefact import ROOT

FACTOR = 50
SOME = 24
PRODUCTS = {"Conv", "ConvTranspose", "MatMul", "Gemm", "Einsum", "Attention",
            "LSTM", "GRU", "RNN"}
GATES = {"Sigmoid", "HardSigmoid", "Tanh"}


def targets(nodes):
    """Products, and gates whose result multiplies something."""
    factors = {i for n in nodes if n.op_type == "Mul" for i in n.input}
    for node in nodes:
        if node.op_type in PRODUCTS or \
                node.op_type in GATES and node.output[0] in factors:
            yield node


def with_factors(model):
    """Multiplies every target's results by an input that is 1 by default;
    returns [(factor's name, node's name)]."""
    graph = model.graph
    found, nodes = [], list(graph.node)
    wanted = {id(n) for n in targets(nodes)}
    del graph.node[:]
    for node in nodes:
        graph.node.append(node)
        if id(node) not in wanted:
            continue
        node = graph.node[-1]
        title = f"{node.op_type} {node.name or node.output[0]}"
        factor = f"oracle_factor_{len(found)}"
        graph.initializer.append(helper.make_tensor(
            factor, onnx.TensorProto.FLOAT, [], [1.0]))
        graph.input.append(helper.make_tensor_value_info(
            factor, onnx.TensorProto.FLOAT, []))
        for index, name in enumerate(node.output):
            if name:
                node.output[index] = f"{name}_before_factor"
                graph.node.append(helper.make_node(
                    "Mul", [node.output[index], factor], [name]))
        found.append((factor, title))
    return found


def dead(model):
    """Names of products by an all-zero weight: nothing can be lost there."""
    zero = {t.name for t in model.graph.initializer
            if np.prod(t.dims) > 1 and not np.any(onnx.numpy_helper.to_array(t))}
    return {f"{n.op_type} {n.name or n.output[0]}" for n in model.graph.node
            if n.op_type in PRODUCTS and len(n.input) > 1
            and n.input[1] in zero}


def session_of(model, folder):
    path = pathlib.Path(folder) / "factors.onnx"
    onnx.save(model, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"])
    path.unlink()
    return session


def moved(reference, outputs):
    """Largest distance over the compared tensors, NaN counting as far."""
    return max(agreement.distance(a, b) for a, b in zip(reference, outputs))


def sweep(session, found, cases):
    """{node: how far its loss moved the outputs, at most}."""
    one = np.array(0, np.float32)
    far = {}
    for factor, node in found:
        far[node] = 0.0
        for case, reference in cases:
            outputs = session.run(None, case.inputs | {factor: one})
            far[node] = max(far[node], moved(reference, outputs))
            if far[node] >= FACTOR * agreement.TOLERANCE:
                break
    return far


def check(entry, options, folder):
    """(nodes checked, {blind node: distance}) of one model."""
    cache = zoo.default_cache(options.build)
    model = entry.tapped(cache)
    model.ir_version = max(model.ir_version, 4)
    zero = dead(model)
    found = with_factors(model)
    session = session_of(model, folder)
    del model
    cases = list(entry.cases(cache))
    if not options.all:
        stride = max(1, len(found) // SOME)
        found = found[::stride]
    pairs = [(c, session.run(None, c.inputs)) for c in cases]
    far = sweep(session, found, pairs)
    limit = FACTOR * agreement.TOLERANCE
    for node in zero & set(far):
        print(f"dead  {entry.name}: {node}: its weights are all zero")
    far = {n: d for n, d in far.items() if n not in zero}
    return len(far), {n: d for n, d in far.items() if d < limit}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--json", help="write the results here")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory(prefix="strait-oracle-") as folder:
        for entry in zoo.load_entries():
            if options.models and entry.name not in options.models:
                continue
            try:
                total, blind = check(entry, options, folder)
            except zoo.Missing as reason:
                print(f"skip  {entry.name}: {reason}", flush=True)
                counts["skipped"] += 1
                continue
            counts["failed" if blind else "passed"] += 1
            print(f"{'FAIL' if blind else 'pass'}  {entry.name}: "
                  f"{total - len(blind)} of {total} nodes seen", flush=True)
            for node, distance in blind.items():
                print(f"      {node}: moves what is compared by "
                      f"{distance:.1e} only", flush=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"suite": "oracle", **counts}))
    print("suite oracle " + " ".join(f"{k}={v}" for k, v in counts.items()))
    sys.exit(counts["failed"] > 0)


if __name__ == "__main__":
    main()
