import { qualify } from '#contracts';
import type { Content, HeaderEntry, LogRecord, UnreadableChunk } from '../port';
import { deadLetterOf, deadLetterOfBatch, type DeadLetterFacts } from './dead-letter';
import type { Failed } from './failures';
import type { Fold, Output, Slice, WhyGivenUp } from './fold';
import type { RunnerOptions } from './options';

/** Somewhat below `max.message.bytes` of derived topics: what is larger would be refused by the broker at every try. */
export const MAX_OUTPUT_BYTES = 2_150_000;

export interface Reason extends WhyGivenUp {
  readonly failed?: Failed;
}

type Options = Pick<
  RunnerOptions<never, never>,
  'namespace' | 'service' | 'source' | 'clock' | 'observer'
> & {
  readonly fold: Pick<Fold<never, never>, 'name' | 'afterSetAside'>;
};

/** Makes the dead letters of a fold (law L9): a bad record never blocks a partition and is never lost. */
export class SetAside {
  constructor(private readonly options: Options) {}

  /** The dead letter, and what the fold has follow it. */
  record(record: LogRecord, why: Reason): Output[] {
    const { observer, fold } = this.options;
    observer?.deadLettered?.(why.code, 1);
    return [deadLetterOf(record, this.facts(why)), ...(fold.afterSetAside?.(record, why) ?? [])];
  }

  batch(chunk: UnreadableChunk, controlHeader: HeaderEntry): Output {
    const { reason: code, message: reason, count } = chunk;
    this.options.observer?.deadLettered?.(code, count);
    return deadLetterOfBatch(chunk, this.facts({ code, reason, controlHeader }));
  }

  private facts({ code, reason, controlHeader, failed }: Reason): DeadLetterFacts {
    const { namespace, service, fold, source, clock } = this.options;
    return {
      topic: qualify(namespace, `${service}.dead-letters`),
      handler: `${service}.${fold.name}`,
      source,
      code,
      reason,
      attempts: failed?.tries ?? 1,
      firstFailed: failed?.first ?? clock.now(),
      controlHeader,
    };
  }
}

export const isTooLarge = ({ key, value, headers, shared = [] }: Output): boolean => {
  // Nearly every output is small: its bytes are counted only when the value comes near. A unit of text is three bytes at most.
  if ((value?.length ?? 0) < MAX_OUTPUT_BYTES / 6) return false;
  const carried = [...shared, ...headers].reduce(
    (sum, [name, header]) => sum + name.length + bytesOf(header) + 10,
    0,
  );
  return bytesOf(value) + bytesOf(key) + carried > MAX_OUTPUT_BYTES;
};

const bytesOf = (content: Content | null): number => (content === null ? 0 : Buffer.byteLength(content));

/** The record of a round that an output was made from. */
export const sourceOf = <State>(
  { source, partition, sourcePartition = partition }: Output,
  slices: readonly Slice<State>[],
): LogRecord | undefined =>
  slices
    .filter((slice) => slice.partition === sourcePartition)
    .flatMap(({ records }) => records)
    .find(({ offset }) => offset === source);
