"""Evidently's drift report of the same rows: python evidently_report.py '{"reference", "current", "columns", "chunk", "rows"}'.

The rows are in memory before the clock starts. Prints one JSON object.
"""
import json
import re
import sys
import time
import warnings

warnings.simplefilter("ignore")

import numpy as np
import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

task = json.loads(sys.argv[1])
names = [column["name"] for column in task["columns"]]


def frame(path):
    cells = np.fromfile(path, dtype="<f8", count=task["rows"] * len(names))
    columns = cells.reshape(-1, len(names), task["chunk"]).transpose(1, 0, 2).reshape(len(names), -1)
    return pd.DataFrame(
        {
            column["name"]: values.astype("int64") if column["integer"] else values.copy()
            for column, values in zip(task["columns"], columns)
        }
    )


reference, current = frame(task["reference"]), frame(task["current"])
wall, cpu = time.perf_counter(), time.process_time()
metrics = Report([DataDriftPreset()]).run(current, reference).dict()["metrics"]
print(
    json.dumps(
        {
            "cpuSeconds": time.process_time() - cpu,
            "seconds": time.perf_counter() - wall,
            "peakMiB": int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) / 1024,
            "columns": [
                {"name": m["config"]["column"], "method": m["config"]["method"], "value": float(m["value"])}
                for m in metrics
                if m["config"]["type"].endswith(":ValueDrift")
            ],
        }
    )
)
