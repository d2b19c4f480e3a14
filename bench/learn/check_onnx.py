"""Compares what ONNX Runtime in Python answers, on its default threads, with what our trainer answered (`playhead.js`), on all test rows.

    python check_onnx.py SET_DIR

Prints the largest difference, relative to the value where that is above 1.
"""
import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd

folder = Path(sys.argv[1])
meta = json.loads((folder / "meta.json").read_text())
rows = pd.read_parquet(folder / "test.parquet")[meta["features"]].to_numpy(np.float32)
expected = np.fromfile(folder / "scores.f64")
session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
answers = session.run(None, {"input": np.ascontiguousarray(rows)})[0].astype(float).ravel()
print(float(np.max(np.abs(answers - expected) / np.maximum(1, np.abs(expected)))))
