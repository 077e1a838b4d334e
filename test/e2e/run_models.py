#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles the models of models.yaml and compares every output with
onnxruntime, at 1 and 2 threads with equal bits.

usage: run_models.py [--build DIR] [--fast | --all] [--json FILE]
                     [--flag=FLAG ...] [--emulated] [--keep DIR] [MODEL ...]

With --emulated the programs are for GPUs and run on the emulator: the small
models, checked in every access where models.yaml says so; all with --all.
"""
import argparse
import json
import os
import pathlib
import sys
import tempfile

import onnx

import agreement
import zoo
from artefact import ROOT, StepFailed, compile_model, emulate


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.models = []

    def say(self, verdict, model, text):
        mark = {"pass": "pass", "fail": "FAIL", "skip": "skip"}[verdict]
        print(f"{mark}  {model}: {text}", flush=True)
        name = {"pass": "passed", "fail": "failed", "skip": "skipped"}[verdict]
        setattr(self, name, getattr(self, name) + 1)


def check_case(tally, model, case, program, reference):
    """One set of inputs: both thread counts, equal bits, every output."""
    try:
        one = program.run(case.inputs, threads=1)
        two = program.run(case.inputs, threads=2)
    except StepFailed as failure:
        tally.say("fail", model, f"{case.name}: {failure}")
        return None
    problems, worst = [], 0.0
    for name, expected in reference.items():
        reason = agreement.mismatch(expected, one.get(name))
        if reason:
            problems.append(f"{name}: {reason}")
            worst = float("inf")
            continue
        far = agreement.distance(expected, one[name])
        worst = max(worst, far)
        if not far <= agreement.TOLERANCE:
            problems.append(f"{name}: {far:.2e} of its largest magnitude, "
                            f"allowed {agreement.TOLERANCE:.0e}")
        if one[name].tobytes() != two[name].tobytes():
            problems.append(f"{name}: 1 and 2 threads differ in bits")
    if problems:
        tally.say("fail", model, f"{case.name}: " + "; ".join(problems[:6]))
    else:
        tally.say("pass", model, f"{case.name}: largest difference "
                  f"{worst:.1e} over {len(reference)} outputs")
    return worst


def check_taps(tally, entry, cases, options, folder):
    """The same with inner tensors as outputs, in a program of its own."""
    path = pathlib.Path(folder) / f"{entry.name}-taps.onnx"
    onnx.save(entry.tapped(zoo.default_cache(options.build)), path)
    try:
        program = compile_model(options.build, path, path.with_suffix(""),
                                options.flag)
    except StepFailed as failure:
        return tally.say("fail", entry.name, f"with taps: {failure}")
    for case, reference in zip(cases, zoo.onnxruntime_outputs(
            path, [c.inputs for c in cases])):
        check_case(tally, f"{entry.name} with taps", case, program, reference)
    path.unlink()
    program.path.unlink()


def check_model(tally, entry, options, folder):
    flags = list(options.flag)
    if options.emulated:
        flags += emulate(options.build, checks=entry.emulated == "checked")
    row = {"name": entry.name, "status": "fail", "worst": None}
    tally.models.append(row)
    cache = zoo.default_cache(options.build)
    try:
        path = entry.path(cache)
        cases = list(entry.cases(cache))
    except zoo.Missing as reason:
        row["status"] = "skip"
        return tally.say("skip", entry.name, str(reason))
    try:
        program = compile_model(options.build, path,
                                pathlib.Path(folder) / entry.name, flags)
    except StepFailed as failure:
        return tally.say("fail", entry.name, str(failure))
    row.update(compile_seconds=round(program.compile_seconds, 2),
               compile_peak_mb=program.compile_peak_bytes >> 20,
               program_mb=round(program.size() / 2**20, 2),
               model_mb=round(os.path.getsize(path) / 2**20, 2))
    print(f"      {entry.name}: compiled in {program.compile_seconds:.1f} s, "
          f"peak {row['compile_peak_mb']} MB, program "
          f"{row['program_mb']} MB (model {row['model_mb']} MB)", flush=True)
    before = tally.failed
    if options.emulated:
        cases = cases[:2]
    references = zoo.onnxruntime_outputs(path, [c.inputs for c in cases])
    distances = [check_case(tally, entry.name, case, program, reference)
                 for case, reference in zip(cases, references)]
    if all(d is not None for d in distances):
        row["worst"] = max(distances)
    if entry.taps and not options.emulated:
        check_taps(tally, entry, cases[:2], options, folder)
    if tally.failed == before:
        row["status"] = "pass"
    if not options.keep:
        program.path.unlink()


def select(entries, options):
    if options.models:
        unknown = set(options.models) - {e.name for e in entries}
        if unknown:
            sys.exit(f"run_models: unknown models: {', '.join(sorted(unknown))}")
        return [e for e in entries if e.name in options.models]
    if options.fast:
        return [e for e in entries if e.tier == "fast"]
    if options.all:
        return entries
    if options.emulated:
        return [e for e in entries if e.emulated]
    return [e for e in entries if e.tier in ("fast", "default")]


def run_listed_broken(tally, entry, options, folder):
    """A model listed as broken must still fail, else the list is stale."""
    trial = Tally()
    check_model(trial, entry, options, folder)
    tally.models += trial.models
    if trial.failed == 0 and trial.passed > 0:
        tally.say("fail", entry.name, f"passes but is listed as "
                  f"'{entry.status}': update models.yaml")
    else:
        tally.say("skip", entry.name, f"still {entry.status}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--build", default=str(ROOT / "build"))
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--flag", action="append", default=[],
                        help="passed on to compile-model")
    parser.add_argument("--emulated", action="store_true")
    parser.add_argument("--keep", help="folder for the programs")
    parser.add_argument("--json", help="write the results here")
    parser.add_argument("models", nargs="*")
    options = parser.parse_args()
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="strait-models-") as scratch:
        folder = options.keep or scratch
        os.makedirs(folder, exist_ok=True)
        for entry in select(zoo.load_entries(), options):
            if not entry.broken() or options.models:
                check_model(tally, entry, options, folder)
            elif options.all:
                run_listed_broken(tally, entry, options, folder)
            else:
                tally.say("skip", entry.name, entry.status)
    result = {"suite": "models", "passed": tally.passed,
              "failed": tally.failed, "skipped": tally.skipped,
              "models": tally.models}
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1))
    print(f"suite models passed={tally.passed} failed={tally.failed} "
          f"skipped={tally.skipped}")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
