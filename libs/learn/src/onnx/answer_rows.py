"""Answers of ONNX Runtime for the models of a folder, beside those that were written there.

    python answer_rows.py FOLDER

cases.json: a list of {"name", "features"}. For each there are <name>.onnx, <name>.rows ([n, features] float32) and <name>.answers
(float64). Prints one JSON object: by name, the greatest difference, relative where the answer is above 1, and the number of answers.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

folder = Path(sys.argv[1])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
options.log_severity_level = 3
found = {}
for case in json.loads((folder / "cases.json").read_text()):
    name = case["name"]
    rows = np.fromfile(folder / f"{name}.rows", np.float32).reshape(-1, case["features"])
    expected = np.fromfile(folder / f"{name}.answers", np.float64)
    session = onnxruntime.InferenceSession(folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
    (answer,) = session.run(None, {"input": rows})
    answer = answer.astype(np.float64).reshape(-1)
    with np.errstate(invalid="ignore"):
        difference = np.abs(answer - expected) / np.maximum(1, np.abs(answer))
    difference[answer == expected] = 0
    found[name] = {"difference": float(difference.max()), "answers": len(answer)}
print(json.dumps(found))
