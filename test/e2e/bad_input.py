#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Damaged and hostile models and inputs: compile-model either compiles them or
says why with exit code 1; it never crashes, hangs, or leaves a file behind.

usage: bad_input.py [--build DIR] [--fast | --all] [--json FILE]
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import wrong_sizes
import zoo
from artefact import (ROOT, StepFailed, compile_model, find_tool,
                      run_measured, tail)

SECONDS = 120               # no file may keep the compiler longer
ADDRESS_SPACE = 12 << 30    # nor make it ask for more
FLIPPED = ["ppocr-cls", "digits-mobilenet", "tones-gru", "ppocr-det",
           "digits-vit"]
ALL_FLIPPED = FLIPPED + ["ppocr-rec", "lstm_tagger", "bytes-gpt", "unet_dyn",
                         "mobilenet_v3_dyn", "bert_dyn", "segformer",
                         "wav2vec2_conformer", "perceiver"]


class Trial:
    def __init__(self, build, folder):
        self.tool = find_tool(build, "compile-model")
        self.folder = pathlib.Path(folder)
        self.passed = self.failed = self.skipped = 0

    def note(self, title, problem):
        self.failed += bool(problem)
        self.passed += not problem
        if problem:
            print(f"FAIL  {title}: {problem}", flush=True)

    def compile(self, title, path, valid=None, flags=()):
        """valid: True or False where the answer is known."""
        out = self.folder / "out"
        before = set(os.listdir(self.folder))
        limit = ["prlimit", f"--as={ADDRESS_SPACE}"]
        target = list(flags) or ["-o", out]
        try:
            outcome = run_measured([*limit, self.tool, path, *target], SECONDS)
        except StepFailed as failure:
            return self.note(title, str(failure))
        left = set(os.listdir(self.folder)) - before
        for name in left:
            os.unlink(self.folder / name)
        said = tail(outcome.stdout[-2000:] + outcome.stderr[-2000:], 8)
        problem = ""
        if outcome.code not in (0, 1):
            problem = f"ended with {outcome.code}\n{said}"
        elif outcome.code == 1 and "error" not in outcome.stderr:
            problem = f"exit code 1 without an error text\n{said}"
        elif outcome.code == 1 and left:
            problem = f"left {', '.join(sorted(left))} behind"
        elif valid is not None and valid != (outcome.code == 0):
            problem = ("refused a valid model" if valid else
                       "accepted it") + f"\n{said}"
        return self.note(title, problem)


def structure(data, model):
    """Positions of a file's bytes that are not large weights."""
    keep = np.ones(len(data), bool)
    for tensor in model.graph.initializer:
        raw = tensor.raw_data
        if len(raw) > 256:
            start = data.find(raw)
            if start >= 0:
                keep[start + 64:start + len(raw) - 64] = False
    return np.flatnonzero(keep)


def flips(trial, entry, cache, count, rng):
    """Random bytes replaced; the importer sees all, the whole compiler some."""
    try:
        data = entry.path(cache).read_bytes()
    except zoo.Missing as reason:
        print(f"skip  {entry.name}: {reason}")
        trial.skipped += 1
        return
    places = structure(data, onnx.ModelProto.FromString(data))
    path = trial.folder / f"{entry.name}.onnx"
    for number in range(count):
        damaged = bytearray(data)
        for place in rng.choice(places, 1 + number % 4):
            damaged[place] = int(rng.integers(0, 256)) if number % 2 else \
                damaged[place] ^ (1 << int(rng.integers(0, 8)))
        path.write_bytes(damaged)
        whole = number % 8 == 7
        trial.compile(f"{entry.name}, byte flips {number}", path,
                      flags=() if whole else ("--stop-after=import",))
    for share in (0.0, 0.001, 0.1, 0.5, 0.99):
        path.write_bytes(data[:int(len(data) * share)])
        trial.compile(f"{entry.name}, first {share:.1%}", path, valid=False)
    path.unlink()


def graph_of(nodes, inputs=None, outputs=None, constants=(), opset=17,
             shape=(2, 3)):
    def info(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "bad", [info(n) for n in inputs or ["x"]],
                              [info(n) for n in outputs or ["y"]],
                              list(constants))
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    return model


def weight(dims, kind=TensorProto.FLOAT, raw=None, location=None, **external):
    tensor = TensorProto(name="w", data_type=kind, dims=dims)
    if raw is not None:
        tensor.raw_data = raw
    if location:
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in {"location": location, **external}.items():
            tensor.external_data.add(key=key, value=str(value))
    return tensor


