"""Compares what ONNX Runtime in Python answers with what our trainers answered (`playhead.js --scores`), on all test rows.

    python check_onnx.py SETS_DIR
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

for meta_file in sorted(Path(sys.argv[1]).glob("*/meta.json")):
    folder, meta = meta_file.parent, json.loads(meta_file.read_text())
    rows = np.fromfile(folder / "test.f32", dtype=np.float32).reshape(len(meta["features"]), meta["test"]).T
    for model in sorted(folder.glob("*.onnx")):
        expected = np.fromfile(folder / f"{model.stem}.scores.f64")
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        answers = session.run(None, {"input": np.ascontiguousarray(rows)})[0][:, 0].astype(float)
        difference = np.max(np.abs(answers - expected) / np.maximum(1, np.abs(expected)))
        print(folder.name, model.stem, "largest difference", difference)
        assert difference < 1e-6
