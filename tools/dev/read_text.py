#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The demo: draws text, compiles PP-OCRv4's recognition model, runs the program
and prints the text that it read. Started by tools/dev/demo."""
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test/e2e"))

import numpy as np  # noqa: E402
import onnx  # noqa: E402
from PIL import Image, ImageDraw, ImageFont  # noqa: E402
import zoo  # noqa: E402
from artefact import StepFailed, compile_model  # noqa: E402

HEIGHT = 48     # of the lines that the model reads


def draw(text, path):
    """Black on white, one line, as wide as the text."""
    font = ImageFont.load_default(size=34)
    width = int(font.getlength(text)) + 24
    image = Image.new("RGB", (width, HEIGHT), "white")
    ImageDraw.Draw(image).text((12, 3), text, fill="black", font=font)
    image.save(path)
    return image


def characters(model):
    """The model's alphabet: class 0 is the blank, the last one a space."""
    for entry in model.metadata_props:
        if entry.key == "character":
            return ["", *entry.value.splitlines(), " "]
    raise StepFailed("the model has no 'character' metadata")


def decode(scores, alphabet):
    """Greedy CTC: best class per step, repeats merged, blanks dropped."""
    best = scores.argmax(axis=-1)
    kept = [c for i, c in enumerate(best) if c and (not i or c != best[i - 1])]
    return "".join(alphabet[c] for c in kept)


def main():
    text = " ".join(sys.argv[1:]) or "Strait reads: 42 narrow places!"
    folder = ROOT / "build/demo"
    folder.mkdir(parents=True, exist_ok=True)
    image = draw(text, folder / "text.png")
    pixels = np.asarray(image, np.float32).transpose(2, 0, 1)[None]
    pixels = (pixels / 255 - 0.5) / 0.5

    entry = next(e for e in zoo.load_entries() if e.name == "ppocr-rec")
    path = entry.path(folder)
    model = onnx.load(path)
    print(f"compiling {path.name}: {len(model.graph.node)} ONNX nodes, "
          f"{path.stat().st_size / 2**20:.1f} MB", flush=True)
    try:
        program = compile_model(ROOT / "build", path, folder / "read-text")
        name = model.graph.input[0].name
        start = time.monotonic()
        outputs = program.run({name: pixels}, threads=2)
        seconds = time.monotonic() - start
    except StepFailed as failure:
        sys.exit(f"demo: {failure}")
    read = decode(next(iter(outputs.values()))[0], characters(model))
    print(f"image     {folder / 'text.png'} ({image.width} x {HEIGHT})")
    print(f"drawn     {text}")
    print(f"read      {read.strip()}")
    print(f"compile   {program.compile_seconds:.1f} s")
    print(f"program   {program.size() / 2**20:.1f} MB, {program.path}")
    print(f"run       {seconds * 1e3:.0f} ms from start to exit, 2 threads")
    print("try       tools/dev/demo 'your own text'")
    sys.exit(read.strip() == "")


if __name__ == "__main__":
    main()
