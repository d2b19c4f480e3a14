"""Stores the predictions of a deployment in SQLite, exactly once: stop or kill it whenever you like and start it again.

python store_predictions.py 127.0.0.1:9092 playhead.serving.predictions.fraud predictions.db
"""

import json
import sqlite3
import sys

from playhead_reader import ExactlyOnceReader, Progress, ReadBatch

if len(sys.argv) != 4:
    sys.exit("usage: store_predictions.py <brokers> <topic> <database>")
brokers, topic, path = sys.argv[1:]

database = sqlite3.connect(path)
with database:
    database.execute("CREATE TABLE IF NOT EXISTS predictions (id TEXT, event TEXT, decision INTEGER, probability REAL)")
    database.execute("CREATE TABLE IF NOT EXISTS progress (part INTEGER PRIMARY KEY, next_offset INTEGER, seen TEXT)")


def load(_topic: str, partition: int):
    row = database.execute("SELECT next_offset, seen FROM progress WHERE part = ?", (partition,)).fetchone()
    return None if row is None else Progress(row[0], json.loads(row[1]))


def save(batch: ReadBatch) -> None:
    """One transaction for both. No key of `predictions` is unique, so a copy would be seen."""
    with database:
        for record in batch.records:
            made = record.value
            row = (record.id, made["event_id"], made.get("decision"), made["output"].get("probability"))
            database.execute("INSERT INTO predictions VALUES (?, ?, ?, ?)", row)
        after = (batch.progress.next_offset, json.dumps(batch.progress.seen))
        if batch.previous is None:
            database.execute("INSERT INTO progress VALUES (?, ?, ?)", (batch.partition, *after))
            return
        changed = database.execute(
            "UPDATE progress SET next_offset = ?, seen = ? WHERE part = ? AND next_offset = ?",
            (*after, batch.partition, batch.previous.next_offset),
        )
        if changed.rowcount != 1:
            raise RuntimeError(f"another reader has taken over partition {batch.partition}")


reader = ExactlyOnceReader(
    {"bootstrap.servers": brokers, "group.id": "store-predictions", "session.timeout.ms": 6000}, topic, load, save
)
try:
    while True:
        reader.poll()
except KeyboardInterrupt:
    reader.close()
