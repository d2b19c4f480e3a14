"""FastAPI with its own checks of what comes and goes: pydantic models of the Open Inference Protocol."""

from typing import List, Literal, Optional

from fastapi import FastAPI
from pydantic import BaseModel
from trees import probabilities


class Tensor(BaseModel):
    name: str
    shape: List[int]
    datatype: Literal["FP32"]
    data: List[float]


class InferenceRequest(BaseModel):
    id: Optional[str] = None
    inputs: List[Tensor]


class InferenceResponse(BaseModel):
    id: Optional[str] = None
    model_name: str
    outputs: List[Tensor]


app = FastAPI()


@app.get("/ready")
async def ready() -> dict:
    return {}


@app.post("/v2/models/trees/infer")
async def infer(request: InferenceRequest) -> InferenceResponse:
    (rows,) = request.inputs
    answer = probabilities(rows.data, rows.shape)
    output = Tensor(name="probability", shape=list(answer.shape), datatype="FP32", data=answer.ravel().tolist())
    return InferenceResponse(id=request.id, model_name="trees", outputs=[output])
