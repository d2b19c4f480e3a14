import { canonicalTimestamp, type CompiledFeatureService } from '#contracts';
import { Refused, canonicalKey, timestampMs } from '#kernel';
import type { EntityRow } from './historical-features';

/** A row as it is written: a value for each entity field of the service, and `event_timestamp`. */
export type EntityRowInput = Readonly<Record<string, unknown>>;

/** The fields by which rows name entities: the trigger's key first, then those of the stages. */
export const entityFieldsOf = ({ trigger, stages = [] }: CompiledFeatureService): readonly string[] => [
  trigger.key,
  ...stages.map(({ entity }) => entity).filter((entity) => entity !== trigger.key),
];

/** Throws Refused for the first row that lacks an entity field or a time. Columns beyond those are left alone. */
export const parseEntityRows = (
  rows: readonly EntityRowInput[],
  service: CompiledFeatureService,
): EntityRow[] => {
  const fields = entityFieldsOf(service);
  return rows.map((row, index) => {
    const refuse = (why: string): Refused =>
      new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `row ${index + 1} ${why}; each row has ${[...fields, 'event_timestamp'].join(', ')}`,
      );
    if (typeof row !== 'object' || row === null) throw refuse('is no object');
    const time = timeOf(row['event_timestamp']);
    if (Number.isNaN(time))
      throw refuse(
        row['event_timestamp'] === undefined
          ? 'has no event_timestamp'
          : `has the event_timestamp ${JSON.stringify(row['event_timestamp'])}, which is no RFC 3339 time`,
      );
    const missing = fields.find((field) => row[field] === undefined);
    if (missing !== undefined) throw refuse(`has no ${missing}`);
    return { keys: Object.fromEntries(fields.map((field) => [field, canonicalKey(row[field])])), time };
  });
};

/** As events write their times: years 0 to 9999. */
const timeOf = (value: unknown): number =>
  timestampMs(typeof value === 'string' || typeof value === 'number' ? canonicalTimestamp(value) : value);
