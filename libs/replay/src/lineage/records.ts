import { HEADERS, type CompiledFeatureService, type CompiledStream } from '#contracts';
import type { LogRecord } from '#eventlog';
import { canonicalKey, formatPosition, timestampMs } from '#kernel';
import { definitionOf, type Decisions } from './decisions';
import type { LogView } from './log-view';
import type { Revision } from './windows';

/** What a trace reads from. */
export interface Sources {
  readonly view: LogView;
  readonly decisions: Decisions;
}

export const placeOf = (
  topic: string,
  { partition, offset }: LogRecord,
): { topic: string; position: string } => ({
  topic,
  position: formatPosition(partition, offset),
});

/** Its own position, as text. */
export const idOf = ({ partition, offset }: LogRecord): string => formatPosition(partition, offset);

/** Event time, epoch ms. */
export const timeOf = ({ headers }: LogRecord): number => timestampMs(headers.text(HEADERS.time));

export const sameKey = ({ key }: LogRecord, other: LogRecord): boolean =>
  key !== null && other.key !== null && key.equals(other.key);

/** The service revisions whose values a vector carries, by its `ph_definition`. */
export const revisionsOf = (record: LogRecord): { revision: string; digest: string }[] =>
  (record.headers.text(HEADERS.definition) ?? '')
    .split(',')
    .filter((part) => part.includes('='))
    .map((part) => ({
      revision: part.slice(0, part.indexOf('=')),
      digest: part.slice(part.indexOf('=') + 1),
    }));

/** The compiled definitions under which a vector was made. */
export const compiledOf = (decisions: Decisions, service: string, record: LogRecord): Revision[] =>
  revisionsOf(record).flatMap((which) => {
    const found = definitionOf(decisions, 'FeatureService', service, which);
    if (!found) return [];
    return [{ revision: which.revision, compiled: found.fact.compiled as unknown as CompiledFeatureService }];
  });

/** The event id of an observation, as its stream's definition names the field. */
export const eventIdOf = (decisions: Decisions, stream: string, record: LogRecord): string => {
  const field = idFieldOf(decisions, stream);
  const value = (JSON.parse(String(record.value)) as Record<string, unknown>)[field];
  return canonicalKey(value) ?? formatPosition(record.partition, record.offset);
};

export const idFieldOf = (decisions: Decisions, stream: string): string =>
  (definitionOf(decisions, 'Stream', stream)?.fact.compiled as CompiledStream | undefined)?.id ?? 'id';
