import type { FeatureDefinition, ViewDefinition } from '#features';
import { DAY } from './beside';

const HOUR = DAY / 24;

const overDays = (make: (days: number) => FeatureDefinition): FeatureDefinition[] => [1, 7, 30].map(make);

const view = (name: string, features: readonly FeatureDefinition[]): ViewDefinition => ({
  name,
  entity: 'customer_id',
  stream: {
    name: 'transactions',
    time: 'event_time',
    lateness: DAY,
    jump: 7 * DAY,
    fields: [
      { name: 'transaction_id', type: 'string' },
      { name: 'event_time', type: 'timestamp' },
      { name: 'customer_id', type: 'string' },
      { name: 'terminal_id', type: 'string' },
      { name: 'amount', type: 'number', decimals: 2 },
    ],
  },
  features,
});

/** Count, sum and mean of the amount over 1, 7 and 30 days. */
export const WINDOWS_ALONE = view(
  'nine windows',
  [1, 7, 30].flatMap((days): FeatureDefinition[] => [
    { name: `tx_count_${days}d`, aggregate: 'count', window: days * DAY },
    { name: `amount_sum_${days}d`, aggregate: 'sum', of: 'amount', window: days * DAY },
    { name: `amount_mean_${days}d`, aggregate: 'mean', of: 'amount', window: days * DAY },
  ]),
);

/** The nine customer features of `examples/fraud`. */
export const CUSTOMER = view('nine customer features', [
  { name: 'amount', value: 'amount' },
  { name: 'is_night', value: 'event_time.getHours() < 6' },
  { name: 'is_weekend', value: 'event_time.getDayOfWeek() == 0 || event_time.getDayOfWeek() == 6' },
  ...overDays((days) => ({ name: `tx_count_${days}d`, aggregate: 'count', window: days * DAY })),
  ...overDays((days) => ({
    name: `amount_mean_${days}d`,
    aggregate: 'mean',
    of: 'amount',
    window: days * DAY,
  })),
]);

/** The same windows over tiles of an hour. */
export const TILED = view(
  'nine windows, tiled by 1h',
  WINDOWS_ALONE.features.map(
    (feature) => ({ ...feature, accuracy: 'tiled', tile: HOUR }) as FeatureDefinition,
  ),
);

/** One feature of each of the dearer kinds. */
export const OTHERS = view('ten other aggregates', [
  { name: 'first', aggregate: 'first', of: 'amount', window: 7 * DAY },
  { name: 'last_k', aggregate: 'last_k', of: 'amount', k: 3 },
  { name: 'lag', aggregate: 'lag', of: 'amount', n: 1 },
  { name: 'time_since_last', aggregate: 'time_since_last' },
  { name: 'terminals', aggregate: 'count_distinct', of: 'terminal_id', window: 30 * DAY },
  { name: 'largest', aggregate: 'top_k', of: 'amount', k: 3, window: 7 * DAY },
  { name: 'median', aggregate: 'quantile', of: 'amount', q: 0.5, window: 30 * DAY },
  {
    name: 'median_sketch',
    aggregate: 'quantile',
    of: 'amount',
    q: 0.5,
    window: 30 * DAY,
    accuracy: 'sketch',
  },
  { name: 'ewma', aggregate: 'ewma', of: 'amount', halfLife: DAY, window: 7 * DAY },
  { name: 'large', aggregate: 'ratio', where: 'amount > 100.0', window: 30 * DAY },
]);
