#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Sweeps small computations over ragged sizes, one family after the other,
against double-precision numpy or onnxruntime. A failing model is halved until
the failing cases are known. unsupported.txt lists what the compiler refuses so
far: a listed case must be refused with a diagnostic, any other must pass.

usage: run_ops.py [--build DIR] [--fast] [--dynamic] [--json FILE]
                  [--family NAME] [--case TEXT] [--flag=FLAG ...] [--emulated]
"""
import argparse
import itertools
import json
import pathlib
import sys
import tempfile

import numpy as np
import onnx

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import agreement  # noqa: E402
import contractions  # noqa: E402
import elementwise  # noqa: E402
import folds  # noqa: E402
import movement  # noqa: E402
import recurrent  # noqa: E402
import rows  # noqa: E402
import windows  # noqa: E402
from artefact import (ROOT, StepFailed, compile_model,  # noqa: E402
                      emulate)
from case import build_model  # noqa: E402

FAMILIES = {}
for module in (elementwise, movement, rows, contractions, windows, recurrent,
               folds):
    FAMILIES |= module.FAMILIES
GROUP = 48          # cases in one model
FAST_STRIDE = 9     # --fast takes every ninth case
# Families whose kernels see sizes at run time in real models.
DYNAMIC = ["matmul constant", "matmul prologue", "matmul", "conv", "conv depthwise", "pool",
           "resize", "softmax", "norms", "reductions", "binary", "transpose",
           "views", "concat", "shapes", "attention", "recurrent layers", "folds"]


class Sweep:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.passed = self.failed = self.skipped = 0
        self.count = 0
        self.refused = read_list(HERE / "unsupported.txt")
        self.families = {}

    def check(self, family, cases, dynamic):
        """Compiles and runs the cases in one model; halves it on failure."""
        try:
            built = build_model(cases, dynamic)
            reference = self.references(cases, built)
            got = self.ours(built)
        except StepFailed as failure:
            if len(cases) > 1:
                half = len(cases) // 2
                self.check(family, cases[:half], dynamic)
                self.check(family, cases[half:], dynamic)
            else:
                self.judge(family, cases[0], dynamic, str(failure))
            return
        for case, names, expected in zip(cases, built.results, reference):
            self.judge(family, case, dynamic,
                       self.compare(family, case, names, expected, got))

    def references(self, cases, built):
        import onnxruntime as ort
        options = ort.SessionOptions()
        options.log_severity_level = 4
        # Exact arithmetic as written: no fusion on the reference's side.
        options.graph_optimization_level = \
            ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        session = ort.InferenceSession(built.model.SerializeToString(), options,
                                       providers=["CPUExecutionProvider"])
        names = [n for result in built.results for n in result]
        values = dict(zip(names, session.run(names, built.feeds)))
        answers = []
        for case, result, tensors in zip(cases, built.results, built.tensors):
            answer = [values[n] for n in result]
            if case.reference:
                doubles = [t.astype(np.float64) if t.dtype.kind == "f" else t
                           for t in tensors]
                exact = case.reference(*doubles)
                answer = [np.asarray(e).astype(a.dtype).reshape(a.shape)
                          for e, a in zip(exact, answer)]
            answers.append(answer)
        return answers

    def ours(self, built):
        self.count += 1
        path = self.folder / f"m{self.count}.onnx"
        onnx.save(built.model, path)
        program = compile_model(self.options.build, path,
                                path.with_suffix(""), self.options.flag, 300)
        try:
            one = program.run(built.feeds, threads=1, timeout=60)
            two = program.run(built.feeds, threads=2, timeout=60)
        finally:
            program.path.unlink()
        for name, value in one.items():
            if name not in two or value.tobytes() != two[name].tobytes():
                raise StepFailed(f"{name}: 1 and 2 threads differ in bits")
        return one

    def compare(self, family, case, names, expected, got):
        """The reason why a case is wrong, or an empty text."""
        for name, value in zip(names, expected):
            reason = agreement.mismatch(value, got.get(name))
            if reason:
                return reason
            far = agreement.distance(value, got[name])
            entry = self.families[family]
            entry["worst"] = max(entry["worst"], far)
            if not far <= case.tolerance:
                place = int(np.nanargmax(np.abs(
                    value.astype(np.float64) - got[name].astype(np.float64))))
                return (f"{far:.2e} of the largest magnitude, allowed "
                        f"{case.tolerance:.0e}; at flat index {place} expected "
                        f"{value.flat[place]}, got {got[name].flat[place]}")
        return ""

    def judge(self, family, case, dynamic, problem):
        title = f"{family}: {case.name}{' (dynamic)' if dynamic else ''}"
        listed = title in self.refused
        # Refused means said so with the exit code for models at fault.
        if listed and problem.startswith("compile-model: exit code 1\n"):
            self.skipped += 1
            self.families[family]["skipped"] += 1
        elif problem or listed:
            self.failed += 1
            self.families[family]["failed"] += 1
            print(f"FAIL  {title}: "
                  + (problem or "passes but is listed in unsupported.txt"),
                  flush=True)
        else:
            self.passed += 1
            self.families[family]["passed"] += 1

    def family(self, name, dynamic):
        cases = [c for c in FAMILIES[name]()
                 if not self.options.case or self.options.case in c.name]
        if self.options.fast:
            cases = cases[::FAST_STRIDE]
        key = name
        self.families.setdefault(key, {"passed": 0, "failed": 0, "skipped": 0,
                                       "worst": 0.0})
        cases.sort(key=lambda c: c.opset)
        for _, same in itertools.groupby(cases, key=lambda c: c.opset):
            same = list(same)
            for start in range(0, len(same), GROUP):
                self.check(key, same[start:start + GROUP], dynamic)


def read_list(path):
    if not path.exists():
        return set()
    return {line.strip() for line in path.read_text().splitlines()
            if line.strip() and not line.startswith("#")}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--dynamic", action="store_true",
                        help="only the runs with dynamic dimensions")
    parser.add_argument("--static", action="store_true",
                        help="only the runs with static dimensions")
    parser.add_argument("--family", action="append")
    parser.add_argument("--case", help="cases whose names contain this")
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--emulated", action="store_true",
                        help="code for GPUs, on the emulator with its checks")
    parser.add_argument("--json", help="write the results here")
    options = parser.parse_args()
    if options.emulated:
        options.flag += emulate(options.build, checks=True)
    with tempfile.TemporaryDirectory(prefix="strait-ops-") as folder:
        sweep = Sweep(options, folder)
        for name in options.family or FAMILIES:
            if name not in FAMILIES:
                sys.exit(f"run_ops: families are {', '.join(FAMILIES)}")
            if not options.dynamic:
                sweep.family(name, dynamic=False)
            if name in DYNAMIC and not options.static:
                sweep.family(name, dynamic=True)
            row = sweep.families.get(name)
            if not row:  # --dynamic, and not one of those
                continue
            print(f"{'FAIL' if row['failed'] else 'pass'}  {name}: "
                  f"{row['passed']} passed, {row['failed']} failed, "
                  f"{row['skipped']} refused; largest difference "
                  f"{row['worst']:.1e}", flush=True)
    result = {"suite": "ops", "passed": sweep.passed, "failed": sweep.failed,
              "skipped": sweep.skipped, "families": sweep.families}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1))
    print(f"suite ops passed={sweep.passed} failed={sweep.failed} "
          f"skipped={sweep.skipped}")
    sys.exit(sweep.failed > 0)


if __name__ == "__main__":
    main()
