#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Budgets: compile time and memory, program size, start-up, equal bytes; the
arena beside what is in use at one time, for all models (of open sizes: at the
report's example); allocations of runs that have seen their sizes.

usage: budgets.py [--build DIR] [--json FILE] [--only PART] [MODEL ...]
"""
import argparse
import json
import pathlib
import sys
import tempfile

import numpy as np
import onnx

import zoo
from artefact import (ROOT, StepFailed, compile_model, find_tool,
                      run_measured)

MB = 1 << 20
COMPILE_SECONDS = {"mobilenet_v2": 15, "resnet50": 30, "bert_base": 30}
EXTRA_PEAK = 500 * MB       # beside 2.5 times the weights
EXTRA_PROGRAM = 1 * MB      # beside the weights
START_MS = 5                # beside 1.5 runs and reading the weights
TRIES = 5
ARENA_RATIO = 1.3           # to the bytes in use at one time
NODES_RATIO = 7             # of compile time, for 4 times the nodes
# Models that must not allocate, with the sets of input sizes that runs change
# between.
STEADY = {"mobilenet_v2": [[]],
          "unet_dyn": [["x=1x3x64x96"], ["x=2x3x32x48"]]}


def run_ms(program, feed, *flags):
    """Least wall time of a whole process, in milliseconds."""
    seconds = []
    for _ in range(TRIES):
        outcome = run_measured([program.path, "--inputs", feed, "--threads",
                                "1", *flags], 120)
        if outcome.code != 0:
            raise StepFailed(outcome.stderr)
        seconds.append(outcome.seconds)
    return min(seconds) * 1e3, outcome.stdout


def read_ms(path):
    """Time that `cat` needs to read the program's bytes once cached."""
    return min(run_measured(["cat", path], 60).seconds
               for _ in range(TRIES)) * 1e3


def check(name, options, folder, say):
    entry = next(e for e in zoo.load_entries() if e.name == name)
    cache = zoo.default_cache(options.build)
    path = entry.path(cache)
    weights = path.stat().st_size
    program = compile_model(options.build, path, folder / name, ["-j", "2"])
    say(f"{name}: compile time", program.compile_seconds,
        COMPILE_SECONDS[name], "s")
    say(f"{name}: compiler's peak memory", program.compile_peak_bytes / MB,
        (2.5 * weights + EXTRA_PEAK) / MB, "MB")
    say(f"{name}: program", program.size() / MB,
        (weights + EXTRA_PROGRAM) / MB, "MB")
    feed = folder / "feed.npz"
    np.savez(feed, **entry.bench_inputs(cache))
    _, text = run_ms(program, feed, "--bench", "--json", "--iterations", "10")
    median = json.loads(text)["median_ms"]
    first, _ = run_ms(program, feed)
    say(f"{name}: start to first result", first,
        1.5 * median + START_MS + read_ms(program.path), "ms")
    again = compile_model(options.build, path, folder / "again", ["-j", "2"])
    same = program.path.read_bytes() == again.path.read_bytes()
    say(f"{name}: bytes that differ in a second compile", float(not same), 0,
        "")
    program.path.unlink()
    again.path.unlink()


def check_arena(entry, options, folder, say):
    """The planner's arena beside the lower bound that lifetimes set."""
    report = folder / "report.json"
    outcome = run_measured(
        [find_tool(options.build, "compile-model"),
         entry.path(zoo.default_cache(options.build)),
         "--stop-after=schedule", f"--report={report}", "-q"], 600)
    if outcome.code != 0:
        raise StepFailed(outcome.stderr)
    for part in json.loads(report.read_text())["entries"]:
        arena = part["arena"]
        if arena["live_bytes"]:
            size = " at " + ", ".join(part["inputs"])
            say(f"{entry.name}: arena over what is in use"
                f"{size if part['example'] else ''}",
                arena["bytes"] / arena["live_bytes"], ARENA_RATIO, "times")


def check_steady(name, options, folder, say):
    entry = next(e for e in zoo.load_entries() if e.name == name)
    path = entry.path(zoo.default_cache(options.build))
    library = folder / f"{name}.so"
    compile_model(options.build, path, library, ["--emit=lib", "-j", "2"])
    inputs = onnx.load(path, load_external_data=False).graph.input
    arguments = []
    for sizes in STEADY[name]:
        arguments += ["--sizes"] * bool(arguments)
        arguments += [size.replace("x=", f"{inputs[0].name}=", 1)
                      for size in sizes]
    outcome = run_measured(
        [pathlib.Path(options.build) / "test/tools/count-allocations",
         library, *arguments], 300)
    if outcome.code != 0:
        raise StepFailed(outcome.stderr)
    own, libc = map(int, outcome.stdout.split())
    say(f"{name}: calls of the instance's allocator in later runs", own, 0, "")
    say(f"{name}: calls of malloc in later runs", libc, 0, "")
    library.unlink()


def save_graph(path, nodes, weights, outputs):
    """A model with the input x [rows, 32] and outputs of its type."""
    def info(name):
        return onnx.helper.make_tensor_value_info(
            name, onnx.TensorProto.FLOAT, [None, 32])
    x = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT,
                                           ["rows", 32])
    tensors = [onnx.numpy_helper.from_array(w, n) for n, w in weights.items()]
    graph = onnx.helper.make_graph(nodes, "many", [x],
                                   [info(name) for name in outputs], tensors)
    onnx.save(onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8),
        path)


