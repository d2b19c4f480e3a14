"""The unmodified MLflow client against the registry's doors: everything that a data scientist does with it in a day.

Usage: MLFLOW_TRACKING_URI=http://... python check.py client | own MODEL FEATURES_JSON
Prints one JSON object as its last line; an assertion that does not hold ends it with 1.
"""

import json
import math
import os
import sys
import tempfile
import time

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException, RestException

client = MlflowClient()
DONE = []


def part(check):
    began = time.time()
    check()
    DONE.append(check.__name__)
    print(f"{check.__name__} {time.time() - began:.2f} s", file=sys.stderr, flush=True)


def refused(code, call):
    try:
        call()
    except MlflowException as error:
        assert error.error_code == code, (error.error_code, code, str(error))
        return str(error)
    raise AssertionError(f"not refused with {code}")


def experiments():
    assert client.get_experiment("0").name == "Default"
    first = client.create_experiment("churn", tags={"team": "growth"})
    second = client.create_experiment("prices", artifact_location="mlflow-artifacts:/prices")
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_experiment("churn"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_experiment("123456"))
    assert client.get_experiment_by_name("nothing like it") is None
    experiment = client.get_experiment_by_name("churn")
    assert (experiment.experiment_id, experiment.tags, experiment.lifecycle_stage) == (first, {"team": "growth"}, "active")
    assert experiment.artifact_location == f"mlflow-artifacts:/{first}"
    assert client.get_experiment(second).artifact_location == "mlflow-artifacts:/prices"
    client.set_experiment_tag(second, "team", "market")
    client.rename_experiment(second, "prices-2026")
    assert [e.name for e in mlflow.search_experiments(filter_string="tags.team = 'market'")] == ["prices-2026"]
    assert [e.name for e in mlflow.search_experiments(filter_string="name LIKE 'pri%'")] == ["prices-2026"]
    assert [e.name for e in mlflow.search_experiments(order_by=["name"], max_results=2)][0] == "Default"
    pages, token = [], None
    while True:
        page = client.search_experiments(max_results=1, page_token=token, order_by=["name DESC"])
        pages += [e.name for e in page]
        token = page.token
        if not token:
            break
    assert pages == sorted(pages, reverse=True) and len(pages) >= 3, pages
    client.delete_experiment(second)
    assert "prices-2026" not in [e.name for e in client.search_experiments()]
    assert "prices-2026" in [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_run(second))
    client.restore_experiment(second)
    assert client.get_experiment(second).lifecycle_stage == "active"
    client.delete_experiment_tag(second, "team")
    assert client.get_experiment(second).tags == {}


def runs():
    mlflow.set_experiment("churn")
    with mlflow.start_run(run_name="first", tags={"stage": "try"}, description="a note") as run:
        mlflow.log_param("depth", 6)
        mlflow.log_params({"kind": "gbdt", "learning rate": 0.1, "a/b": None})
        for step in range(5):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        mlflow.log_metrics({"auc": 0.91, "nan": float("nan"), "inf": float("inf")}, step=3)
        mlflow.set_tags({"owner": "ada", "mlflow.note": "x"})
        refused("INVALID_PARAMETER_VALUE", lambda: client.log_param(run.info.run_id, "depth", 7))
        client.log_param(run.info.run_id, "depth", 6)
    got = client.get_run(run.info.run_id)
    assert got.info.status == "FINISHED" and got.info.run_name == "first" and got.info.end_time >= got.info.start_time
    assert got.data.params == {"depth": "6", "kind": "gbdt", "learning rate": "0.1", "a/b": "None"}
    assert got.data.metrics["loss"] == 0.2 and got.data.metrics["auc"] == 0.91
    assert math.isnan(got.data.metrics["nan"]) and got.data.metrics["inf"] == float("inf")
    assert got.data.tags["stage"] == "try" and got.data.tags["mlflow.note.content"] == "a note"
    assert [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "loss")] == [(s, 1.0 / (s + 1)) for s in range(5)]
    client.delete_tag(run.info.run_id, "owner")
    assert "owner" not in client.get_run(run.info.run_id).data.tags
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.delete_tag(run.info.run_id, "owner"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_run("0" * 32))
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run.info.run_id, "bad!name", 1))
    client.update_run(run.info.run_id, status="FAILED", name="renamed")
    assert client.get_run(run.info.run_id).info.run_name == "renamed"
    client.delete_run(run.info.run_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    refused("INVALID_PARAMETER_VALUE", lambda: client.log_metric(run.info.run_id, "loss", 1))
    client.restore_run(run.info.run_id)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "active"
    with mlflow.start_run(run_name="parent") as parent:
        for depth in (2, 4):
            with mlflow.start_run(run_name=f"child-{depth}", nested=True):
                mlflow.log_param("depth", depth)
    children = mlflow.search_runs(filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["params.depth"])
    assert list(children["params.depth"]) == ["2", "4"]
    with mlflow.start_run(run_name="data") as with_data:
        mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2]}), name="train-set"), context="training")
    inputs = client.get_run(with_data.info.run_id).inputs.dataset_inputs
    assert [(i.dataset.name, i.tags[0].value) for i in inputs] == [("train-set", "training")]
    assert len(mlflow.search_runs(filter_string="dataset.name = 'train-set'")) == 1


