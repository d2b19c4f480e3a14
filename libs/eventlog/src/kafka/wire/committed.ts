import { BATCH_HEADER_BYTES } from './batch-layout';
import type { RawBatch } from './record-batch';
import { Cursor } from './bytes';

/** A transaction of a producer that was rolled back, from its first offset on, as the fetch answer says. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

const ABORT_MARKER = 0;

/**
 * Marks the batches that a `read_committed` reader passes over: control batches and those of aborted transactions.
 * An aborted transaction of a producer reaches from its first offset to its abort marker. Source: KIP-98, "Consumer".
 */
export const committedBatches = (
  batches: readonly RawBatch[],
  aborted: readonly AbortedTransaction[],
): { batch: RawBatch; passed: boolean }[] => {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const rolledBack = new Set<number>();
  return batches.map((batch) => {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batch.lastOffset)
      rolledBack.add(waiting.shift()!.producerId);
    if (batch.isControl) {
      if (isAbortMarker(batch)) rolledBack.delete(batch.producerId);
      return { batch, passed: true };
    }
    return { batch, passed: batch.isTransactional && rolledBack.has(batch.producerId) };
  });
};

/** The key of a control record is its version and its type, 16 bits each. */
const isAbortMarker = ({ raw }: RawBatch): boolean => {
  try {
    const cursor = new Cursor(raw, BATCH_HEADER_BYTES, raw.length);
    cursor.varint(); // length of the record
    cursor.at++; // attributes
    cursor.varlong(); // timestamp delta
    cursor.varint(); // offset delta
    return cursor.varint() >= 4 && raw.readInt16BE(cursor.at + 2) === ABORT_MARKER;
  } catch {
    return false;
  }
};
