#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes the skeleton of a pass: its .cpp, its entry in Passes.td, its line in
CMakeLists.txt, and its lit test with the negative twin. Nothing that exists is
overwritten.

usage: new_pass.py LEVEL NameOfPass "form before -> form after"
LEVEL is a folder below passes/ (graph, kernel, schedule, cpu).
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

CPP = """\
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// {summary}
#include "passes/{level}/Passes.h"

namespace {space} {{
#define GEN_PASS_DEF_{upper}PASS
#include "passes/{level}/Passes.h.inc"
}} // namespace {space}

using namespace mlir;
using namespace strait;

namespace {{
/// {summary}
struct {name} : RewritePattern {{
  {name}(MLIRContext *context)
      : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {{}}

  LogicalResult matchAndRewrite(Operation *op,
                                PatternRewriter &rewriter) const override {{
    // All bail-outs come before the first op is created.
    return rewriter.notifyMatchFailure(op, "no form to rewrite is known");
  }}
}};

class {name}Pass : public {space}::impl::{name}PassBase<{name}Pass> {{
  void runOnOperation() override {{
    RewritePatternSet patterns(&getContext());
    patterns.add<{name}>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      return signalPassFailure();
  }}
}};
}} // namespace
"""

TD = """\
def {name}Pass : Pass<"strait-{kebab}", "::mlir::func::FuncOp"> {{
  let summary = "{summary}";
  let description = [{{
    ```mlir
    %before
    ```
    becomes
    ```mlir
    %after
    ```
  }}];
}}

"""

TEST = """\
// RUN: strait-opt %s --pass-pipeline='builtin.module(func.func(strait-{kebab}))' \\
// RUN:   | FileCheck %s

// {summary}
// CHECK-LABEL: func.func @positive
func.func @positive(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {{
  // CHECK: return
  return %x : tensor<2x3xf32>
}}

// What looks alike and must stay.
// CHECK-LABEL: func.func @negative_other_form
func.func @negative_other_form(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {{
  // CHECK: return
  return %x : tensor<2x3xf32>
}}
"""


def write(path, text):
    if path.exists():
        sys.exit(f"new_pass: {path.relative_to(ROOT)} exists")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(f"wrote    {path.relative_to(ROOT)}")


def insert(path, text, before):
    """Puts text in front of the first match of a regular expression."""
    old = path.read_text()
    found = re.search(before, old, re.MULTILINE)
    if not found:
        sys.exit(f"new_pass: no place for {text.strip()[:40]!r} in "
                 f"{path.relative_to(ROOT)}")
    path.write_text(old[:found.start()] + text + old[found.start():])
    print(f"extended {path.relative_to(ROOT)}")


def source_place(folder, file):
    """A pattern for the source line in front of which `file` sorts."""
    lines = re.findall(r"^ +(\w+\.cpp)$",
                       (folder / "CMakeLists.txt").read_text(), re.MULTILINE)
    later = [line for line in lines if line > file]
    return rf"^ +{re.escape(later[0])}$" if later else r"^ +(DEPENDS|LINK)\b"


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    level, name, summary = sys.argv[1:]
    folder = ROOT / "passes" / level
    if not (folder / "Passes.td").exists():
        sys.exit(f"new_pass: no passes/{level}/Passes.td")
    if not re.fullmatch(r"(?:[A-Z][a-z0-9]*)+", name) or name.endswith("Pass"):
        sys.exit("new_pass: the name is CamelCase without 'Pass', by effect: "
                 "FoldAffine")
    kebab = "-".join(re.findall(r"[A-Z][a-z0-9]*", name)).lower()
    declared = (folder / "Passes.h").read_text()
    space = re.search(r"^namespace (strait[\w:]*) {", declared, re.MULTILINE)
    fields = {"level": level, "space": space[1], "name": name, "upper": name.upper(),
              "kebab": kebab, "summary": summary}
    write(folder / f"{name}.cpp", CPP.format(**fields))
    write(ROOT / "test/passes" / level / f"{kebab}.mlir", TEST.format(**fields))
    insert(folder / "Passes.td", TD.format(**fields), r"^#endif")
    insert(folder / "CMakeLists.txt", f"  {name}.cpp\n",
           source_place(folder, f"{name}.cpp"))
    print(f"next     fill in the pattern, the before and after in Passes.td "
          f"and the test;\n         add it to its phase in compiler/; then\n"
          f"         tools/dev/build strait-opt && "
          f".venv/bin/lit -v build/test/passes/{level}/{kebab}.mlir")


if __name__ == "__main__":
    main()
