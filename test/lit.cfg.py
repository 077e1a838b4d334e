# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""lit configuration: IR tests (.mlir), text models (.onnxtext), tools (.test).

Run one folder or file by hand: .venv/bin/lit -v build/test/passes
"""
import os

import lit.formats

config.name = "strait"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".onnxtext", ".test"]
config.excludes = ["Inputs", "e2e"]
config.test_source_root = os.path.join(config.strait_source, "test")
config.test_exec_root = os.path.join(config.strait_build, "test")

tools = [
    os.path.join(config.strait_build, "bin"),
    os.path.join(config.strait_build, "tools"),
    config.llvm_tools,
    "/usr/lib/llvm-22/bin",
]
config.environment["PATH"] = os.pathsep.join(
    tools + [config.environment.get("PATH", "")])
config.environment["FILECHECK_OPTS"] = "--dump-input-filter=all"
# Slabs that LLVM's own libraries carve up carry no poison of theirs.
config.environment["ASAN_OPTIONS"] = "allow_user_poisoning=0:detect_leaks=0"

config.substitutions.append(("%python", config.strait_python))
config.substitutions.append(("%strait_src", config.strait_source))
config.substitutions.append(("%emulator", os.path.join(
    config.strait_build, "lib", "libstrait-emulator.so")))

if os.environ.get("STRAIT_SHARED") or os.path.isdir(
        os.path.join(config.strait_source, "..", "shared")):
    config.available_features.add("shared")
