# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The models of models.yaml: their files, and inputs for every run."""
import dataclasses
import hashlib
import importlib.util
import os
import pathlib
import subprocess
import sys

import numpy as np
import onnx
import yaml

from artefact import ROOT, find_shared

HERE = pathlib.Path(__file__).resolve().parent


class Missing(Exception):
    """A model that this machine does not have: skipped, visibly."""


@dataclasses.dataclass
class Case:
    """One run: what it is called, and the inputs."""
    name: str
    inputs: dict


@dataclasses.dataclass
class Entry:
    name: str
    source: str
    tier: str
    status: str
    file: str
    inputs: dict
    rows: list  # of {dims or shapes}; one empty row for static models
    bench: dict = dataclasses.field(default_factory=dict)  # a row, for timing
    taps: list = dataclasses.field(default_factory=list)
    emulated: str = ""  # checked or plain

    def broken(self):
        return self.status if self.status.startswith("broken") else ""

    def path(self, cache):
        """The model's file; filled into `cache` where it needs weights."""
        if self.source == "ocr":
            return _wheel_model(self.file)
        shared = find_shared()
        if not shared:
            raise Missing("no shared folder (set STRAIT_SHARED)")
        if self.source == "trained":
            return shared / "trained" / f"{self.name}.onnx"
        return _filled(shared, self.name, pathlib.Path(cache))

    def tapped(self, cache):
        """The model with the tapped tensors as outputs, loaded."""
        model = onnx.load(self.path(cache))
        return with_outputs(model, self.taps)

    def cases(self, cache):
        """Every row with two seeds for the first and one for the others."""
        values = self._inputs(cache)
        for index, row in enumerate(self.rows or [{}]):
            for seed in (1, 2) if index == 0 else (index + 2,):
                title = ",".join(f"{k}={_short(v)}" for k, v in row.items())
                yield Case(f"{title or 'static'} seed {seed}",
                           {v.name: self.value(v, row, seed) for v in values})

    def bench_inputs(self, cache):
        row = self.bench or (self.rows or [{}])[0]
        return {v.name: self.value(v, row, 1) for v in self._inputs(cache)}

    def _inputs(self, cache):
        model = onnx.load(self.path(cache), load_external_data=False)
        constants = {t.name for t in model.graph.initializer}
        return [v for v in model.graph.input if v.name not in constants]

    def value(self, value, row, seed):
        tensor = value.type.tensor_type
        shape = row.get(value.name) or [
            d.dim_value if d.dim_value > 0 else row.get(d.dim_param, 1)
            for d in tensor.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
        kind = self.inputs.get(value.name, "")
        rng = _rng(f"{value.name}:{seed}")
        if kind.startswith("data:"):
            rows = np.load(find_shared() / "trained" / f"{self.name}-data.npz")[
                kind[len("data:"):]]
            pick = rng.integers(0, len(rows), shape[0])
            return rows[pick].astype(dtype)
        if kind == "text":
            return text_image(shape, seed).astype(dtype)
        if kind == "mask" or "mask" in value.name or dtype == np.bool_:
            # Padding at the end, as tokenizers write it; the second seed
            # pads more, so that a mask ignored cannot pass twice.
            mask = np.ones(shape, dtype)
            mask[..., shape[-1] - shape[-1] * seed // 5:] = 0
            return mask
        if np.issubdtype(dtype, np.integer):
            return rng.integers(1, 1000, shape).astype(dtype)
        return rng.standard_normal(shape).astype(dtype)


def with_outputs(model, names):
    """Makes inner tensors outputs; their types come from ONNX's inference."""
    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    for tensor in bare.graph.initializer:
        # Shapes need the small ones only (shapes, axes).
        if np.prod(tensor.dims) > 1024:
            tensor.ClearField("raw_data")
            tensor.ClearField("float_data")
    known = {v.name: v for v in onnx.shape_inference.infer_shapes(
        bare).graph.value_info}
    have = {v.name for v in model.graph.output}
    for name in names:
        if name not in have:
            model.graph.output.append(
                known.get(name) or onnx.helper.make_tensor_value_info(
                    name, onnx.TensorProto.FLOAT, None))
    return model


def _short(value):
    return "x".join(map(str, value)) if isinstance(value, list) else value


def _rng(text):
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def _wheel_model(file):
    spec = importlib.util.find_spec("rapidocr_onnxruntime")
    if not spec:
        raise Missing("no wheel rapidocr-onnxruntime (run tools/dev/setup)")
    return pathlib.Path(spec.submodule_search_locations[0]) / "models" / file


def _filled(shared, name, cache):
    """Runs the shared folder's script once per content of its inputs."""
    digest = hashlib.sha256()
    for part in ("fill.py", f"{name}.onnx"):
        digest.update((shared / "models" / part).read_bytes())
    folder = cache / digest.hexdigest()[:16]
    path = folder / f"{name}.onnx"
    if not path.exists():
        partial = cache / f"partial-{os.getpid()}"
        subprocess.run([sys.executable, shared / "models" / "fill.py",
                        partial, name], check=True, stdout=subprocess.DEVNULL)
        cache.mkdir(parents=True, exist_ok=True)
        os.replace(partial, folder)
    return path


def text_image(shape, seed):
    """Images of words in the OCR models' input form, values in [-1, 1]."""
    from PIL import Image, ImageDraw, ImageFont
    batch, channels, height, width = shape
    rng = _rng(f"text:{seed}")
    words = ["strait", "ONNX 2026", "hello world", "narrow places", "42 km/h"]
    font = ImageFont.load_default(size=min(height, 48) * 0.7)
    images = []
    for _ in range(batch):
        image = Image.new("RGB", (width, height), "white")
        draw = ImageDraw.Draw(image)
        for top in range(0, height, 48):
            draw.text((4, top + 2), words[rng.integers(len(words))],
                      fill=(20, 20, 60), font=font)
        pixels = np.asarray(image, np.float32).transpose(2, 0, 1)[:channels]
        images.append((pixels / 255 - 0.5) / 0.5)
    noise = 0.05 * rng.standard_normal(shape)
    return np.stack(images) + noise


def load_entries():
    rows = yaml.safe_load((HERE / "models.yaml").read_text())["models"]
    return [Entry(name=r["name"], source=r["from"], tier=r["tier"],
                  status=r["status"], file=r.get("file", ""),
                  inputs=r.get("inputs", {}),
                  rows=r.get("dims") or r.get("shapes") or [],
                  bench=r.get("bench", {}), taps=r.get("taps", []),
                  emulated=r.get("emulated", ""))
            for r in rows]


def default_cache(build):
    return pathlib.Path(os.environ.get("STRAIT_MODEL_CACHE",
                                       ROOT / build / "models"))


def onnxruntime_outputs(path, feeds, threads=2):
    """What onnxruntime gives for each feed: a list of {name: array}."""
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = ort.InferenceSession(str(path), options,
                                   providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return [dict(zip(names, session.run(names, feed))) for feed in feeds]
