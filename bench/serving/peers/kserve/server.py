"""The model in KServe's Python server, REST and gRPC: server.py <model.onnx> <http port> <grpc port>"""

import logging
import sys

import numpy as np
import onnxruntime as ort
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer


class Trees(Model):
    def __init__(self, file: str):
        super().__init__("trees")
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = ort.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        self.ready = True

    def load(self) -> bool:
        return True

    def predict(self, payload: InferRequest, headers=None, response_headers=None) -> InferResponse:
        rows = payload.inputs[0].as_numpy().astype(np.float32, copy=False)
        (probability,) = self._session.run(["probability"], {"input": rows})
        output = InferOutput(name="probability", shape=list(probability.shape), datatype="FP32")
        output.set_data_from_numpy(probability, binary_data=payload.use_binary_outputs)
        return InferResponse(
            response_id=payload.id or "0",
            model_name=self.name,
            infer_outputs=[output],
            use_binary_outputs=payload.use_binary_outputs,
        )


if __name__ == "__main__":
    file, http_port, grpc_port = sys.argv[1:]
    # No line for each request.
    logging.getLogger("uvicorn.access").disabled = True
    ModelServer(
        http_port=int(http_port),
        grpc_port=int(grpc_port),
        workers=1,
        enable_grpc=True,
        enable_docs_url=False,
        enable_latency_logging=False,
    ).start([Trees(file)])