def batches():
    experiment = client.create_experiment("batches")
    run = client.create_run(experiment).info.run_id
    now = int(time.time() * 1000)
    metrics = [Metric(f"m{i % 50}", i / 7, now + i, i) for i in range(2_500)]
    client.log_batch(run, metrics, [Param(f"p{i}", str(i)) for i in range(90)], [RunTag(f"t{i}", str(i)) for i in range(90)])
    got = client.get_run(run)
    assert len(got.data.metrics) == 50 and len(got.data.params) == 90 and got.data.metrics["m49"] == 2_499 / 7
    history = client.get_metric_history(run, "m7")
    assert [(m.step, m.value) for m in history] == [(i, i / 7) for i in range(7, 2_500, 50)]
    refused("INVALID_PARAMETER_VALUE", lambda: too_many(run, now))
    client.log_batch(run, metrics[:10])
    assert len(client.get_metric_history(run, "m7")) == 50, "what is said twice counts once"


def too_many(run, now):
    from mlflow.store.tracking.rest_store import RestStore

    store = RestStore(mlflow.tracking._tracking_service.utils._get_store().get_host_creds)
    store.log_batch(run, [Metric("m", i, now, i) for i in range(1_001)], [], [])


def searches():
    experiment = client.create_experiment("searches")
    ids = []
    for i in range(25):
        run = client.create_run(experiment, start_time=1_000 + i, run_name=f"run-{i}")
        ids.append(run.info.run_id)
        params = [Param("kind", "gbdt" if i % 2 else "linear"), Param("deep param", str(i))]
        metrics = [] if i == 24 else [Metric("auc", i / 25, 1_000, 0), Metric("a.b", -i, 1_000, 0)]
        client.log_batch(run.info.run_id, metrics, params, [RunTag("half", "upper" if i > 12 else "lower")])
    def names(filter_string="", **options):
        return [r.info.run_name for r in client.search_runs([experiment], filter_string, **options)]
    assert names("metrics.auc > 0.7 and params.kind = 'gbdt'", order_by=["metrics.auc ASC"]) == ["run-19", "run-21", "run-23"]
    assert names("metrics.auc >= 0.88 AND tags.half = 'upper'", order_by=["metrics.auc DESC"]) == ["run-23", "run-22"]
    assert names("params.`deep param` = '7'") == ["run-7"]
    assert names("metrics.a.b < -22") == ["run-23"]
    assert names("tags.half != 'upper' and attributes.run_name LIKE 'run-1%'", order_by=["start_time"]) == ["run-1", "run-10", "run-11", "run-12"]
    assert names("run_name ILIKE 'RUN-2_' and params.kind = \"linear\"", order_by=["attributes.start_time DESC"]) == ["run-24", "run-22", "run-20"]
    assert names(f"run_id IN ('{ids[3]}', '{ids[5]}')") == ["run-5", "run-3"]
    assert names("start_time >= 1020 and status = 'RUNNING'", max_results=2) == ["run-24", "run-23"]
    assert names(order_by=["metrics.auc DESC"])[-1] == "run-24", "what was not measured comes last"
    assert names(order_by=["metrics.auc ASC"])[-1] == "run-24"
    seen, token = [], None
    while True:
        page = client.search_runs([experiment], max_results=7, page_token=token)
        seen += [r.info.run_name for r in page]
        token = page.token
        if not token:
            break
    assert seen == [f"run-{i}" for i in range(24, -1, -1)]
    frame = mlflow.search_runs([experiment], "metrics.auc > 0.9", order_by=["metrics.auc DESC"])
    assert list(frame["metrics.auc"]) == [23 / 25]
    client.delete_run(ids[0])
    assert len(names()) == 24 and len(client.search_runs([experiment], run_view_type=ViewType.ALL)) == 25
    client.delete_experiment(experiment)
    assert names() == [] and len(client.search_runs([experiment], run_view_type=ViewType.DELETED_ONLY)) == 25
    for bad in ("metrics.auc > 'x'", "params.kind = 3", "metrics.auc > 0.5 or metrics.auc < 0.1", "nonsense.key = 'a'", "metrics.auc >", "run_name = 'a"):
        refused("INVALID_PARAMETER_VALUE", lambda: client.search_runs([experiment], bad))


