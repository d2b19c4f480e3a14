import { EnvelopeTemplate, HEADERS, InputRouted, TOPICS, compileObservationReader } from '#contracts';
import { checksumOf, perRecord, type Fold, type LogRecord } from '#eventlog';
import { ContractViolation, canonicalKey, formatPosition, partitionOf } from '#kernel';
import { failedParts } from './part';

export interface RouteHandler {
  readonly service: string;
  /** Of the stage. */
  readonly entity: string;
  /** The stream that is routed. */
  readonly stream: string;
  /** The trigger of the service, of which no event may be missing. */
  readonly trigger: string;
  /** `feature.inputs.<service>.<entity>` in full, and its partitions. */
  readonly inputs: { readonly topic: string; readonly partitions: number };
  /** `feature.parts.<service>` in full. */
  readonly parts: string;
}

/**
 * Appends the observations of one stream to the partition that owns their entity, byte for byte: the order in which they come to stand
 * there is the order in which a stage folds its streams, recorded for ever (law L1). A trigger that names no entity, or that cannot
 * be read, goes to the number of its own partition, without a key; of another stream it is not routed. Keeps no state.
 */
export const onSource = ({
  service,
  entity,
  stream,
  trigger,
  inputs,
  parts,
}: RouteHandler): Fold<null, undefined> => {
  const source = TOPICS.observations(stream);
  const isTrigger = stream === trigger;
  const template = new EnvelopeTemplate({ type: InputRouted.type, source });
  const shared = template.shared();
  const failed = failedParts({ source, stage: entity, parts });
  const read = compileObservationReader([entity]);
  const entityOf = ({ value }: LogRecord): string | null => {
    try {
      const event = read(value ?? NOTHING) as Readonly<Record<string, unknown>> | null;
      return canonicalKey(event?.[entity]);
    } catch (cause) {
      if (isTrigger) return null;
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `the observation names no ${entity}`, {
        cause,
      });
    }
  };
  return {
    name: `routes-${service}-${entity}`,
    initial: () => null,
    restore: { from: 'none' },
    total: false,
    dropSeen: true,
    afterSetAside: (record, why) =>
      isTrigger ? [failed(record, { partition: record.partition, offset: record.offset }, why)] : [],
    process: perRecord((_, record, round) => {
      const name = entityOf(record);
      if (name === null && !isTrigger) return;
      const key = name === null ? null : Buffer.from(name);
      round.emit({
        topic: inputs.topic,
        partition: key === null ? record.partition : partitionOf(key, inputs.partitions),
        key,
        value: record.value,
        shared,
        headers: template.own(
          formatPosition(record.partition, record.offset),
          record.headers.text(HEADERS.time) ?? '',
          [HEADERS.sourceCrc, checksumOf(record.value)],
        ),
        source: record.offset,
        sourcePartition: record.partition,
        k: 0,
      });
    }),
  };
};

const NOTHING = Buffer.alloc(0);
