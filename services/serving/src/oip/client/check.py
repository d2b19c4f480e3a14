"""What users of tritonclient do, with the unmodified client: python check.py http|grpc HOST:PORT EXPECTED.

EXPECTED is JSON {"rows": [[...]], "scores": [...]}: what the model answers for these rows, version 2 of the deployment `fraud`.
The last line of standard output is JSON with what was done; anything that is not as it should be raises.
"""

import json
import sys

import numpy as np
import tritonclient
from tritonclient.utils import InferenceServerException

kind, address, expected = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
if kind == "http":
    import tritonclient.http as triton
else:
    import tritonclient.grpc as triton

ROWS = np.array(expected["rows"], dtype=np.float32)  # "nan" is a missing value
SCORES = np.array(expected["scores"], dtype=np.float32).reshape(-1, 1)
# Without the row that misses a value.
WHOLE = ROWS[[0, 2]]
FEATURES = ROWS.shape[1]
done = []
client = triton.InferenceServerClient(address)


def tensor(values=ROWS, datatype="FP32", name="input", shape=None, **options):
    each = triton.InferInput(name, list(values.shape), datatype)
    each.set_data_from_numpy(values, **options)
    if shape is not None:
        each.set_shape(shape)
    return each


def refused(words, act, status=None):
    try:
        act()
    except InferenceServerException as error:
        assert words in error.message(), (words, error.message())
        assert status is None or status in str(error.status()), (status, error.status())
        return
    raise AssertionError(f"not refused: {words}")


def plain(answer):
    """Metadata and the like as dictionaries, whatever the client gives."""
    if isinstance(answer, (dict, list)):
        return answer
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(answer, preserving_proto_field_name=True)


def same(result, scores=SCORES):
    got = result.as_numpy("probability")
    assert got.dtype == np.float32 and got.shape == scores.shape, (got.dtype, got.shape)
    assert got.tobytes() == scores.tobytes(), (got, scores)


assert client.is_server_live() and client.is_server_ready()
assert client.is_model_ready("fraud") and client.is_model_ready("fraud", "2")
assert not client.is_model_ready("nobody") and not client.is_model_ready("fraud", "9")
done.append("health")

metadata = plain(client.get_server_metadata())
assert metadata["name"] == "playhead" and "statistics" in metadata["extensions"], metadata
model = plain(client.get_model_metadata("fraud"))
assert model["name"] == "fraud" and model["versions"] == ["1", "2"], model
assert model["inputs"][0]["name"] == "input" and model["inputs"][0]["datatype"] == "FP32", model
assert [int(size) for size in model["inputs"][0]["shape"]] == [-1, FEATURES], model
assert model["outputs"][0]["name"] == "probability", model
config = plain(client.get_model_config("fraud"))
config = config.get("config", config)
assert config["name"] == "fraud" and config["input"][0]["name"] == "input", config
done.append("metadata")

if kind == "http":
    for binary_in in (True, False):
        for binary_out in (True, False):
            inputs = [tensor(WHOLE, binary_data=binary_in)]
            outputs = [triton.InferRequestedOutput("probability", binary_data=binary_out)]
            same(client.infer("fraud", inputs, outputs=outputs), SCORES[[0, 2]])
    # The client writes NaN into its JSON, which has none.
    refused("null says", lambda: client.infer("fraud", [tensor(binary_data=False)]))
    same(client.infer("fraud", [tensor()]))
    for coding in ("gzip", "deflate"):
        for binary in (True, False):
            inputs = [tensor(WHOLE, binary_data=binary)]
            outputs = [triton.InferRequestedOutput("probability", binary_data=binary)]
            result = client.infer(
                "fraud",
                inputs,
                outputs=outputs,
                request_compression_algorithm=coding,
                response_compression_algorithm=coding,
            )
            same(result, SCORES[[0, 2]])
    done.append("compression")
else:
    same(client.infer("fraud", [tensor()]))
    same(client.infer("fraud", [tensor()], outputs=[triton.InferRequestedOutput("probability")]))
    same(client.infer("fraud", [tensor()], compression_algorithm="gzip"))
for at in range(len(ROWS)):
    same(client.infer("fraud", [tensor(ROWS[at : at + 1])]), SCORES[at : at + 1])
