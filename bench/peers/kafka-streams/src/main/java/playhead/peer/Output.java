package playhead.peer;

/** The JSON of one prediction, and the partition that its payment came from. */
record Output(int partition, byte[] json) {}
