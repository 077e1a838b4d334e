#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Builds, then runs the test suites one after the other and adds them up.
Started by tools/dev/check, which sets the machine up first.

usage: run_suites.py [--fast | --extended] [--only SUITE[,SUITE...]]
"""
import argparse
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
SANITIZE = ROOT / "build-sanitize"
PYTHON = sys.executable
FUZZ_SECONDS = 60
# LLVM's shared libraries are not instrumented: what they allocate inside
# slabs carries no poison, and what they keep for ever is no leak of ours.
ASAN = "allow_user_poisoning=0:detect_leaks=0:detect_odr_violation=0"


@dataclasses.dataclass
class Result:
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    note: str = ""


def run(command, timeout, **options):
    """The exit code of a command whose output goes to ours; 124 on time-out."""
    try:
        return subprocess.run([str(c) for c in command], cwd=ROOT,
                              stdin=subprocess.DEVNULL, timeout=timeout,
                              check=False, **options).returncode
    except subprocess.TimeoutExpired:
        print(f"no end after {timeout} s: {' '.join(map(str, command))}")
        return 124


def script(name, command, timeout):
    """A suite that writes its counts as JSON."""
    report = BUILD / f"{name}.json"
    report.unlink(missing_ok=True)
    code = run([PYTHON, *command, "--json", report], timeout)
    if not report.exists():
        return Result(name, failed=1, note=f"ended with {code}, no counts")
    counts = json.loads(report.read_text())
    result = Result(name, counts["passed"], counts["failed"],
                    counts["skipped"], note=counts.get("note", ""))
    if code != 0 and result.failed == 0:
        result.failed, result.note = 1, f"ended with {code}"
    return result


def build(mode):
    code = run([ROOT / "tools/dev/build"], 4500)
    return Result("build", passed=code == 0, failed=code != 0)


def layers(mode):
    return script("layers", [ROOT / "tools/dev/layers.py"], 60)


def lit(mode):
    report = BUILD / "lit.json"
    report.unlink(missing_ok=True)
    run([pathlib.Path(PYTHON).parent / "lit", "-v", "-j2", "-o", report,
         "--timeout", "300", BUILD / "test"], 1800,
        env=os.environ | {"LIT_PRESERVES_TMP": "0"})
    if not report.exists():
        return Result("lit", failed=1, note="no report")
    codes = [t["code"] for t in json.loads(report.read_text())["tests"]]
    good = sum(c in ("PASS", "XFAIL", "FLAKYPASS") for c in codes)
    skipped = sum(c in ("UNSUPPORTED", "SKIPPED", "EXCLUDED") for c in codes)
    return Result("lit", good, len(codes) - good - skipped, skipped)


def gtest(name, folder, only=None):
    """Every GoogleTest program of a folder; a crash counts as one failure."""
    result = Result(name)
    for program in sorted(folder.glob("*")) if folder.is_dir() else []:
        if not os.access(program, os.X_OK) or program.is_dir():
            continue
        if only and not only(program.name):
            continue
        report = BUILD / f"{name}-{program.name}.json"
        report.unlink(missing_ok=True)
        done = subprocess.run(
            [program, "--gtest_brief=1", f"--gtest_output=json:{report}"],
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", check=False,
            timeout=900, env=os.environ | {
                "ASAN_OPTIONS": ASAN, "UBSAN_OPTIONS": "print_stacktrace=1",
                "STRAIT_BUILD": str(BUILD), "STRAIT_PYTHON": PYTHON})
        counts = {"tests": 1, "failures": 1, "disabled": 0}
        if report.exists():
            counts = json.loads(report.read_text())
            skipped = sum(t.get("result") == "SKIPPED"
                          for s in counts["testsuites"]
                          for t in s["testsuite"])
        else:
            skipped = 0
        failed = counts["failures"] + counts.get("errors", 0)
        if done.returncode != 0 and failed == 0:
            failed = 1
        passed = counts["tests"] - counts["failures"] - counts["disabled"]
        result.passed += max(0, passed - skipped)
        result.failed += failed
        result.skipped += skipped + counts["disabled"]
        print(f"{'FAIL' if failed else 'pass'}  {program.name}: "
              f"{counts['tests']} tests, {failed} failed", flush=True)
        if failed:
            print(done.stdout[-8000:], done.stderr[-8000:], sep="\n")
    return result


def unit(mode):
    result = gtest("unit", BUILD / "test/unit")
    if result.passed + result.failed == 0:
        result.skipped, result.note = 1, "no GoogleTest program built"
    return result


def models(mode):
    flags = {"fast": ["--fast"], "extended": ["--all"]}.get(mode, [])
    return script("models", [ROOT / "test/e2e/run_models.py", *flags], 5400)


def lower_code(mode):
    """The models again with AVX2 code, where the machine's own is another."""
    if "avx512f" not in pathlib.Path("/proc/cpuinfo").read_text():
        return Result("lower-code", skipped=1, note="native code is AVX2 code")
    flags = ["--flag=--cpu=x86-64-v3"]
    result = script("lower-code", [ROOT / "test/e2e/run_models.py", *flags],
                    5400)
    if mode == "extended":
        more = script("lower-code-ops",
                      [ROOT / "test/e2e/ops/run_ops.py", *flags], 3600)
        result.passed += more.passed
        result.failed += more.failed
        result.skipped += more.skipped
    return result


