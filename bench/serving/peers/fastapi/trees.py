"""What both FastAPI programs share: the session and one run of it."""

import os

import numpy as np
import onnxruntime as ort

_options = ort.SessionOptions()
_options.intra_op_num_threads = 1
_options.inter_op_num_threads = 1
_session = ort.InferenceSession(os.environ["TREES_FILE"], _options, providers=["CPUExecutionProvider"])


def probabilities(data: list, shape: list) -> np.ndarray:
    rows = np.asarray(data, dtype=np.float32).reshape(shape)
    return _session.run(["probability"], {"input": rows})[0]
