#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Checks the tree's shape: who includes whom, licence lines, file lengths,
names, words, and that every pass has its test with a negative twin.

usage: layers.py [--json FILE]      exit code 1 when a rule is broken
"""
import argparse
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_LINES = 600
CODE = {".cpp", ".h", ".c", ".td", ".py", ".sh", ".cmake", ".yaml"}
NATIVE = {".cpp", ".h", ".c"}

# Folder -> what its files may include besides their own folder. Below
# "passes", files of passes/ itself (declarations) count as "passes".
PASSES = ["dialects", "passes/analysis", "passes"]
MAY_USE = {
    "dialects": [],
    "frontends": ["dialects"],
    "passes": ["dialects"],
    "passes/analysis": ["dialects"],
    "passes/graph": PASSES,
    "passes/kernel": PASSES,
    # The memory planner and the ABI are one code for compiler and runtime.
    "passes/schedule": PASSES + ["runtime/include", "runtime/core"],
    "passes/loops": PASSES + ["runtime/include"],
    "passes/cpu": PASSES + ["passes/loops", "runtime/include"],
    "passes/cuda": PASSES + ["passes/loops", "runtime/include"],
    "compiler": ["dialects", "frontends", "passes", "runtime"],
    "runtime": [],
    # The core knows no driver, and what drives a device no program.
    "runtime/core": [],
    "runtime/cuda": ["runtime/core"],
    "tools": ["dialects", "frontends", "passes", "compiler", "runtime"],
    "test": ["dialects", "frontends", "passes", "compiler", "runtime", "tools"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def tracked():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"],
                            cwd=ROOT, check=True, capture_output=True,
                            text=True)
    return [pathlib.PurePath(f) for f in listed.stdout.splitlines()
            if (ROOT / f).is_file()]


def is_script(path):
    if path.suffix:
        return False
    with open(ROOT / path, "rb") as file:
        return file.read(2) == b"#!"


def folder_of(path):
    """The row of MAY_USE that a root-relative path belongs to, or None."""
    text = str(path)
    rows = [r for r in MAY_USE if text.startswith(r + "/")]
    return max(rows, key=len, default=None)


def includes(files):
    """Includes go down the table of folders only, root-relative."""
    for path in files:
        row = folder_of(path)
        if path.suffix not in NATIVE | {".td"} or not row:
            continue
        for target in INCLUDE.findall((ROOT / path).read_text()):
            owner = folder_of(pathlib.PurePath(target))
            if owner is None:
                # MLIR's own, generated files at the root, or strait/*.h.
                if (ROOT / path.parent / target).exists():
                    yield f'{path}: "{target}" is not root-relative'
                continue
            allowed = [row] + MAY_USE[row]
            if not any(target.startswith(a + "/") for a in allowed):
                yield f'{path}: may not include "{target}"'


def own_header_first(files):
    """X.cpp beside X.h includes X.h before anything else."""
    for path in files:
        header = path.with_suffix(".h")
        if path.suffix != ".cpp" or not (ROOT / header).exists():
            continue
        found = re.search(r'^\s*#\s*include\s+([<"])([^>"]+)',
                          (ROOT / path).read_text(), re.MULTILINE)
        if found and found.group(2) != str(header):
            yield f'{path}: first include is {found.group(2)}, not "{header}"'


def licence(files):
    """The licence line stands first (after #! in scripts)."""
    line = "SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"
    for path in files:
        if path.suffix in CODE or path.name == "CMakeLists.txt" or \
                is_script(path):
            with open(ROOT / path, errors="replace") as file:
                head = [file.readline(), file.readline()]
            if line not in head[head[0].startswith("#!")]:
                yield f"{path}: no licence line"


def length(files):
    """No file is longer than 600 lines."""
    for path in files:
        if path.suffix in CODE:
            lines = (ROOT / path).read_text().count("\n")
            if lines > MAX_LINES:
                yield f"{path}: {lines} lines, allowed {MAX_LINES}"


def names(files):
    """No grab bags."""
    bags = {"utils", "util", "common", "misc", "helper", "helpers",
            "utilities"}
    for path in files:
        words = re.findall(r"[A-Z]?[a-z]+", path.stem)
        if bags & {w.lower() for w in words}:
            yield f"{path}: say what it is about"


def words(files):
    """No notes of unfinished work."""
    left = re.compile(r"\b(TODO|FIXME|XXX|placeholder|not implemented)\b",
                      re.IGNORECASE)
    for path in files:
        if path.name == "layers.py" or not (
                path.suffix in CODE or is_script(path)):
            continue
        text = (ROOT / path).read_text()
        for number, row in enumerate(text.splitlines(), 1):
            if left.search(row):
                yield f"{path}:{number}: {row.strip()}"


def dropped_results(files):
    """Passes and drivers never cast a call's result to void."""
    cast = re.compile(r"\(void\)\s*[\w:.>-]+\(")
    for path in files:
        if folder_of(path) and path.suffix == ".cpp" and \
                path.parts[0] in ("passes", "compiler", "frontends"):
            text = (ROOT / path).read_text()
            for number, row in enumerate(text.splitlines(), 1):
                if cast.search(row):
                    yield f"{path}:{number}: {row.strip()}"


def pass_tests(files):
    """Every pass has test/passes/<level>/<name>.mlir with a @negative_."""
    define = re.compile(r'^def\s+\w+\s*:\s*Pass<\s*"(?:strait-)?([\w-]+)"',
                        re.MULTILINE)
    for path in files:
        if path.suffix != ".td" or path.parts[0] != "passes":
            continue
        for name in define.findall((ROOT / path).read_text()):
            test = pathlib.PurePath("test", *path.parent.parts, name + ".mlir")
            if not (ROOT / test).exists():
                yield f"{path}: pass {name} has no {test}"
            elif "negative_" not in (ROOT / test).read_text():
                yield f"{test}: no @negative_ twin"


def op_tests(files):
    """Every op of a dialect stands in a lit test of test/dialects/<dialect>."""
    define = re.compile(r'^def\s+\w+Op\s*:\s*\w+<"([a-z0-9_]+)"', re.MULTILINE)
    prefix = {"graph": "strait", "kernel": "kernel", "schedule": "schedule"}
    for path in files:
        if path.suffix != ".td" or path.parts[0] != "dialects":
            continue
        dialect = path.parts[1]
        tests = "".join((ROOT / f).read_text() for f in files
                        if f.suffix == ".mlir" and
                        f.parts[:3] == ("test", "dialects", dialect))
        for name in define.findall((ROOT / path).read_text()):
            if not re.search(rf"\b{prefix[dialect]}\.{name}\b", tests):
                yield f"{path}: {prefix[dialect]}.{name} is in no test"


def filecheck(files):
    """lit tests run something, check it, and spell FileCheck right."""
    known = {"", "-LABEL", "-NEXT", "-SAME", "-NOT", "-DAG", "-EMPTY",
             "-COUNT"}
    directive = re.compile(r"^\s*(?://|#|;)\s*([A-Z][A-Z0-9_]*)?"
                           r"(CHECK)([A-Z0-9_-]*)\s*(:?)")
    near = re.compile(r"^\s*(?://|#)\s*(CEHCK|CHCEK|CHEK|CHECKS|CHECK[A-Z_]"
                      r"\w*)\b")
    for path in files:
        if path.parts[0] != "test" or path.suffix not in (
                ".mlir", ".onnxtext", ".test") or "Inputs" in path.parts:
            continue
        text = (ROOT / path).read_text()
        if "RUN:" not in text:
            yield f"{path}: no RUN line"
        if not re.search(r"FileCheck|verify-diagnostics|\bnot |diff|cmp|"
                         r"%python", text):
            yield f"{path}: checks nothing"
        for number, row in enumerate(text.splitlines(), 1):
            found = directive.match(row)
            if near.match(row) or found and found.group(4) and re.sub(
                    r"-COUNT-\d+", "-COUNT", found.group(3)) not in known:
                yield f"{path}:{number}: {row.strip()[:60]}"
            elif found and not found.group(4) and found.group(3) in known and \
                    found.group(3):
                yield f"{path}:{number}: no colon: {row.strip()[:60]}"


RULES = [includes, own_header_first, licence, length, names, words,
         dropped_results, pass_tests, op_tests, filecheck]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", help="write the results here")
    options = parser.parse_args()
    files = tracked()
    failed = 0
    for rule in RULES:
        found = list(rule(files))
        failed += bool(found)
        print(f"{'FAIL' if found else 'pass'}  {rule.__doc__}")
        for line in found:
            print(f"      {line}")
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({
            "suite": "layers", "passed": len(RULES) - failed,
            "failed": failed, "skipped": 0}))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
