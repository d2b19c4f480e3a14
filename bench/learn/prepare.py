"""Builds fraud features as plain binary columns, for `public_libraries.py` and `playhead.ts` to learn from.

    python prepare.py DATA_DIR OUT_DIR

DATA_DIR holds fraud/, bike/ and ai4i/. Fraud: customer windows (T-w, T] with the row itself, terminal windows (T-7d-w, T-7d]
(labels are known seven days late), w of 1, 7 and 30 days. Trained on days 0-59 and tested on days 67-90.
OUT_DIR/<name>/{meta.json, train.f32, test.f32, train_labels.f64, test_labels.f64}; the .f32 files hold column after column.
"""
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

DAY = 86_400


def window_sums(keys, seconds, values, low, high):
    """For each row, the sum of `values` over rows of the same key in (T - low, T - high]; rows are in time order."""
    result = np.zeros(len(keys), dtype=np.int64)
    for rows in pd.Series(np.arange(len(keys))).groupby(keys).indices.values():
        times = seconds[rows]
        cumulated = np.concatenate([[0], np.cumsum(values[rows])])
        begin = np.searchsorted(times, times - low, side="right")
        end = np.searchsorted(times, times - high, side="right")
        result[rows] = cumulated[end] - cumulated[begin]
    return result


def fraud(folder):
    tx = pd.read_csv(folder / "fraud" / "transactions-2018-04-to-06.csv.gz").sort_values(["TX_DATETIME", "TRANSACTION_ID"])
    when = pd.to_datetime(tx.TX_DATETIME)
    seconds = ((when - pd.Timestamp("2018-04-01")) // pd.Timedelta(seconds=1)).to_numpy()
    cents = (tx.TX_AMOUNT * 100).round().astype(np.int64).to_numpy()
    ones, label = np.ones(len(tx), dtype=np.int64), tx.TX_FRAUD.to_numpy()
    customer, terminal = tx.CUSTOMER_ID.to_numpy(), tx.TERMINAL_ID.to_numpy()
    features = {
        "amount": cents / 100,
        "is_weekend": (when.dt.dayofweek >= 5).to_numpy().astype(float),
        "is_night": (when.dt.hour <= 6).to_numpy().astype(float),
    }
    for days in (1, 7, 30):
        count = window_sums(customer, seconds, ones, days * DAY, 0)
        features[f"customer_count_{days}d"] = count
        features[f"customer_mean_{days}d"] = window_sums(customer, seconds, cents, days * DAY, 0) / count / 100
        count = window_sums(terminal, seconds, ones, (days + 7) * DAY, 7 * DAY)
        frauds = window_sums(terminal, seconds, label, (days + 7) * DAY, 7 * DAY)
        features[f"terminal_count_{days}d"] = count
        features[f"terminal_risk_{days}d"] = np.where(count > 0, frauds / np.maximum(count, 1), 0)
    day = seconds // DAY
    return pd.DataFrame(features), label, day < 60, (day >= 67) & (day <= 90)


def bike(folder):
    table = pd.read_csv(folder / "bike" / "hour.csv")
    names = ["season", "yr", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit", "temp", "atemp", "hum", "windspeed"]
    cut = int(len(table) * 0.8)
    rows = np.arange(len(table))
    return table[names], table.cnt.to_numpy(), rows < cut, rows >= cut


def ai4i(folder):
    table = pd.read_csv(folder / "ai4i" / "ai4i2020.csv")
    features = table.iloc[:, 3:8].copy()
    features["type"] = table["Type"].map({"L": 0, "M": 1, "H": 2})
    features.columns = ["air", "process", "speed", "torque", "wear", "type"]
    cut = int(len(table) * 0.7)
    rows = np.arange(len(table))
    return features, table["Machine failure"].to_numpy(), rows < cut, rows >= cut


def noise(_):
    """100,000 rows of 28 features (a HIGGS-like shape), half of them informative."""
    random = np.random.default_rng(7)
    x = random.normal(size=(120_000, 28))
    score = x[:, :7].sum(1) + (x[:, 7:14] ** 2).sum(1) - 7 + 2 * random.normal(size=len(x))
    rows = np.arange(len(x))
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(28)]), (score > 0).astype(float), rows < 100_000, rows >= 100_000


def main(data, out):
    for name, build, task in [("fraud", fraud, "binary"), ("ai4i", ai4i, "binary"), ("wide", noise, "binary"), ("bike", bike, "regression")]:
        features, labels, train, test = build(data)
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        for part, rows in (("train", train), ("test", test)):
            features[rows].to_numpy(dtype=np.float32).T.tofile(folder / f"{part}.f32")
            np.asarray(labels)[rows].astype(np.float64).tofile(folder / f"{part}_labels.f64")
        meta = {"task": task, "features": list(features.columns), "train": int(train.sum()), "test": int(test.sum())}
        (folder / "meta.json").write_text(json.dumps(meta))
        print(name, meta)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
