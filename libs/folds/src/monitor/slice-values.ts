import { compileObservationReader } from '#contracts';
import { slicedFields, type Watch } from './watch';

export const MISSING_VALUE = '(missing)';

/** How the values of the fields that are counted apart are read. */
export interface SliceValues {
  /** Whether the trigger event is needed: some field is not a feature. */
  readonly needsObservation: boolean;
  /** In the order of `slicedFields`; `observation` is the value of the trigger event, where it is needed. */
  of(values: ArrayLike<number | null>, observation: Buffer | null): readonly string[];
}

/** Undefined where nothing is counted apart. A field is a feature that the version reads, or else a field of the trigger. */
export const compileSliceValues = ({ monitor, features }: Watch): SliceValues | undefined => {
  const fields = slicedFields(monitor);
  if (fields.length === 0) return undefined;
  const indexes = fields.map((field) => features.indexOf(field));
  const ofTrigger = fields.filter((_, i) => indexes[i] === -1);
  const read = ofTrigger.length > 0 ? compileObservationReader(ofTrigger) : undefined;
  return {
    needsObservation: read !== undefined,
    of: (values, observation) => {
      const event = read && observation ? (read(observation) as Record<string, unknown>) : {};
      return fields.map((field, i) => textOf(indexes[i] === -1 ? event[field] : values[indexes[i]!]));
    },
  };
};

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : MISSING_VALUE;
  return typeof value === 'boolean' ? String(value) : MISSING_VALUE;
};