def artifacts():
    mlflow.set_experiment("churn")
    names = ["plain.txt", "with space.txt", "100%.txt", "a%20b.txt", "naïve-ü.txt", "q?x=1.txt", "semi;colon&and.txt", "empty.bin"]
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        for name in names:
            with open(os.path.join(folder, name), "w") as file:
                file.write("" if name == "empty.bin" else f"content of {name}")
        mlflow.log_artifacts(folder, "files")
        with open(os.path.join(folder, "large.bin"), "wb") as file:
            file.write(np.arange(2_500_000).tobytes())
        mlflow.log_artifact(os.path.join(folder, "large.bin"))
        mlflow.log_dict({"a": [1, 2]}, "nested/deep/config.json")
        mlflow.log_text("hello", "notes.md")
    listed = [f.path for f in client.list_artifacts(run.info.run_id)]
    assert listed == ["files", "large.bin", "nested", "notes.md"], listed
    assert [f.path for f in client.list_artifacts(run.info.run_id, "nested/deep")] == ["nested/deep/config.json"]
    assert client.list_artifacts(run.info.run_id, "notes.md") == []
    assert mlflow.artifacts.load_dict(f"runs:/{run.info.run_id}/nested/deep/config.json") == {"a": [1, 2]}
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes.md") == "hello"
    stored = [f.path for f in client.list_artifacts(run.info.run_id, "files")]
    with tempfile.TemporaryDirectory() as folder:
        local = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=folder)
        with open(os.path.join(local, "large.bin"), "rb") as file:
            assert np.array_equal(np.frombuffer(file.read(), dtype=np.int64), np.arange(2_500_000))
        contents = {}
        for path in stored:
            with open(os.path.join(local, path)) as file:
                contents[os.path.basename(path)] = file.read()
    # The client does not escape `%`, `?` and `#`; what it asks for under a name, it gets under the same name.
    for name in ("plain.txt", "with space.txt", "100%.txt", "naïve-ü.txt", "semi;colon&and.txt"):
        assert contents[name] == f"content of {name}", (name, sorted(contents))
    assert contents["empty.bin"] == "" and len(stored) == len(names), stored
    with tempfile.TemporaryDirectory() as folder:
        for name in ("sharp#1.txt", "escaped%23.txt"):
            with open(os.path.join(folder, name), "w") as file:
                file.write(name)
        client.log_artifact(run.info.run_id, os.path.join(folder, "sharp#1.txt"), "names")
        assert [f.path for f in client.list_artifacts(run.info.run_id, "names")] == ["names/sharp"], "the client sends no more"
        try:
            client.log_artifact(run.info.run_id, os.path.join(folder, "escaped%23.txt"), "names")
            raise AssertionError("the client could not list its folder any more")
        except Exception as error:
            assert "Invalid path" in str(error), error
    root = f"{client.get_run(run.info.run_id).info.artifact_uri}"
    repository = mlflow.store.artifact.artifact_repository_registry.get_artifact_repository(root)
    repository.delete_artifacts("nested")
    assert "nested" not in [f.path for f in client.list_artifacts(run.info.run_id)]
    import requests

    base = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow-artifacts/artifacts"
    for path in ("/%2e%2e/x", "/1/%2e%2e/%2e%2e/etc", "/a//b", "/"):
        answer = requests.Request("PUT", base + path, data=b"x").prepare()
        answer.url = base + path
        with requests.Session() as session:
            assert session.send(answer).status_code in (400, 404), path
    mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes.md")


