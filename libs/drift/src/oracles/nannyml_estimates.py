"""What NannyML says of the columns on stdin: performance to expect (CBPE, DLE), its limits, and the error of reconstruction (PCA)."""

import json
import logging
import os
import sys
import warnings

os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

import nannyml as nml
import pandas as pd

asked = json.load(sys.stdin)
METRICS = ["roc_auc", "average_precision", "f1", "precision", "recall", "accuracy"]


def numbers(frame, *path):
    return [None if pd.isna(value) else float(value) for value in frame[path]]


def binary(case):
    reference = pd.DataFrame(case["reference"])
    analysis = pd.DataFrame(case["analysis"])
    estimator = nml.CBPE(
        metrics=METRICS,
        y_pred_proba="score",
        y_pred="decision",
        y_true="label",
        problem_type="classification_binary",
        chunk_size=case["chunk"],
    )
    estimator.fit(reference)
    result = estimator.estimate(analysis).filter(period="analysis").to_df()
    answer = {"needed": bool(estimator.needs_calibration), "metrics": {}, "limits": {}, "sampling": {}}
    for metric in METRICS:
        answer["metrics"][metric] = numbers(result, metric, "value")
        limits = [numbers(result, metric, side)[0] for side in ("lower_threshold", "upper_threshold")]
        answer["limits"][metric] = limits
        answer["sampling"][metric] = numbers(result, metric, "sampling_error")[0]
    return answer


def reconstruction(case):
    columns = list(case["reference"])
    frames = [pd.DataFrame(case[part]).astype(float) for part in ("reference", "analysis")]
    calculator = nml.DataReconstructionDriftCalculator(column_names=columns, chunk_size=case["chunk"])
    calculator.fit(frames[0])
    result = calculator.calculate(frames[1]).to_df()
    period = result[("chunk", "period")]
    errors = ("reconstruction_error", "value")
    limits = [result[("reconstruction_error", side)].iloc[0] for side in ("lower_threshold", "upper_threshold")]
    return {
        "components": int(calculator._pca.n_components_),
        "reference": [float(value) for value in result[period == "reference"][errors]],
        "analysis": [float(value) for value in result[period == "analysis"][errors]],
        "limits": [float(value) for value in limits],
    }


def regression(case):
    reference = pd.DataFrame(case["reference"])
    analysis = pd.DataFrame(case["analysis"])
    estimator = nml.DLE(
        metrics=["mae", "rmse"],
        feature_column_names=case["features"],
        y_pred="prediction",
        y_true="label",
        chunk_size=case["chunk"],
        tune_hyperparameters=False,
    )
    estimator.fit(reference)
    result = estimator.estimate(analysis).filter(period="analysis").to_df()
    return {
        metric: {
            "values": numbers(result, metric, "value"),
            "limits": [numbers(result, metric, side)[0] for side in ("lower_threshold", "upper_threshold")],
            "sampling": numbers(result, metric, "sampling_error")[0],
        }
        for metric in ("mae", "rmse")
    }


print()
json.dump(
    {
        "binary": {name: binary(case) for name, case in asked["binary"].items()},
        "reconstruction": {name: reconstruction(case) for name, case in asked["reconstruction"].items()},
        "regression": regression(asked["regression"]),
    },
    sys.stdout,
)
