#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""One engine with one model in a process of its own, for tools/bench/compare:
reads a count from stdin, runs that often, prints the milliseconds as JSON.

usage: peer.py ENGINE MODEL INPUTS.npz THREADS   (onnxruntime or openvino)
"""
import json
import sys
import time

import numpy as np


def onnxruntime_runner(model, inputs, threads):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(model, options,
                                   providers=["CPUExecutionProvider"])
    return lambda: session.run(None, inputs)


def openvino_runner(model, inputs, threads):
    import openvino
    core = openvino.Core()
    compiled = core.compile_model(model, "CPU", {
        "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1",
        "INFERENCE_NUM_THREADS": str(threads),
        # Some machines would compute in bf16 otherwise.
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    tensors = {k: openvino.Tensor(np.ascontiguousarray(v))
               for k, v in inputs.items()}
    for port in compiled.inputs:
        name = next(n for n in port.get_names() if n in tensors)
        request.set_tensor(port, tensors[name])
    return request.infer


def main():
    engine, model, inputs, threads = sys.argv[1:5]
    with np.load(inputs) as data:
        feed = {k: data[k] for k in data.files}
    make = {"onnxruntime": onnxruntime_runner,
            "openvino": openvino_runner}[engine]
    run = make(model, feed, int(threads))
    run()
    print("ready", flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            run()
            times.append((time.perf_counter() - start) * 1e3)
        print(json.dumps(times), flush=True)


if __name__ == "__main__":
    main()
