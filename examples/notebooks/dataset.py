# %% [markdown]
# # A data set of Playhead in Python
# Needs pandas, pyarrow and scikit-learn, and a downloaded data set:
# `./playhead datasets download run-0-12 --out fraud-data`, then `python dataset.py fraud-data` (or open this file as a notebook).

# %%
import json
import sys
from pathlib import Path

import pandas
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "fraud-data")
manifest = json.loads((folder / "manifest.json").read_text())
train = pandas.read_parquet(folder / "train.parquet")
holdout = pandas.read_parquet(folder / "holdout.parquet")

# %% What a row is: who, when, where it stands on the log, what was known then, and the label
features = manifest["service"]["features"]
print(train[["event_id", "event_time", "entity", *features, "label"]].head())
print(f"{len(train)} rows to learn from, {len(holdout)} to judge by, {train['label'].mean():.2%} positive")

# %% Missing values and ranges, by feature
print(train[features].describe().T[["count", "mean", "min", "max"]])

# %% A model of your own on the same rows, judged as the platform judges
model = HistGradientBoostingClassifier(random_state=0).fit(train[features], train["label"])
scores = model.predict_proba(holdout[features])[:, 1]
print(f"average precision {average_precision_score(holdout['label'], scores):.4f}")
