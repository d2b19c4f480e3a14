"""Reads a derived topic over confluent-kafka, each record once."""

import json
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from .seen_positions import SeenPositions


@dataclass(frozen=True)
class Progress:
    """How far one partition was read. Store it with what you compute from the records, in one transaction."""

    next_offset: int
    seen: list


@dataclass(frozen=True)
class DerivedRecord:
    """A prediction, a vector or an observation."""

    position: str  # its own place, "<partition>-<offset>"; what `playhead lineage` takes
    id: str  # ce_id: the position of the record that it was made from
    source: str  # ce_source: the topic of that record, below the namespace
    type: str  # ce_type, for example "serving.prediction.made"
    time: str  # event time, ISO 8601
    key: Optional[str]
    value: Any
    headers: Dict[str, str]


@dataclass(frozen=True)
class ReadBatch:
    topic: str
    partition: int
    records: List[DerivedRecord]  # in the order of the log, none that was given before; may be empty
    previous: Optional[Progress]  # what the store must still hold; refuse to save where it does not
    progress: Progress


class ExactlyOnceReader:
    """Gives each record of a derived topic once, over crashes of this reader and copies on the wire.

    `load(topic, partition)` gives the progress in your store, or None at first; reading goes on from there.
    `save(batch)` stores the progress and what follows from the records, both or neither. When it raises, nothing counts
    as read. The offset that counts is the one in your store; the group's offset is committed after it and may lag.
    """

    def __init__(
        self,
        config: Dict[str, Any],
        topic: str,
        load: Callable[[str, int], Optional[Progress]],
        save: Callable[[ReadBatch], None],
    ):
        # Every position is said, so a reset could only mean that what comes next is gone from the log: that is an error.
        own = {"enable.auto.commit": False, "auto.offset.reset": "error", "partition.assignment.strategy": "range"}
        self._consumer = Consumer({**config, **own})
        self._load, self._save = load, save
        self._progress: Dict[int, Optional[Progress]] = {}
        self._consumer.subscribe([topic], on_assign=self._assigned)

    def poll(self, timeout: float = 1.0, max_records: int = 500) -> int:
        """Reads and saves what came within `timeout` seconds; gives the number of new records."""
        by_partition: Dict[int, list] = {}
        for message in self._consumer.consume(max_records, timeout):
            if message.error():
                raise KafkaException(message.error())
            if message.partition() in self._progress:
                by_partition.setdefault(message.partition(), []).append(message)
        return sum(self._read(partition, messages) for partition, messages in by_partition.items())

    def close(self) -> None:
        self._consumer.close()

    def _assigned(self, consumer: Consumer, partitions: List[TopicPartition]) -> None:
        self._progress = {p.partition: self._load(p.topic, p.partition) for p in partitions}
        for p in partitions:
            progress = self._progress[p.partition]
            p.offset = OFFSET_BEGINNING if progress is None else progress.next_offset
        consumer.assign(partitions)

    def _read(self, partition: int, messages: list) -> int:
        topic, previous = messages[0].topic(), self._progress[partition]
        seen = SeenPositions(previous.seen if previous else ())
        records = [record for record in map(_decode, messages) if seen.admit(record.source, record.id)]
        progress = Progress(messages[-1].offset() + 1, seen.entries())
        try:
            self._save(ReadBatch(topic, partition, records, previous, progress))
        except BaseException:
            # Nothing of it counts: the store says where to go on, if the caller polls again.
            stored = self._load(topic, partition)
            self._progress[partition] = stored
            place = OFFSET_BEGINNING if stored is None else stored.next_offset
            self._consumer.seek(TopicPartition(topic, partition, place))
            raise
        self._progress[partition] = progress
        self._consumer.commit(offsets=[TopicPartition(topic, partition, progress.next_offset)], asynchronous=True)
        return len(records)


def _decode(message) -> DerivedRecord:
    # A name may come twice; the last one holds, as in Kafka's own `lastHeader`.
    headers = {name: (value or b"").decode() for name, value in message.headers() or []}
    return DerivedRecord(
        position=f"{message.partition()}-{message.offset()}",
        id=headers["ce_id"],
        source=headers["ce_source"],
        type=headers["ce_type"],
        time=headers["ce_time"],
        key=None if message.key() is None else message.key().decode(),
        value=json.loads(message.value() or b"null"),
        headers=headers,
    )