def long_chain(nodes, path):
    """Maps and reductions in a row, every other one an output, which nothing
    may fold away."""
    cycle = [("Relu", {}), ("Exp", {}), ("Softmax", {"axis": -1}), ("Tanh", {})]
    chain = [onnx.helper.make_node(cycle[n % 4][0],
                                   [f"t{n - 1}" if n else "x"], [f"t{n}"],
                                   **cycle[n % 4][1]) for n in range(nodes)]
    save_graph(path, chain, {}, [f"t{n}" for n in range(0, nodes, 2)])


def random_weights(count):
    numbers = np.random.default_rng(0)
    return {f"w{n}": numbers.standard_normal((32, 32)).astype(np.float32)
            for n in range(count)}


def deep_products(nodes, path):
    """Products and softmaxes in turn."""
    chain, last = [], "x"
    for n in range(nodes // 2):
        chain += [onnx.helper.make_node("MatMul", [last, f"w{n}"], [f"m{n}"]),
                  onnx.helper.make_node("Softmax", [f"m{n}"], [f"s{n}"],
                                        axis=0)]
        last = f"s{n}"
    save_graph(path, chain, random_weights(nodes // 2), [last])


def wide_products(nodes, path):
    """Products of one input that are all alive until they are joined."""
    parts = [onnx.helper.make_node("MatMul", ["x", f"w{n}"], [f"m{n}"])
             for n in range(nodes - 1)]
    join = onnx.helper.make_node("Concat", [f"m{n}" for n in range(nodes - 1)],
                                 ["y"], axis=0)
    save_graph(path, parts + [join], random_weights(nodes - 1), ["y"])


# What is made of how many nodes.
MANY_NODES = {"chain of maps": (long_chain, 4000),
              "chain of products": (deep_products, 2000),
              "join of products": (wide_products, 2000)}


def check_many_nodes(name, options, folder, say):
    """Compile time must grow with the number of nodes, not its square."""
    make, nodes = MANY_NODES[name]
    seconds = {}
    for count in (nodes // 4, nodes):
        path = folder / f"many{count}.onnx"
        make(count, path)
        seconds[count] = compile_model(options.build, path, folder / "many",
                                       ["-j", "2"]).compile_seconds
        path.unlink()
    say(f"{name}: {nodes} nodes beside {nodes // 4}",
        seconds[nodes] / seconds[nodes // 4], NODES_RATIO, "times the time")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--json", help="write the results here")
    parser.add_argument("--only", choices=["compile", "arena", "steady", "nodes"])
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    counts = {"passed": 0, "failed": 0, "skipped": 0}

    def say(what, value, limit, unit):
        good = value <= limit
        counts["passed" if good else "failed"] += 1
        print(f"{'pass' if good else 'FAIL'}  {what}: {value:.1f} {unit}, "
              f"allowed {limit:.1f}", flush=True)

    def chosen(part, names):
        if options.only not in (None, part):
            return []
        return [n for n in names if not options.models or n in options.models]

    working = {e.name: e for e in zoo.load_entries() if not e.broken()}
    parts = [(name, check, name) for name in chosen("compile", COMPILE_SECONDS)]
    parts += [(name, check_arena, working[name])
              for name in chosen("arena", working)]
    parts += [(name, check_steady, name) for name in chosen("steady", STEADY)]
    parts += [(name, check_many_nodes, name)
              for name in chosen("nodes", MANY_NODES)]
    with tempfile.TemporaryDirectory(prefix="strait-budget-") as folder:
        for name, step, what in parts:
            try:
                step(what, options, pathlib.Path(folder), say)
            except zoo.Missing as reason:
                print(f"skip  {name}: {reason}")
                counts["skipped"] += 1
            except StepFailed as failure:
                print(f"FAIL  {name}: {failure}")
                counts["failed"] += 1
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"suite": "budgets", **counts}))
    print("suite budgets " + " ".join(f"{k}={v}" for k, v in counts.items()))
    sys.exit(counts["failed"] > 0)


if __name__ == "__main__":
    main()