def hostile(folder):
    """(title, model, valid or None where either is right)."""
    node = helper.make_node
    relu = [node("Relu", ["x"], ["y"], name="act")]
    add = [node("Add", ["x", "w"], ["y"], name="sum")]
    yield "valid", graph_of(relu), True
    yield "cycle", graph_of([node("Add", ["x", "b"], ["a"], name="first"),
                             node("Relu", ["a"], ["b"], name="second"),
                             node("Relu", ["a"], ["y"])]), False
    yield "missing input", graph_of([node("Relu", ["nowhere"], ["y"])]), False
    yield "missing output", graph_of(relu, outputs=["y", "z"]), False
    yield "duplicate names", graph_of(relu + [node("Neg", ["x"], ["y"])]), False
    yield "unknown op", graph_of([node("Frobnicate", ["x"], ["y"])]), False
    yield "unknown domain", graph_of(
        [node("Relu", ["x"], ["y"], domain="com.example")]), False
    yield "too few operands", graph_of([node("Add", ["x"], ["y"])]), False
    yield "too many operands", graph_of([node("Relu", ["x"] * 9, ["y"])]), False
    yield "no operands", graph_of([node("Concat", [], ["y"], axis=0)]), False
    yield "attribute of a wrong type", graph_of(
        [node("Softmax", ["x"], ["y"], axis="one")]), False
    yield "axis out of range", graph_of(
        [node("Softmax", ["x"], ["y"], axis=7)]), False
    yield "missing attribute", graph_of([node("Concat", ["x", "x"], ["y"])]), False
    yield "permutation repeats", graph_of(
        [node("Transpose", ["x"], ["y"], perm=[0, 0])]), False
    yield "permutation too long", graph_of(
        [node("Transpose", ["x"], ["y"], perm=[0, 1, 2])]), False
    yield "opset 0", graph_of(relu, opset=0), False
    yield "opset of the future", graph_of(relu, opset=999), None
    yield "empty graph", onnx.ModelProto(), False
    yield "shapes do not broadcast", graph_of(
        add, constants=[weight([5], raw=b"\0" * 20)]), False
    yield "weight shorter than its shape", graph_of(
        add, constants=[weight([2, 3], raw=b"\0" * 20)]), False
    yield "weight longer than its shape", graph_of(
        add, constants=[weight([2, 3], raw=b"\0" * 28)]), False
    yield "weight of negative size", graph_of(
        add, constants=[weight([-2, 3], raw=b"")]), False
    yield "weight of overflowing size", graph_of(
        add, constants=[weight([2**62, 2**62, 16], raw=b"")]), False
    yield "weight of no type", graph_of(
        add, constants=[weight([2, 3], kind=0, raw=b"\0" * 24)]), False
    yield "weight of an unknown type", graph_of(
        add, constants=[weight([2, 3], kind=99, raw=b"\0" * 24)]), False
    yield "types differ", graph_of(add, constants=[
        weight([2, 3], kind=TensorProto.INT64, raw=b"\0" * 48)]), False
    huge = 2**40
    yield "huge dimension", graph_of(relu, shape=(huge, huge)), False
    yield "huge expansion", graph_of(
        [node("Expand", ["x", "w"], ["y"])],
        constants=[numpy_helper.from_array(
            np.array([2**31, 2**31, 2, 3]), "w")]), False
    yield "huge fill", graph_of(
        [node("ConstantOfShape", ["w"], ["z"]), node("Add", ["x", "z"], ["y"])],
        constants=[numpy_helper.from_array(np.array([2**50]), "w")]), False
    yield "huge pads", graph_of(
        [node("Pad", ["x", "w"], ["y"])], constants=[numpy_helper.from_array(
            np.array([2**62, 0, 2**62, 0]), "w")]), False
    yield "reshape to another size", graph_of(
        [node("Reshape", ["x", "w"], ["y"])],
        constants=[numpy_helper.from_array(np.array([4, 5]), "w")]), False
    yield "kernel larger than its image", graph_of(
        [node("MaxPool", ["x"], ["y"], kernel_shape=[9, 9])],
        shape=(1, 1, 3, 3)), False
    yield "stride of zero", graph_of(
        [node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[0, 0])],
        shape=(1, 1, 3, 3)), False
    yield "gather out of range", graph_of(
        [node("Gather", ["x", "w"], ["y"])], constants=[
            numpy_helper.from_array(np.array([7]), "w")]), None
    yield "groups do not divide", graph_of(
        [node("Conv", ["x", "w"], ["y"], group=2)], shape=(1, 3, 4, 4),
        constants=[numpy_helper.from_array(
            np.ones((4, 1, 1, 1), np.float32), "w")]), False
    deep = relu
    for level in range(20):
        inner = helper.make_graph(deep, f"level{level}", [], [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
        deep = [node("Loop", ["", "", "x"], ["y"], body=inner)]
    yield "deep nesting with wrong bodies", graph_of(deep), False

    (folder / "outside.bin").write_bytes(b"\0" * 4096)
    inside = folder / "model"
    inside.mkdir(exist_ok=True)
    (inside / "data.bin").write_bytes(b"\0" * 24)
    if not (inside / "link.bin").is_symlink():
        (inside / "link.bin").symlink_to(folder / "outside.bin")
    for title, where, more, valid in (
            ("external data", "data.bin", {}, True),
            ("external data above the model", "../outside.bin", {}, False),
            ("external data at an absolute path",
             str(folder / "outside.bin"), {}, False),
            ("external data through a symbolic link", "link.bin", {}, False),
            ("external data that is missing", "none.bin", {}, False),
            ("external data past the end", "data.bin", {"offset": 8}, False),
            ("external data with a negative offset", "data.bin",
             {"offset": -8}, False),
            ("external data with an offset of letters", "data.bin",
             {"offset": "x"}, False),
            ("external data of another length", "data.bin",
             {"length": 2**62}, False),
            ("external data in a folder", ".", {}, False)):
        yield title, graph_of(add, constants=[
            weight([2, 3], location=where, **more)]), valid


def runtime_inputs(trial):
    """A compiled program refuses wrong inputs and flags with their codes."""
    # With a weight: that is what a cut program lacks.
    model = graph_of([helper.make_node("Add", ["x", "w"], ["y"])],
                     constants=[weight(
                         [2, 3], raw=np.arange(6, dtype="<f4").tobytes())])
    path = trial.folder / "relu.onnx"
    onnx.save(model, path)
    try:
        program = compile_model(trial.tool.parent.parent, path,
                                trial.folder / "relu")
    except StepFailed as failure:
        return trial.note("program for wrong inputs", str(failure))
    good = np.ones((2, 3), np.float32)
    feed = trial.folder / "feed.npz"
    for title, arrays, words in (
            ("wrong shape", {"x": good.T.copy()}, ["expected", "3"]),
            ("wrong rank", {"x": good[0]}, ["expected"]),
            ("wrong type", {"x": good.astype(np.float64)}, ["expected"]),
            ("missing input", {}, ["x"]),
            ("unknown input", {"x": good, "other": good}, ["other"])):
        np.savez(feed, **arrays)
        trial.note(title, wrong_run(program, ["--inputs", feed], 1, words))
    np.savez(feed, x=good)
    data = feed.read_bytes()
    for share in (0.2, 0.6, 0.95):
        feed.write_bytes(data[:int(len(data) * share)])
        trial.note(f"npz cut at {share:.0%}",
                   wrong_run(program, ["--inputs", feed], 1, []))
    trial.note("no such file",
               wrong_run(program, ["--inputs", "/nowhere.npz"], 1, ["nowhere"]))
    trial.note("unknown flag", wrong_run(program, ["--frobnicate"], 2, []))
    trial.note("unknown compiler flag", wrong_command(
        [trial.tool, path, "--frobnicate"], 2, []))
    trial.note("no such model", wrong_command(
        [trial.tool, "/nowhere.onnx", "-o", trial.folder / "z"], 1,
        ["nowhere"]))
    cut = trial.folder / "cut"
    whole = program.path.read_bytes()
    for share in (0.5, 0.9, 0.999):
        cut.write_bytes(whole[:int(len(whole) * share)])
        cut.chmod(0o755)
        outcome = run_measured([cut, "--info"], 30)
        # What is left may not even be a program for the kernel to load.
        trial.note(f"program cut at {share:.1%}", "" if outcome.code != 0
                   else "runs all the same")
    return None


def wrong_run(program, flags, code, words):
    return wrong_command([program.path, *flags], code, words)


def wrong_command(command, code, words):
    try:
        outcome = run_measured(command, 60)
    except StepFailed as failure:
        return str(failure)
    text = outcome.stderr + outcome.stdout
    if outcome.code != code:
        return f"expected exit code {code}, got {outcome.code}\n{tail(text)}"
    missing = [w for w in words if w not in text]
    return f"does not say {missing}\n{tail(text)}" if missing else ""


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", help="write the results here")
    options = parser.parse_args()
    names = ALL_FLIPPED if options.all else FLIPPED[:2] if options.fast \
        else FLIPPED
    count = 200 if options.all else 8 if options.fast else 40
    rng = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory(prefix="strait-bad-") as folder:
        trial = Trial(options.build, folder)
        inside = trial.folder / "model"
        for title, model, valid in hostile(trial.folder):
            inside.mkdir(exist_ok=True)
            path = inside / "bad.onnx"
            path.write_bytes(model.SerializeToString())
            trial.compile(title, path, valid)
        path.write_bytes(b"")
        trial.compile("empty file", path, valid=False)
        path.write_bytes(b"\xff" * 4096)
        trial.compile("no protobuf", path, valid=False)
        trial.compile("a folder", inside, valid=False)
        runtime_inputs(trial)
        wrong_sizes.check(trial, compile_model, StepFailed, wrong_run)
        print(f"      hostile models and inputs: {trial.passed} passed, "
              f"{trial.failed} failed.", flush=True)
        for entry in zoo.load_entries():
            if entry.name in names:
                before = trial.passed, trial.failed
                flips(trial, entry, zoo.default_cache(options.build), count,
                      rng)
                print(f"      {entry.name}: {trial.passed - before[0]} passed, "
                      f"{trial.failed - before[1]} failed.", flush=True)
    counts = {"passed": trial.passed, "failed": trial.failed,
              "skipped": trial.skipped}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"suite": "bad-input", **counts}))
    print("suite bad-input " + " ".join(f"{k}={v}" for k, v in counts.items()))
    sys.exit(trial.failed > 0)


if __name__ == "__main__":
    main()
