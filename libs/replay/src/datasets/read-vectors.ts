import { controlPositionOf, parseVector, sourcePositionOf } from '#contracts';
import type { EventLog } from '#eventlog';
import { ContractViolation } from '#kernel';
import { readToCut, type Cut, type OffsetRange, type TopicName } from './read-to-cut';
import { VectorTable } from './vector-table';

/** The observations behind the vectors of one partition, and under which control positions they were decided. */
export interface TriggerRange {
  /** Below the namespace. */
  readonly topic: string;
  readonly partition: number;
  /** Offset of the first and, exclusive, of the last trigger. */
  readonly from: number;
  readonly to: number;
  /** Triggers that have a vector. */
  readonly vectors: number;
  /** Where the control position changed: [trigger offset, control position] from that trigger on. */
  readonly control: readonly (readonly [offset: number, control: number])[];
}

export interface VectorsToCut {
  /** The vectors that carry the revision. */
  readonly table: VectorTable;
  /** Vectors without values of the revision: made before it held. */
  readonly lacking: number;
  readonly ranges: readonly OffsetRange[];
  readonly triggers: readonly TriggerRange[];
  readonly newest: number;
}

export interface ServiceRead {
  readonly name: string;
  readonly revision: string;
  readonly features: readonly string[];
  /** The trigger stream's observations, below the namespace. */
  readonly observations: string;
}

/** The logged vectors of a feature service up to a cut. */
export const readVectors = async (
  log: EventLog,
  topic: TopicName,
  service: ServiceRead,
  cut: Cut,
): Promise<VectorsToCut> => {
  const table = new VectorTable(service.features.length);
  const triggers = new TriggerRanges(service.observations);
  let lacking = 0;
  const { ranges, newest } = await readToCut(log, topic, cut, (record, eventTime) => {
    const trigger = sourcePositionOf(record.headers);
    if (!trigger)
      throw new ContractViolation(
        'PLAYHEAD_ENVELOPE_INVALID',
        `${record.topic}:${record.partition}-${record.offset} names no trigger`,
      );
    triggers.add(trigger.partition, trigger.offset, controlPositionOf(record.headers) ?? -1);
    const { event_id: eventId, values: byRevision } = parseVector(record.value);
    const values = byRevision[service.revision];
    if (!values) {
      lacking += 1;
      return;
    }
    const entity = record.key?.toString() ?? '';
    table.add({ partition: trigger.partition, offset: trigger.offset, entity, eventId, eventTime, values });
  });
  return { table, lacking, ranges, triggers: triggers.ranges, newest };
};

interface MutableRange extends TriggerRange {
  to: number;
  vectors: number;
  readonly control: [number, number][];
}

class TriggerRanges {
  readonly ranges: MutableRange[] = [];

  constructor(private readonly topic: string) {}

  add(partition: number, offset: number, control: number): void {
    let range = this.ranges[this.ranges.length - 1];
    if (range?.partition !== partition) {
      range = { topic: this.topic, partition, from: offset, to: offset, vectors: 0, control: [] };
      this.ranges.push(range);
    }
    range.to = offset + 1;
    range.vectors += 1;
    if (range.control[range.control.length - 1]?.[1] !== control) range.control.push([offset, control]);
  }
}