many = np.tile(ROWS, (250, 1))
same(client.infer("fraud", [tensor(many)]), np.tile(SCORES, (250, 1)))
result = client.infer("fraud", [tensor()], model_version="2", request_id="mine", timeout=5_000_000)
response = plain(result.get_response())
assert response["id"] == "mine" and response["model_version"] == "2", response
assert plain(client.infer("fraud", [tensor()], model_version="1").get_response())["model_version"] == "1"
same(client.infer("model.fraud", [tensor()], model_version="2"))
done.append("inference")

whole = np.round(np.nan_to_num(ROWS)).clip(0, 100)
wanted = client.infer("fraud", [tensor(whole.astype(np.float32))]).as_numpy("probability")
DATATYPES = {
    "INT8": np.int8,
    "INT16": np.int16,
    "INT32": np.int32,
    "INT64": np.int64,
    "UINT8": np.uint8,
    "UINT16": np.uint16,
    "UINT32": np.uint32,
    "UINT64": np.uint64,
    "FP16": np.float16,
    "FP64": np.float64,
}
for datatype, of in DATATYPES.items():
    same(client.infer("fraud", [tensor(whole.astype(of), datatype)]), wanted)
truths = whole > 50
wanted = client.infer("fraud", [tensor(truths.astype(np.float32))]).as_numpy("probability")
same(client.infer("fraud", [tensor(truths, "BOOL")]), wanted)
done.append("datatypes")

texts = np.array([[b"a"] * FEATURES], dtype=np.object_)
refused("the model takes numbers", lambda: client.infer("fraud", [tensor(texts, "BYTES")]))
refused("there is no deployment", lambda: client.infer("nobody", [tensor()]))
refused("has no version 9", lambda: client.infer("fraud", [tensor()], model_version="9"))
refused("one input \"input\"", lambda: client.infer("fraud", [tensor(name="x")]))
refused("has no output", lambda: client.infer("fraud", [tensor()], outputs=[triton.InferRequestedOutput("x")]))
refused("the model takes [rows,", lambda: client.infer("fraud", [tensor(ROWS[:, :1].copy())]))
refused("the model takes [rows,", lambda: client.infer("fraud", [tensor(shape=[2**62, 4])]))
refused("beyond FP32", lambda: client.infer("fraud", [tensor(np.full_like(ROWS, np.inf))]))
done.append("errors")

missing = np.full((1, FEATURES), np.nan, dtype=np.float32)
assert np.isfinite(client.infer("fraud", [tensor(missing)]).as_numpy("probability")).all()
done.append("missing")


def index():
    listed = plain(client.get_model_repository_index())
    return {each["name"]: each for each in (listed.get("models", []) if isinstance(listed, dict) else listed)}


assert index()["fraud"]["state"] == "READY", index()
client.unload_model("fraud")
assert index()["fraud"]["state"] == "UNAVAILABLE", index()
assert not client.is_model_ready("fraud")
refused("unloaded", lambda: client.infer("fraud", [tensor()]))
client.load_model("fraud")
assert client.is_model_ready("fraud") and index()["fraud"]["state"] == "READY"
same(client.infer("fraud", [tensor()]))
refused("as the registry has it", lambda: client.load_model("fraud", config="{}"))
done.append("repository")

def statistics(version=""):
    return plain(client.get_inference_statistics("fraud", version))["model_stats"]


before = statistics("2")[0]
client.infer("fraud", [tensor()])
after = statistics("2")[0]
assert int(after["inference_count"]) - int(before["inference_count"]) == len(ROWS), (before, after)
assert int(after["execution_count"]) - int(before["execution_count"]) == 1, (before, after)
assert int(after["inference_stats"]["success"]["ns"]) > 0 and after["batch_stats"], after
assert {each["version"] for each in statistics()} >= {"1", "2"}
assert plain(client.get_inference_statistics())["model_stats"]
done.append("statistics")

if kind == "http":
    pending = [client.async_infer("fraud", [tensor()]) for _ in range(20)]
    for each in pending:
        same(each.get_result())
else:
    import queue

    answers = queue.Queue()
    for _ in range(20):
        client.async_infer("fraud", [tensor()], callback=lambda result, error: answers.put((result, error)))
    for _ in range(20):
        result, error = answers.get(timeout=20)
        assert error is None, error
        same(result)
    client.start_stream(callback=lambda result, error: answers.put((result, error)))
    for at in range(10):
        client.async_stream_infer("fraud", [tensor()], request_id=str(at))
    for at in range(10):
        result, error = answers.get(timeout=20)
        assert error is None, error
        same(result)
    client.stop_stream()
done.append("many at once")

client.close()
print(json.dumps({"tritonclient": tritonclient.__name__, "done": done}))
