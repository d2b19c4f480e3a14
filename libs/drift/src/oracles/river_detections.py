"""Where River's detectors find changes: {streams: {name: [numbers]}, kswin: [names]} on stdin, [drifts, warnings] by stream and detector on stdout."""

import json
import random
import sys

from river import drift
from river.drift import binary

asked = json.load(sys.stdin)


def found(detector, values):
    drifts, warnings = [], []
    for index, value in enumerate(values):
        detector.update(value)
        if detector.drift_detected:
            drifts.append(index)
        if getattr(detector, "warning_detected", False):
            warnings.append(index)
    return [drifts, warnings]


NUMBERS = {
    "adwin": drift.ADWIN,
    "page_hinkley": drift.PageHinkley,
}
ERRORS = {
    "ddm": binary.DDM,
    "eddm": binary.EDDM,
    "hddm_a": binary.HDDMA,
    "hddm_w": binary.HDDMW,
}
detections = {}
for name, values in asked["streams"].items():
    is_binary = all(value in (0, 1) for value in values)
    makers = {**NUMBERS, **(ERRORS if is_binary else {})}
    detections[name] = {kind: found(make(), values) for kind, make in makers.items()}
    if name in asked["kswin"]:
        detections[name]["kswin"] = found(drift.KSWIN(seed=7), values)

draws = random.Random(7)
longest = max(len(asked["streams"][name]) for name in asked["kswin"])
positions = [draws.sample(range(70), 30) for _ in range(longest)]
json.dump({"detections": detections, "draws": positions}, sys.stdout)
