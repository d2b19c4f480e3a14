"""Fits LightGBM, XGBoost-like HGB and plain linear models of scikit-learn on the sets of `prepare.py`, one thread.

    OMP_NUM_THREADS=1 python public_libraries.py SETS_DIR [NAME...]
"""
import json
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import average_precision_score, log_loss, mean_squared_error, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def models(task):
    common = dict(n_estimators=100, max_depth=6, num_leaves=64, learning_rate=0.1, n_jobs=1, verbose=-1, deterministic=True, force_row_wise=True)
    xgboost_like = dict(common, reg_lambda=1.0, min_child_weight=1.0, min_child_samples=1)
    sklearn = dict(max_iter=100, max_depth=6, max_leaf_nodes=64, learning_rate=0.1, early_stopping=False)
    if task == "binary":
        yield "lightgbm", lightgbm.LGBMClassifier(**common)
        yield "lightgbm, our defaults", lightgbm.LGBMClassifier(**xgboost_like)
        yield "hgb", HistGradientBoostingClassifier(**sklearn)
        yield "logistic", make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    else:
        yield "lightgbm", lightgbm.LGBMRegressor(**common)
        yield "lightgbm, our defaults", lightgbm.LGBMRegressor(**xgboost_like)
        yield "hgb", HistGradientBoostingRegressor(**sklearn)
        yield "ridge", make_pipeline(StandardScaler(), Ridge())


def part(folder, name, features):
    labels = np.fromfile(folder / f"{name}_labels.f64")
    return np.ascontiguousarray(np.fromfile(folder / f"{name}.f32", dtype=np.float32).reshape(features, len(labels)).T), labels


def main(sets, names):
    for name in names or ["fraud", "wide", "ai4i", "bike"]:
        meta = json.loads((sets / name / "meta.json").read_text())
        x, y = part(sets / name, "train", len(meta["features"]))
        test, labels = part(sets / name, "test", len(meta["features"]))
        for kind, model in models(meta["task"]):
            cpu = time.process_time()
            model.fit(x, y)
            cpu = time.process_time() - cpu
            line = {"set": name, "trainer": kind, "cpuSeconds": round(cpu, 2), "rowTreesPerCpuSecond": round(len(y) * 100 / cpu)}
            if meta["task"] == "binary":
                p = model.predict_proba(test)[:, 1]
                line |= {"roc_auc": roc_auc_score(labels, p), "average_precision": average_precision_score(labels, p), "log_loss": log_loss(labels, p)}
            else:
                line |= {"rmse": mean_squared_error(labels, model.predict(test)) ** 0.5}
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
