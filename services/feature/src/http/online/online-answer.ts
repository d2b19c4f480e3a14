import type { ServiceDefinition, ServiceRevision } from '#folds';
import { placeIn, type OnlineColumn, type OnlinePlan } from './online-plan';
import type { OnlineRequest } from './online-request';

/** Values of an entity, by service revision, and when they were so: a vector, or a stage's part of one. */
export interface Known {
  readonly event_time: string;
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
}

/** https://github.com/feast-dev/feast/blob/master/protos/feast/serving/ServingService.proto, `FieldStatus` */
type FieldStatus = 'PRESENT' | 'NULL_VALUE' | 'NOT_FOUND' | 'OUTSIDE_MAX_AGE';

const NEVER = '1970-01-01T00:00:00Z';

/**
 * The answer as Feast's feature server writes it (`convert_response_to_dict`): a list for each join key and feature.
 * @param knownOf what is known of each row's entity, for a column
 */
export const renderOnline = (
  { keys, columns, views }: OnlinePlan,
  request: OnlineRequest,
  knownOf: (column: OnlineColumn) => readonly (Known | undefined)[],
  nowMs: number,
): string => {
  const results = [
    ...keys.map((key) => renderKey(request.entities.get(key)!)),
    ...columns.map((column) => renderColumn(column, knownOf(column), nowMs)),
  ];
  const names = [...keys, ...columns.map(({ name }) => name)];
  const metadata = {
    feature_names: names,
    ...(request.withViewMetadata && { feature_view_metadata: views.map((name) => ({ name })) }),
  };
  return `{"results":[${results.join(',')}],"metadata":${JSON.stringify(metadata)}}`;
};

const renderKey = (values: readonly unknown[]): string =>
  result(
    values.map((value) => JSON.stringify(value)),
    values.map((value) => (value === null ? 'NULL_VALUE' : 'PRESENT')),
    values.map(() => NEVER),
  );

const result = (
  values: readonly string[],
  statuses: readonly FieldStatus[],
  times: readonly string[],
): string =>
  `{"values":[${values.join(',')}],"statuses":${JSON.stringify(statuses)},"event_timestamps":${JSON.stringify(times)}}`;

const renderColumn = (column: OnlineColumn, known: readonly (Known | undefined)[], nowMs: number): string => {
  const { service, feature, stage, isInteger } = column;
  const maxAgeMs = column.view.ttl ?? Infinity;
  const values: string[] = [];
  const statuses: FieldStatus[] = [];
  for (const each of known) {
    const value = each && valueIn(service, each, feature, stage);
    const isOutside = each !== undefined && nowMs - Date.parse(each.event_time) > maxAgeMs;
    statuses.push(
      each === undefined
        ? 'NOT_FOUND'
        : isOutside
          ? 'OUTSIDE_MAX_AGE'
          : value === null || value === undefined
            ? 'NULL_VALUE'
            : 'PRESENT',
    );
    values.push(isOutside || value === null || value === undefined ? 'null' : numberText(value, isInteger));
  }
  return result(
    values,
    statuses,
    known.map((each) => (each === undefined ? NEVER : withoutNoughts(each.event_time))),
  );
};

/**
 * The value of a feature by the newest revision that is carried; undefined where that one has no such feature. So an entity without an
 * event since a new revision began is still answered, as of its newest vector.
 */
export const valueIn = (
  { revisions, retired }: Pick<ServiceDefinition, 'revisions' | 'retired'>,
  { values }: Pick<Known, 'values'>,
  feature: string,
  stage?: string,
): number | null | undefined => {
  const carried = newestCarried(revisions, values) ?? newestCarried(retired, values);
  return carried && values[carried.revision]![placeIn(carried, feature, stage)];
};

const newestCarried = (
  revisions: readonly ServiceRevision[],
  values: Known['values'],
): ServiceRevision | undefined => {
  for (let at = revisions.length - 1; at >= 0; at--)
    if (values[revisions[at]!.revision] !== undefined) return revisions[at];
  return undefined;
};

const WHOLE = /^-?\d+$/;

/** A number as Python writes it: a Float64 has a point, so that a client's column keeps one type. */
const numberText = (value: number, isInteger: boolean): string => {
  const text = String(value);
  return !isInteger && WHOLE.test(text) ? `${text}.0` : text;
};

/** RFC 3339 as protobuf writes it: no fraction where there is none. */
const withoutNoughts = (iso: string): string => iso.replace('.000Z', 'Z');
