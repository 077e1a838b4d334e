# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Turns a model in ONNX's text form into an .onnx file.

Lines that start with `//` or `#` are comments (RUN and CHECK lines of lit).
Lines that start with `@` change the model after it is parsed: Python with `m`
(the ModelProto), `g` (its graph), `np`, `onnx`, `helper` and `out` (the path
that will be written) in scope. The model is written unchecked, since broken
ones are tests too.

Usage: onnx_text.py IN.onnxtext -o OUT.onnx
"""
import argparse

import numpy as np
import onnx
import onnx.parser
from onnx import helper, numpy_helper


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source")
    parser.add_argument("-o", dest="out", required=True)
    args = parser.parse_args()
    text, changes = [], []
    with open(args.source, encoding="utf-8") as source:
        for line in source:
            if line.startswith("@"):
                changes.append(line[1:])
            elif not line.startswith(("//", "#")):
                text.append(line)
    model = onnx.parser.parse_model("".join(text))
    scope = {"m": model, "g": model.graph, "np": np, "onnx": onnx,
             "helper": helper, "numpy_helper": numpy_helper, "out": args.out}
    exec("".join(changes), scope)  # pylint: disable=exec-used
    with open(args.out, "wb") as out:
        out.write(model.SerializeToString())


if __name__ == "__main__":
    main()
