"""LightGBM as a trainer: reads what Playhead gives, tells how far it is, writes model.onnx and what it knows of it."""

import json
import sys
from pathlib import Path

import lightgbm
import numpy
import onnxmltools
import pyarrow.parquet
from onnxmltools.convert.common.data_types import FloatTensorType

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

settings = {
    "objective": {"binary": "binary", "multiclass": "multiclass", "regression": "regression"}[task],
    **({"num_class": int(labels.max()) + 1} if task == "multiclass" else {}),
    **request["parameters"],
    "seed": request["seed"],
    # The same sums in the same order, so the same model.
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
rounds = settings.pop("num_iterations", 100)


def tell(state):
    _, metric, value, _ = state.evaluation_result_list[0]
    progress = {"iteration": state.iteration + 1, "iterations": rounds, "metric": metric, "train": value}
    print(f"playhead-progress {json.dumps(progress)}", flush=True)


data = lightgbm.Dataset(matrix(train), labels, feature_name=[f"f{i}" for i in range(len(features))])
model = lightgbm.train(settings, data, rounds, valid_sets=[data], valid_names=["train"], callbacks=[tell])

onnx = onnxmltools.convert_lightgbm(
    model,
    name="model",
    initial_types=[("input", FloatTensorType([None, len(features)]))],
    zipmap=False,
    target_opset=15,
)
(output / "model.onnx").write_bytes(onnx.SerializeToString())

# All of this is kept with the version; nobody judges by it.
(output / "model.txt").write_text(model.model_to_string())
(output / "predictions.json").write_text(json.dumps(model.predict(matrix(holdout)).tolist()))
(output / "metrics.json").write_text(json.dumps({"trees": model.num_trees()}))
(output / "environment.json").write_text(
    json.dumps(
        {"python": sys.version.split()[0], "lightgbm": lightgbm.__version__, "onnxmltools": onnxmltools.__version__}
    )
)
