import { EnvelopeTemplate, HEADERS, encodeEvent, type EnvelopeHeader, type EventContract } from '#contracts';
import { checksumOf, type LogRecord, type Output } from '#eventlog';
import { formatPosition } from '#kernel';
import type { Static, TSchema } from 'typebox';

/** Where the outputs of one contract go, and what they are made from. */
export interface OutputTarget {
  /** Full name of the output topic. */
  readonly topic: string;
  /** The topic that is folded, below the namespace: `ce_source` of what is given. */
  readonly source: string;
}

export interface OutputPlace {
  readonly partition: number;
  readonly key: string;
  /** `ce_time`. */
  readonly time: string;
  /** Tells the outputs of one source record apart; rises on one topic. */
  readonly k?: number;
  readonly control: EnvelopeHeader;
}

/** Builds outputs of one contract: envelope, value, and the source record that they come from. A value that is text is taken as it is. */
export const outputsOf = <S extends TSchema>(contract: EventContract<S>, { topic, source }: OutputTarget) => {
  const template = new EnvelopeTemplate({ type: contract.type, source });
  return (
    record: LogRecord,
    value: Static<S> | string,
    { partition, key, time, k = 0, control }: OutputPlace,
  ): Output => ({
    topic,
    partition,
    key,
    value: typeof value === 'string' ? value : encodeEvent(contract, value),
    shared: template.shared(control),
    headers: template.own(formatPosition(record.partition, record.offset, k), time, [
      HEADERS.sourceCrc,
      checksumOf(record.value),
    ]),
    source: record.offset,
    sourcePartition: record.partition,
    k,
  });
};