def ops(mode):
    flags = ["--fast"] if mode == "fast" else []
    return script("ops", [ROOT / "test/e2e/ops/run_ops.py", *flags], 3600)


def ops_cuda(mode):
    """The same for GPUs, on the emulator: few of the cases, as it checks every
    access."""
    flags = [] if mode == "extended" else ["--fast"]
    return script("ops-cuda", [ROOT / "test/e2e/ops/run_ops.py", "--emulated",
                               *flags], 5400 if mode == "extended" else 900)


def models_cuda(mode):
    flags = ["--all"] if mode == "extended" else []
    return script("models-cuda", [ROOT / "test/e2e/run_models.py",
                                  "--emulated", *flags], 5400)


def gpu_bundle(mode):
    """What on_gpu packs for a machine with a GPU runs on the emulator."""
    tool, cases = ROOT / "tools/bench/on_gpu", ["matmul-12x197x197x64",
                                                "digits-mobilenet"]
    with tempfile.TemporaryDirectory(prefix="strait-bundle-") as folder:
        bundle, answer = f"{folder}/bundle.tar.gz", f"{folder}/answer.json"
        steps = [[PYTHON, tool, "--pack", bundle, "--build", BUILD, *cases],
                 ["tar", "xzf", bundle, "-C", folder],
                 [f"{folder}/run.sh", answer, "120"],
                 [PYTHON, tool, "--table", answer]]
        emulator = {"STRAIT_LIBCUDA": str(BUILD / "lib/libstrait-emulator.so")}
        if any(run(step, 300, env=os.environ | emulator) for step in steps):
            return Result("gpu-bundle", failed=1)
        codes = [case["code"] for case in
                 json.loads(pathlib.Path(answer).read_text())["cases"]]
    good = codes.count(0)
    return Result("gpu-bundle", good, len(cases) - good)


def cuda_gate(mode):
    return script("cuda-gate", [ROOT / "tools/dev/cuda_gate"], 1800)


def bad_input(mode):
    flags = {"fast": ["--fast"], "extended": ["--all"]}.get(mode, [])
    return script("bad-input", [ROOT / "test/e2e/bad_input.py", *flags], 3600)


def demo(mode):
    text = "Strait reads: 42 narrow places!"
    done = subprocess.run([PYTHON, ROOT / "tools/dev/read_text.py", text],
                          cwd=ROOT, stdin=subprocess.DEVNULL, check=False,
                          capture_output=True, text=True, timeout=600)
    print(done.stdout + done.stderr)
    good = done.returncode == 0 and f"read      {text}" in done.stdout
    return Result("demo", passed=good, failed=not good)


def budgets(mode):
    return script("budgets", [ROOT / "test/e2e/budgets.py"], 1800)


def oracle(mode):
    flags = ["--all"] if mode == "extended" else []
    return script("oracle", [ROOT / "test/e2e/oracle_sees.py", *flags], 7200)


