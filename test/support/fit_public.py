"""Fits a public trainer on the Parquet files of a run and prints its hold-out figures as one JSON object."""
import json
import sys

import pyarrow.parquet as parquet
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, roc_auc_score

train, holdout = (parquet.read_table(path).to_pandas() for path in sys.argv[1:3])
features = [name for name in train.columns if name not in ("event_id", "event_time", "partition", "offset", "label")]
model = HistGradientBoostingClassifier(max_iter=100, max_depth=6, learning_rate=0.1, early_stopping=False, l2_regularization=1.0, random_state=0)
model.fit(train[features].to_numpy(), train["label"].to_numpy())
scores = model.predict_proba(holdout[features].to_numpy())[:, 1]
labels = holdout["label"].to_numpy()
print(json.dumps({"average_precision": average_precision_score(labels, scores), "roc_auc": roc_auc_score(labels, scores), "rows": len(holdout)}))
