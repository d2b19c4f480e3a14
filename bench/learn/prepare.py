"""Makes the sets that the trainers and the public libraries learn from, as Parquet files.

    python prepare.py DATA_DIR OUT_DIR

DATA_DIR holds fraud/, bike/, ai4i/ and cmapss/. OUT_DIR/<name>/{meta.json, train.parquet, test.parquet}: the features as float32, then
`label`, and `group` where rows are ranked.

fraud     customer windows (T-w, T] with the row itself, terminal windows (T-7d-w, T-7d] (labels are known seven days late), w of 1, 7 and 30
          days; trained on days 0-59, tested on days 67-90
wide      made: 100,000 rows of 28 features, half of them informative
ai4i      machine failure; the first 70 % of the rows, tested on the rest
bike      rentals of an hour; the first 80 %, tested on the rest
cmapss    does an engine fail within 30 cycles; engines 1-70, tested on 71-100
bands     cmapss, by band: up to 30, 90, more cycles left
hours     the hours of a day ranked by rentals (in five steps); the first 80 % of the days, tested on the rest
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


def cmapss(folder, label):
    names = ["unit", "cycle"] + [f"setting_{i}" for i in range(1, 4)] + [f"sensor_{i}" for i in range(1, 22)]
    table = pd.read_csv(folder / "cmapss" / "train_FD001.txt", sep=r"\s+", header=None, names=names)
    left = table.groupby("unit").cycle.transform("max") - table.cycle
    return table[names[1:]], label(left).to_numpy(), table.unit <= 70, table.unit > 70


def hours(folder):
    table = pd.read_csv(folder / "bike" / "hour.csv")
    names = ["season", "mnth", "hr", "holiday", "weekday", "workingday", "weathersit", "temp", "atemp", "hum", "windspeed"]
    day = pd.factorize(table.dteday)[0]
    relevance = np.searchsorted(table.cnt.quantile([0.2, 0.4, 0.6, 0.8]), table.cnt)
    train = day < 0.8 * (day.max() + 1)
    return table[names].assign(group=day), relevance, train, ~train


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


SETS = {
    "fraud": ("binary", fraud),
    "wide": ("binary", noise),
    "ai4i": ("binary", ai4i),
    "bike": ("regression", bike),
    "cmapss": ("binary", lambda folder: cmapss(folder, lambda left: (left <= 30).astype(int))),
    "bands": ("multiclass", lambda folder: cmapss(folder, lambda left: (left > 30).astype(int) + (left > 90))),
    "hours": ("ranking", hours),
}


def main(data, out):
    for name, (task, build) in SETS.items():
        features, labels, train, test = build(data)
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        table = features.astype(np.float32).assign(label=np.asarray(labels, dtype=np.float64))
        for part, rows in (("train", train), ("test", test)):
            table[np.asarray(rows)].to_parquet(folder / f"{part}.parquet", index=False)
        meta = {"task": task, "features": [name for name in features.columns if name != "group"]}
        (folder / "meta.json").write_text(json.dumps(meta))
        print(name, task, int(np.sum(train)), "rows", len(meta["features"]), "features", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