def sanitize_build(mode):
    code = run([ROOT / "tools/dev/build", "--sanitize",
                "strait-sanitizer-tests", "strait-fuzzers"], 3600)
    return Result("sanitize-build", passed=code == 0, failed=code != 0)


def sanitize(mode):
    result = gtest("sanitize", SANITIZE / "test/unit")
    if result.passed + result.failed == 0:
        result.skipped, result.note = 1, "no sanitized test program built"
    return result


def threads(mode):
    """The pool's and the runs' tests under ThreadSanitizer."""
    programs = ["PoolTest", "RunTest"]
    code = run([ROOT / "tools/dev/build", "--sanitize=thread", *programs], 1800)
    if code != 0:
        return Result("threads", failed=1, note="does not build")
    return gtest("threads", ROOT / "build-thread/test/unit",
                 lambda name: name in programs)


def fuzz(mode):
    result = Result("fuzz")
    folder = SANITIZE / "test/fuzz"
    for program in sorted(folder.glob("*")) if folder.is_dir() else []:
        if not os.access(program, os.X_OK) or program.is_dir():
            continue
        work = BUILD / "fuzz" / program.name
        (work / "corpus").mkdir(parents=True, exist_ok=True)
        seeds = ROOT / "test/fuzz" / program.name
        print(f"      {program.name}: {FUZZ_SECONDS} s", flush=True)
        done = subprocess.run(
            [program, f"-max_total_time={FUZZ_SECONDS}", "-timeout=20",
             "-rss_limit_mb=4096", "-print_final_stats=1",
             f"-artifact_prefix={work}/", work / "corpus",
             *([seeds] if seeds.is_dir() else [])],
            cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", check=False,
            timeout=FUZZ_SECONDS * 6, env=os.environ | {"ASAN_OPTIONS": ASAN})
        bad = done.returncode != 0
        result.failed += bad
        result.passed += not bad
        runs = [line for line in done.stderr.splitlines()
                if "number_of_executed_units" in line]
        print(f"{'FAIL' if bad else 'pass'}  {program.name}: "
              f"{' '.join(runs)}", flush=True)
        if bad:
            print(done.stderr[-6000:])
    if result.passed + result.failed == 0:
        result.skipped, result.note = 1, "no fuzz target built"
    return result


# In order; which of them --fast runs.
SUITES = [(build, True), (layers, True), (lit, True), (unit, True),
          (models, True), (ops, True), (ops_cuda, False),
          (models_cuda, False), (gpu_bundle, False),
          (cuda_gate, False), (demo, True),
          (lower_code, False),
          (bad_input, False), (oracle, False), (budgets, False), (sanitize_build, False),
          (sanitize, False), (threads, False), (fuzz, False)]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--extended", action="store_true")
    parser.add_argument("--only", help="names of suites, with commas")
    options = parser.parse_args()
    mode = "fast" if options.fast else \
        "extended" if options.extended else "default"
    names = [s.__name__.replace("_", "-") for s, _ in SUITES]
    only = options.only.split(",") if options.only else None
    if only and set(only) - set(names):
        sys.exit(f"check: unknown suite; there are {', '.join(names)}")
    results = []
    for (suite, in_fast), name in zip(SUITES, names):
        if only is not None and name not in only or \
                only is None and mode == "fast" and not in_fast:
            continue
        print(f"\n== {name}", flush=True)
        start = time.monotonic()
        try:
            result = suite(mode)
        except subprocess.TimeoutExpired as late:
            result = Result(name, failed=1, note=f"no end: {late}")
        result.name, result.seconds = name, time.monotonic() - start
        results.append(result)
        if name == "build" and result.failed:
            break
    print(f"\n{'suite':16}{'passed':>8}{'failed':>8}{'skipped':>9}"
          f"{'seconds':>9}")
    for r in results:
        print(f"{r.name:16}{r.passed:8}{r.failed:8}{r.skipped:9}"
              f"{r.seconds:9.0f}  {r.note}")
    passed, failed, skipped = (sum(getattr(r, k) for r in results)
                               for k in ("passed", "failed", "skipped"))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
