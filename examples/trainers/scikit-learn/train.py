"""A random forest of scikit-learn as a trainer: reads what Playhead gives, writes model.onnx and what it knows of it."""

import json
import sys
from pathlib import Path

import numpy
import pyarrow.parquet
import skl2onnx
import sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

request = json.loads(Path(sys.argv[1]).read_text())
features, task = request["features"], request["task"]
output = Path(request["output"])


def matrix(table):
    """The features as serving will see them: float32, NaN where missing."""
    columns = [table[name].to_numpy(zero_copy_only=False) for name in features]
    return numpy.column_stack([numpy.asarray(column, dtype=numpy.float32) for column in columns])


train = pyarrow.parquet.read_table(request["train"])
holdout = pyarrow.parquet.read_table(request["holdout"])
labels = train[request["label"]].to_numpy()
if task != "regression":
    labels = labels.astype(int)

# Missing values are filled inside of the model: serving knows raw features only. One job: the same seed, the same model.
forest = RandomForestRegressor if task == "regression" else RandomForestClassifier
model = make_pipeline(
    SimpleImputer(strategy="median"),
    forest(n_jobs=1, random_state=request["seed"], **request["parameters"]),
)
model.fit(matrix(train), labels)

onnx = skl2onnx.convert_sklearn(
    model,
    name="model",
    initial_types=[("input", FloatTensorType([None, len(features)]))],
    options=None if task == "regression" else {id(model): {"zipmap": False}},
    target_opset={"": 17, "ai.onnx.ml": 3},
)
(output / "model.onnx").write_bytes(onnx.SerializeToString())

# All of this is kept with the version; nobody judges by it.
rows = matrix(holdout)
predictions = model.predict(rows) if task == "regression" else model.predict_proba(rows)
(output / "predictions.json").write_text(json.dumps((predictions[:, 1] if task == "binary" else predictions).tolist()))
(output / "metrics.json").write_text(json.dumps({"train_score": model.score(matrix(train), labels)}))
(output / "environment.json").write_text(
    json.dumps({"python": sys.version.split()[0], "scikit-learn": sklearn.__version__, "skl2onnx": skl2onnx.__version__})
)
