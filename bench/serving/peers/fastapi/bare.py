"""Starlette alone: one route, orjson, no checks."""

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from trees import probabilities


async def ready(request: Request) -> Response:
    return Response(b"{}")


async def infer(request: Request) -> Response:
    (rows,) = orjson.loads(await request.body())["inputs"]
    answer = probabilities(rows["data"], rows["shape"])
    output = {"name": "probability", "shape": answer.shape, "datatype": "FP32", "data": answer.ravel().tolist()}
    return Response(orjson.dumps({"model_name": "trees", "outputs": [output]}), media_type="application/json")


app = Starlette(routes=[Route("/ready", ready), Route("/v2/models/trees/infer", infer, methods=["POST"])])
