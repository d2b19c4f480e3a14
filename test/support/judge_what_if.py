"""What another model would have answered, computed with public libraries alone: ONNX Runtime for the scores, scikit-learn for the metrics.

Reads JSON lines {"values": [...], "baseline": p, "label": 0 | 1 | null} and a model file; prints one JSON object.
"""
import json
import sys

import numpy as np
import onnxruntime
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)


def metrics(labels, scores, threshold):
    if len(set(labels)) < 2:
        return {}
    decided = scores >= threshold
    return {
        "roc_auc": roc_auc_score(labels, scores),
        "average_precision": average_precision_score(labels, scores),
        "log_loss": log_loss(labels, scores),
        "brier": brier_score_loss(labels, scores),
        "f1": f1_score(labels, decided),
        "precision": precision_score(labels, decided, zero_division=0),
        "recall": recall_score(labels, decided),
    }


def main(rows_path, model_path, threshold):
    rows = [json.loads(line) for line in open(rows_path)]
    matrix = np.array(
        [[np.nan if value is None else value for value in row["values"]] for row in rows], dtype=np.float32
    )
    session = onnxruntime.InferenceSession(model_path, providers=["CPUExecutionProvider"])
    candidate = session.run(None, {"input": matrix})[0].reshape(-1).astype(np.float64)
    baseline = np.array([row["baseline"] for row in rows], dtype=np.float64)
    known = np.array([row["label"] is not None for row in rows])
    labels = np.array([row["label"] for row in rows if row["label"] is not None])
    print(
        json.dumps(
            {
                "records": len(rows),
                "labelled": int(known.sum()),
                "flips": int(((baseline >= threshold) != (candidate >= threshold)).sum()),
                "metrics": {
                    "baseline": metrics(labels, baseline[known], threshold),
                    "candidate": metrics(labels, candidate[known], threshold),
                },
            }
        )
    )


main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
