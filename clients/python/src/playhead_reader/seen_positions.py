"""The rule by which readers of derived topics drop what they have seen (law L3)."""

import re

_POSITION = re.compile(r"(\d{1,9})-(\d{1,16})(?:\.(\d{1,9}))?", re.ASCII)


class SeenPositions:
    """The highest (offset, k) applied, for each source topic and source partition.

    A derived record's `ce_source` and `ce_id` name the record that it was made from. Outputs are gap-free, so whatever
    is at or below the highest position seen is a copy. Keep one for each partition that you read, and store `entries()`
    together with what you compute from the records: they are plain JSON, the same as the TypeScript package writes.
    """

    def __init__(self, entries=()):
        self._highest = {(source, partition): (offset, k) for source, partition, offset, k in entries}

    def admit(self, source: str, id: str) -> bool:
        """True, and remembered, when this record was not applied before; False when it is a copy.

        Raises ValueError where the id is no position: such a record has a unique id, which this rule does not cover.
        """
        match = _POSITION.fullmatch(id)
        if match is None:
            raise ValueError(f'"{id}" is not a position: records of this topic are not derived')
        partition, offset, k = (int(part) for part in match.groups(default="0"))
        if (offset, k) <= self._highest.get((source, partition), (-1, 0)):
            return False
        self._highest[source, partition] = (offset, k)
        return True

    def entries(self):
        """[source, partition, offset, k] for each source partition."""
        return [[source, partition, offset, k] for (source, partition), (offset, k) in self._highest.items()]
