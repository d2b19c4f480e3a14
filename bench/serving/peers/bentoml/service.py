"""The model in BentoML; the file is named by TREES_FILE."""

import os

import bentoml
import numpy as np
import onnxruntime as ort


@bentoml.service(workers=1, traffic={"timeout": 60}, metrics={"enabled": False}, logging={"access": {"enabled": False}})
class Trees:
    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(os.environ["TREES_FILE"], options, providers=["CPUExecutionProvider"])

    # async: in the event loop, which spares it a thread for each request.
    @bentoml.api
    async def predict(self, input: np.ndarray) -> np.ndarray:
        (probability,) = self._session.run(["probability"], {"input": input.astype(np.float32, copy=False)})
        return probability
