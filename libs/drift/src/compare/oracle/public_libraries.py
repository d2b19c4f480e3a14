"""Drift of columns by Evidently and NannyML: every statistic by name, the automatic choice, the whole report.

Reads a JSON description {"sets": [{"set", "columns": [{"name", "is_integer", "reference": [offset, rows], "current": [offset, rows]}]}]}
and a file of little-endian doubles that it points into; prints one JSON object.
"""
import json
import sys
import warnings

warnings.simplefilter("ignore")

import numpy as np
import pandas as pd
from evidently import Report
from evidently.legacy.calculations import stattests
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset
from nannyml.drift.univariate.methods import FeatureType, MethodFactory
from nannyml.thresholds import ConstantThreshold

np.seterr(all="ignore")
STATISTICS = {
    "psi": stattests.psi_stat_test,
    "kl": stattests.kl_div_stat_test,
    "jensen_shannon": stattests.jensenshannon_stat_test,
    "hellinger": stattests.hellinger_stat_test,
    "wasserstein": stattests.wasserstein_stat_test,
    "energy": stattests.energy_dist_test,
    "kolmogorov_smirnov": stattests.ks_stat_test,
    "chi_square": stattests.chi_stat_test,
    "z_test": stattests.z_stat_test,
    "cramer_von_mises": stattests.cramer_von_mises,
    "anderson_darling": stattests.anderson_darling_test,
}
CATEGORICAL = ["psi", "kl", "jensen_shannon", "hellinger", "chi_square", "z_test"]


def series(column, side, doubles):
    offset, rows = column[side]
    values = doubles[offset : offset + rows]
    return pd.Series(values.astype("int64") if column["is_integer"] else values)


def statistic(name, column, doubles, feature_type):
    """[figure, drifted], or null where the library raises."""
    try:
        result = STATISTICS[name](
            reference_data=series(column, "reference", doubles),
            current_data=series(column, "current", doubles),
            feature_type=feature_type,
            threshold=None,
        )
        return [float(result.drift_score), bool(result.drifted)]
    except (ValueError, ZeroDivisionError) as error:
        return str(error)


def nannyml(key, column, doubles):
    method = MethodFactory.create(
        key=key,
        feature_type=FeatureType.CONTINUOUS,
        chunker=None,
        threshold=ConstantThreshold(),
        computation_params={},
    )
    reference, current = series(column, "reference", doubles), series(column, "current", doubles)
    method._fit(reference)
    bins = getattr(method, "_bins", None)
    return {"value": float(method._calculate(current)), "bins": None if bins is None else [float(edge) for edge in bins]}


def of_column(column, doubles):
    counted = {name: statistic(name, column, doubles, ColumnType.Numerical) for name in STATISTICS}
    categorical = {name: statistic(name, column, doubles, ColumnType.Categorical) for name in CATEGORICAL}
    return {
        "numerical": counted,
        "categorical": categorical,
        "nannyml": {key: nannyml(key, column, doubles) for key in ["jensen_shannon", "kolmogorov_smirnov", "wasserstein"]},
    }


def report(columns, doubles):
    frame = lambda side: pd.DataFrame({column["name"]: series(column, side, doubles) for column in columns})
    metrics = Report([DataDriftPreset()]).run(frame("current"), frame("reference")).dict()["metrics"]
    drifted = next(m["value"] for m in metrics if m["config"]["type"].endswith(":DriftedColumnsCount"))
    return {
        "drifted": drifted["count"],
        "share": drifted["share"],
        "columns": {
            m["config"]["column"]: {"method": m["config"]["method"], "value": float(m["value"])}
            for m in metrics
            if m["config"]["type"].endswith(":ValueDrift")
        },
    }


description = json.load(open(sys.argv[1]))
doubles = np.fromfile(sys.argv[2], dtype="<f8")
answers = {
    each["set"]: {
        "columns": {column["name"]: of_column(column, doubles) for column in each["columns"]},
        "report": report(each["columns"], doubles),
    }
    for each in description["sets"]
}
print(json.dumps(answers))