def models():
    from sklearn.linear_model import LogisticRegression

    mlflow.set_experiment("churn")
    x = np.random.default_rng(7).normal(size=(200, 3)).astype(np.float32)
    y = (x.sum(axis=1) > 0).astype(int)
    fitted = LogisticRegression().fit(x, y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(fitted, name="model", input_example=x[:2], params={"C": 1.0})
        mlflow.log_metric("auc", 0.99, model_id=info.model_id, dataset=mlflow.data.from_numpy(x, name="hold-out"))
    assert np.array_equal(mlflow.sklearn.load_model(info.model_uri).predict(x), fitted.predict(x))
    assert np.array_equal(mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(x), fitted.predict(x))
    logged = mlflow.get_logged_model(info.model_id)
    assert logged.status == "READY" and logged.source_run_id == run.info.run_id
    assert [(m.key, m.value, m.dataset_name) for m in logged.metrics] == [("auc", 0.99, "hold-out")]
    assert [m.model_id for m in client.get_run(run.info.run_id).outputs.model_outputs] == [info.model_id]
    found = mlflow.search_logged_models(filter_string="metrics.auc > 0.9 AND source_run_id = '%s'" % run.info.run_id, output_format="list")
    assert [m.model_id for m in found] == [info.model_id]
    client.set_logged_model_tags(info.model_id, {"kept": "yes"})
    assert mlflow.get_logged_model(info.model_id).tags["kept"] == "yes"
    client.delete_logged_model_tag(info.model_id, "kept")
    assert "MLmodel" in [os.path.basename(f.path) for f in mlflow.artifacts.list_artifacts(info.model_uri)]

    first = mlflow.register_model(info.model_uri, "churn-model", tags={"by": "check"})
    second = mlflow.register_model(f"runs:/{run.info.run_id}/model", "churn-model")
    assert (first.version, second.version) in (("1", "2"), (1, 2))
    assert mlflow.get_logged_model(info.model_id).tags["mlflow.modelVersions"]
    client.set_registered_model_alias("churn-model", "champion", 1)
    client.set_registered_model_alias("churn-model", "challenger", 2)
    client.set_registered_model_alias("churn-model", "champion", 2)
    got = client.get_model_version_by_alias("churn-model", "champion")
    assert str(got.version) == "2" and sorted(got.aliases) == ["challenger", "champion"]
    assert np.array_equal(mlflow.pyfunc.load_model("models:/churn-model@champion").predict(x), fitted.predict(x))
    assert np.array_equal(mlflow.sklearn.load_model("models:/churn-model/1").predict(x), fitted.predict(x))
    assert np.array_equal(mlflow.sklearn.load_model("models:/churn-model/latest").predict(x), fitted.predict(x))
    model = client.get_registered_model("churn-model")
    assert {a: str(v) for a, v in model.aliases.items()} == {"champion": "2", "challenger": "2"}
    client.delete_registered_model_alias("churn-model", "challenger")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version_by_alias("churn-model", "challenger"))
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.set_registered_model_alias("churn-model", "champion", 9))
    refused("INVALID_PARAMETER_VALUE", lambda: client.set_registered_model_alias("churn-model", "latest", 1))
    client.update_registered_model("churn-model", "what it is for")
    client.set_registered_model_tag("churn-model", "tier", "1")
    client.update_model_version("churn-model", "1", "the first")
    client.set_model_version_tag("churn-model", "1", "checked", "yes")
    assert [m.name for m in client.search_registered_models("tags.tier = '1'")] == ["churn-model"]
    assert [str(v.version) for v in client.search_model_versions("name = 'churn-model'", order_by=["version_number ASC"])] == ["1", "2"]
    assert [str(v.version) for v in client.search_model_versions("tags.checked = 'yes' and name = 'churn-model'")] == ["1"]
    assert [str(v.version) for v in client.search_model_versions(f"run_id = '{run.info.run_id}'", max_results=1)] == ["1"], "the one that changed last"
    client.transition_model_version_stage("churn-model", "1", "Production")
    client.transition_model_version_stage("churn-model", "2", "Production", archive_existing_versions=True)
    assert client.get_model_version("churn-model", "1").current_stage == "Archived"
    assert [str(v.version) for v in client.get_latest_versions("churn-model", ["Production"])] == ["2"]
    client.delete_model_version_tag("churn-model", "1", "checked")
    client.delete_registered_model_tag("churn-model", "tier")
    client.rename_registered_model("churn-model", "churn-renamed")
    assert client.get_model_version("churn-renamed", "1").description == "the first"
    client.delete_model_version("churn-renamed", "2")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_model_version_by_alias("churn-renamed", "champion"))
    assert str(mlflow.register_model(info.model_uri, "churn-renamed").version) == "3", "numbers are not given again"
    client.delete_registered_model("churn-renamed")
    refused("RESOURCE_DOES_NOT_EXIST", lambda: client.get_registered_model("churn-renamed"))
    client.create_registered_model("x")
    refused("INVALID_PARAMETER_VALUE", lambda: client.create_model_version("x", "/etc/passwd"))


