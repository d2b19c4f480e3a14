"""Fits public libraries on one of the sets of `prepare.py`, one thread each, all with the same parameters.

    OMP_NUM_THREADS=1 python public_libraries.py SET_DIR PARAMETERS

PARAMETERS is JSON with the names of our `gbdt`. One JSON line for each library: CPU seconds of `fit` and quality on the test rows.
"""
import json
import sys
import time
import warnings
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import average_precision_score, log_loss, mean_squared_error, ndcg_score, roc_auc_score

warnings.filterwarnings("ignore", message="X does not have valid feature names")


def part(folder, name, meta):
    table = pd.read_parquet(folder / f"{name}.parquet")
    groups = table.group.to_numpy() if meta["task"] == "ranking" else None
    return np.ascontiguousarray(table[meta["features"]].to_numpy(np.float32)), table.label.to_numpy(), groups


def sizes(groups):
    return np.diff(np.flatnonzero(np.concatenate([[True], groups[1:] != groups[:-1], [True]])))


def models(task, p):
    light = dict(
        n_estimators=p["trees"], max_depth=p["depth"], num_leaves=p["leaves"], learning_rate=p["learning_rate"], reg_lambda=p["l2"],
        min_child_weight=p["min_child_weight"], min_child_samples=p["min_samples_leaf"], subsample=p["subsample"], subsample_freq=1,
        colsample_bytree=p["feature_fraction"], max_bin=255, n_jobs=1, verbose=-1, random_state=1,
    )
    extreme = dict(
        n_estimators=p["trees"], max_depth=p["depth"], learning_rate=p["learning_rate"], reg_lambda=p["l2"], max_bin=255,
        min_child_weight=p["min_child_weight"], subsample=p["subsample"], colsample_bytree=p["feature_fraction"],
        max_leaves=p["leaves"], grow_policy="lossguide", tree_method="hist", n_jobs=1, random_state=1,
    )
    scikit = dict(
        max_iter=p["trees"], max_depth=p["depth"], max_leaf_nodes=p["leaves"], learning_rate=p["learning_rate"], l2_regularization=p["l2"],
        min_samples_leaf=p["min_samples_leaf"], max_features=float(p["feature_fraction"]), early_stopping=False, random_state=1,
    )
    if task == "ranking":
        yield "LightGBM", lightgbm.LGBMRanker(**light, label_gain=list(range(32)))
        yield "XGBoost", xgboost.XGBRanker(**extreme, ndcg_exp_gain=False)
    elif task == "regression":
        yield "LightGBM", lightgbm.LGBMRegressor(**light)
        yield "XGBoost", xgboost.XGBRegressor(**extreme)
        yield "HGB", HistGradientBoostingRegressor(**scikit)
    else:
        yield "LightGBM", lightgbm.LGBMClassifier(**light)
        yield "XGBoost", xgboost.XGBClassifier(**extreme)
        yield "HGB", HistGradientBoostingClassifier(**scikit)


def quality(task, model, x, y, groups):
    if task == "regression":
        return {"rmse": mean_squared_error(y, model.predict(x)) ** 0.5}
    if task == "ranking":
        scores, ends = model.predict(x), np.cumsum(sizes(groups))
        lists = [(y[a:b], scores[a:b]) for a, b in zip([0, *ends], ends) if b - a > 1 and y[a:b].max() > 0]
        return {"ndcg": float(np.mean([ndcg_score([labels], [of]) for labels, of in lists]))}
    p = model.predict_proba(x)
    if task == "multiclass":
        return {"log_loss": log_loss(y, p)}
    return {"roc_auc": roc_auc_score(y, p[:, 1]), "average_precision": average_precision_score(y, p[:, 1])}


def main(folder, parameters):
    meta = json.loads((folder / "meta.json").read_text())
    x, y, groups = part(folder, "train", meta)
    test = part(folder, "test", meta)
    for name, model in models(meta["task"], parameters):
        extra = {} if groups is None else {"group": sizes(groups)}
        cpu = time.process_time()
        model.fit(x, y, **extra)
        cpu = time.process_time() - cpu
        print(json.dumps({"trainer": name, "cpuSeconds": cpu, **quality(meta["task"], model, *test)}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(sys.argv[2]))
