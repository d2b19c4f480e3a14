"""Reads predictions, vectors and observations of Playhead exactly once."""

from .seen_positions import SeenPositions

__all__ = ["DerivedRecord", "ExactlyOnceReader", "Progress", "ReadBatch", "SeenPositions"]


def __getattr__(name):
    # The rule alone needs no Kafka client, so that one is imported when the reader is asked for.
    if name in __all__:
        from . import exactly_once_reader

        return getattr(exactly_once_reader, name)
    raise AttributeError(name)