def onnx_models():
    import onnx
    import onnx.helper as h

    mlflow.set_experiment("churn")
    graph = h.make_graph(
        [h.make_node("ReduceSum", ["input", "axes"], ["value"], keepdims=1)],
        "sum",
        [h.make_tensor_value_info("input", onnx.TensorProto.FLOAT, [None, 3])],
        [h.make_tensor_value_info("value", onnx.TensorProto.FLOAT, [None, 1])],
        [h.make_tensor("axes", onnx.TensorProto.INT64, [1], [1])],
    )
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=9)
    with mlflow.start_run():
        info = mlflow.onnx.log_model(model, name="onnx-model", registered_model_name="summed")
    client.set_registered_model_alias("summed", "champion", info.registered_model_version)
    loaded = mlflow.pyfunc.load_model("models:/summed@champion")
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert np.array_equal(loaded.predict(x)["value"], np.array([[3], [12]], dtype=np.float32))
    assert mlflow.onnx.load_model("models:/summed/1").graph.name == "sum"


def not_built():
    message = refused("ENDPOINT_NOT_FOUND", lambda: client.search_traces(["0"]))
    assert "experiments, runs, artifacts" in message, message


def own(model, features):
    """What Playhead trained, read back: an experiment, runs, a registered model with its aliases, and the model itself."""
    import onnxruntime

    rows = json.loads(features)
    experiment = client.get_experiment_by_name(model)
    runs = client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'", order_by=["metrics.average_precision DESC"])
    assert len(runs) >= 1
    run = runs[0]
    assert client.get_run(run.info.run_id).data.params == run.data.params
    registered = client.get_registered_model(model)
    champion = client.get_model_version_by_alias(model, "champion")
    assert str(registered.aliases["champion"]) == str(champion.version) and champion.run_id == run.info.run_id
    assert model in [m.name for m in client.search_registered_models(f"name = '{model}'")]
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["manifest.json", "model", "profile.json"]
    x = np.array(rows, dtype=np.float32)
    answers = mlflow.pyfunc.load_model(f"models:/{model}@champion").predict(x)
    frame = mlflow.pyfunc.load_model(f"models:/{model}@champion").predict(pd.DataFrame(rows, dtype=float))
    loaded = mlflow.onnx.load_model(f"models:/{model}@champion")
    session = onnxruntime.InferenceSession(loaded.SerializeToString())
    expected = session.run(None, {"input": x})[0]
    assert np.array_equal(answers["probability"], expected) and np.array_equal(frame["probability"], expected.reshape(-1).astype(frame["probability"].dtype))
    refused("PERMISSION_DENIED", lambda: client.set_registered_model_alias(model, "champion", 1))
    refused("PERMISSION_DENIED", lambda: client.log_metric(run.info.run_id, "x", 1))
    refused("PERMISSION_DENIED", lambda: client.delete_experiment(experiment.experiment_id))
    refused("RESOURCE_ALREADY_EXISTS", lambda: client.create_registered_model(model))
    mlflow.set_experiment(model)
    with mlflow.start_run(run_name="by hand"):
        mlflow.log_metric("average_precision", 0.01)
    assert len(mlflow.search_runs(experiment_names=[model])) == len(client.search_runs([experiment.experiment_id])) >= 2
    return {"run": run.info.run_id, "params": run.data.params, "metrics": run.data.metrics, "tags": run.data.tags, "version": str(champion.version), "probabilities": expected.reshape(-1).tolist()}


def main():
    assert client.tracking_uri.startswith("http")
    if sys.argv[1] == "own":
        print(json.dumps(own(sys.argv[2], sys.argv[3])))
        return
    for check in (experiments, runs, batches, searches, artifacts, models, onnx_models, not_built):
        part(check)
    print(json.dumps({"mlflow": mlflow.__version__, "done": DONE}))


main()
