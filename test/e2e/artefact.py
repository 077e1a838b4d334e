# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compiles models and runs the programs that come out, as a user would:
through the command lines of compile-model and of the program itself."""
import dataclasses
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]


class StepFailed(Exception):
    """A compiler or program that failed; the text is what it said."""


@dataclasses.dataclass
class Outcome:
    code: int
    stdout: str
    stderr: str
    seconds: float
    peak_bytes: int


def find_shared():
    """The folder of shared models, or None: STRAIT_SHARED, else beside the
    repository (or beside the main checkout of a worktree)."""
    named = os.environ.get("STRAIT_SHARED")
    for folder in [named] if named else [ROOT.parent / "shared",
                                         ROOT.parent.parent / "shared"]:
        if (pathlib.Path(folder) / "models" / "fill.py").exists():
            return pathlib.Path(folder)
    return None


def find_tool(build, name):
    for folder in ("bin", "tools", "."):
        path = pathlib.Path(build) / folder / name
        if path.is_file():
            return path
    raise StepFailed(f"no {name} in {build}: build it first (tools/dev/build)")


def _peak_bytes(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def emulate(build, checks):
    """Lets programs for GPUs run on the emulator, which checks every access if
    told to. Returns the flags to compile them with."""
    emulator = pathlib.Path(build) / "lib/libstrait-emulator.so"
    os.environ |= {"STRAIT_LIBCUDA": str(emulator.resolve()),
                   "STRAIT_CUDA_CHECK": "1" if checks else "0"}
    return ["--target=cuda", "--arch=sm_80"]


def run_measured(command, timeout):
    """Runs a command to its end, measuring wall time and peak memory. The
    peak is polled: a child's ru_maxrss starts at what its parent held."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        process = subprocess.Popen([str(c) for c in command], stdout=out,
                                   stderr=err, stdin=subprocess.DEVNULL,
                                   start_new_session=True)
        pause, peak = 0.0005, 0
        while True:
            peak = max(peak, _peak_bytes(process.pid))
            pid, status = os.waitpid(process.pid, os.WNOHANG)
            seconds = time.monotonic() - start
            if pid:
                break
            if seconds > timeout:
                os.killpg(process.pid, signal.SIGKILL)
                os.waitpid(process.pid, 0)
                process.returncode = -9
                raise StepFailed(f"no end after {timeout} s: "
                                 + " ".join(map(str, command)))
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        process.returncode = code = os.waitstatus_to_exitcode(status)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Outcome(code, texts[0], texts[1], seconds, peak)


def tail(text, lines=12):
    return "\n".join("    " + line for line in text.strip().splitlines()[-lines:])


def explain(what, outcome):
    code = outcome.code
    end = f"signal {-code}" if code < 0 else f"exit code {code}"
    return f"{what}: {end}\n{tail(outcome.stdout + outcome.stderr)}"


@dataclasses.dataclass
class Program:
    path: pathlib.Path
    compile_seconds: float
    compile_peak_bytes: int

    def size(self):
        return self.path.stat().st_size

    def run(self, inputs, threads=1, timeout=300, flags=()):
        """Runs once; returns {output name: array}."""
        with tempfile.TemporaryDirectory() as folder:
            feed = os.path.join(folder, "in.npz")
            result = os.path.join(folder, "out.npz")
            np.savez(feed, **inputs)
            outcome = run_measured([self.path, "--inputs", feed, "--outputs",
                                    result, "--threads", threads, *flags],
                                   timeout)
            if outcome.code != 0:
                raise StepFailed(explain("run", outcome))
            if not os.path.exists(result):
                raise StepFailed("run: exit code 0 but no outputs written")
            with np.load(result) as data:
                return {name: data[name] for name in data.files}


def compile_model(build, model, out, flags=(), timeout=900):
    tool = find_tool(build, "compile-model")
    outcome = run_measured([tool, model, "-o", out, *flags], timeout)
    if outcome.code != 0:
        raise StepFailed(explain("compile-model", outcome))
    if not pathlib.Path(out).exists():
        raise StepFailed("compile-model: exit code 0 but no program written")
    return Program(pathlib.Path(out), outcome.seconds, outcome.peak_bytes)
