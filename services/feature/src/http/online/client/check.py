"""What the stock Feast client says of the door, as one JSON line: python check.py URL

Its definitions mirror views that are applied on the other side. The online store is the remote one; nothing of the client is changed.
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.errors import FeastError
from feast.infra.online_stores.online_store import OnlineStore
from feast.types import Float64, Int64

logging.disable(logging.ERROR)
repository = Path(tempfile.mkdtemp())
(repository / "feature_store.yaml").write_text(
    f"""
project: playhead
provider: local
registry: {repository}/registry.db
online_store: {{type: remote, path: "{sys.argv[1]}"}}
offline_store: {{type: file}}
entity_key_serialization_version: 3
"""
)

customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
terminal = Entity(name="terminal", join_keys=["terminal_id"], value_type=ValueType.STRING)


def view(name, entity, **features):
    source = FileSource(name=name, path=f"{name}.parquet", timestamp_field="event_time")
    schema = [Field(name=feature, dtype=dtype) for feature, dtype in features.items()]
    return FeatureView(name=name, entities=[entity], schema=schema, source=source)


amounts = view("amounts", customer, amount=Float64)
spend = view("spend", customer, customer_1h=Int64)
traffic = view("traffic", terminal, terminal_1h=Int64, terminal_sum_1h=Float64)
mirrored = FeatureService(name="svc", features=[amounts, spend])
absent = FeatureService(name="absent", features=[amounts])

store = FeatureStore(repo_path=str(repository))
store.apply([customer, terminal, amounts, spend, traffic, mirrored, absent])

BY_CUSTOMER = ["amounts:amount", "spend:customer_1h"]
BY_BOTH = [*BY_CUSTOMER, "traffic:terminal_1h", "traffic:terminal_sum_1h"]
ROWS = [
    {"customer_id": "C0", "terminal_id": "T2"},
    {"customer_id": "C2", "terminal_id": "T1"},
    {"customer_id": "nobody", "terminal_id": "T9"},
]


def statuses(response):
    names = response.proto.metadata.feature_names.val
    return {name: list(result.statuses) for name, result in zip(names, response.proto.results)}


def kinds(response, name):
    at = list(response.proto.metadata.feature_names.val).index(name)
    return [value.WhichOneof("val") for value in response.proto.results[at].values]


def refusal(**request):
    try:
        store.get_online_features(entity_rows=[{"customer_id": "C0"}], **request)
    except FeastError as error:
        return [type(error).__name__, str(error)]


def as_older_clients(features, rows):
    """Older clients ask for each view by `online_read`; the class that all online stores have still does."""
    online = store._get_provider().online_store
    response = OnlineStore.get_online_features(
        online, store.config, features, rows, store.registry, store.project
    )
    return response.to_dict()


def writing():
    import pandas

    frame = pandas.DataFrame({"customer_id": ["C0"], "amount": [1.0], "event_time": [pandas.Timestamp.now(tz="UTC")]})
    try:
        store.write_to_online_store("amounts", frame)
    except Exception as error:  # a bare RuntimeError
        return type(error).__name__


plain = store.get_online_features(features=BY_BOTH, entity_rows=ROWS)
full = store.get_online_features(features=BY_BOTH, entity_rows=ROWS[:1], full_feature_names=True)
print(
    json.dumps(
        {
            "values": plain.to_dict(),
            "statuses": statuses(plain),
            "kinds": {name: kinds(plain, name) for name in ("amount", "customer_1h")},
            "frame": plain.to_df().shape,
            "full": full.to_dict(),
            "service": store.get_online_features(features=mirrored, entity_rows=[{"customer_id": "C1"}]).to_dict(),
            "older": as_older_clients(BY_BOTH, ROWS[:2]),
            "unknown_service": refusal(features=absent),
            "unknown_view": refusal(features=["nope:amount"]),
            "collision": refusal(features=["amounts:amount", "amounts:amount"]),
            "writing": writing(),
        }
    )
)
