import { ContractViolation, Refused } from '#kernel';
import { definitionDigest } from './compile';
import type { FeatureDefinition, FeatureEvent, StreamDefinition, ViewDefinition } from './definition';
import { compileService, compileView } from './engine';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STREAM: StreamDefinition = {
  name: 'transactions',
  time: 'event_time',
  lateness: DAY,
  jump: 7 * DAY,
  fields: [
    { name: 'customer_id', type: 'string' },
    { name: 'event_time', type: 'timestamp' },
    { name: 'amount', type: 'number', decimals: 2 },
    { name: 'card_present', type: 'boolean' },
    { name: 'merchant', type: 'string' },
  ],
};
const view = (features: readonly FeatureDefinition[], stream = STREAM): ViewDefinition => ({
  name: 'customer-spend',
  stream,
  entity: 'customer_id',
  features,
});
const payment = (hours: number, amount: number | null, customer_id: unknown = '4961'): FeatureEvent => ({
  customer_id,
  event_time: new Date(Date.UTC(2018, 3, 1) + hours * HOUR).toISOString(),
  amount,
  card_present: amount !== null && amount > 10,
  merchant: 'shop',
});

const SPEND = compileView(
  view([
    { name: 'amount', value: 'amount' },
    { name: 'is_night', value: 'event_time.getHours() < 6' },
    { name: 'tx_count_1d', aggregate: 'count', window: DAY },
    { name: 'amount_sum_1d', aggregate: 'sum', of: 'amount', window: DAY },
    { name: 'amount_mean_1d', aggregate: 'mean', of: 'amount', window: DAY },
    { name: 'amount_last', aggregate: 'last', of: 'amount' },
    { name: 'present_mean_1d', aggregate: 'mean', of: 'card_present', window: DAY },
  ]),
);

describe('windows', () => {
  it('are open at the old end, closed at the new one, and count the trigger in', () => {
    const state = SPEND.createState();
    expect(SPEND.apply(state, payment(0, 0.1))).toEqual([0.1, 1, 1, 0.1, 0.1, 0.1, 0]);
    expect(SPEND.apply(state, payment(5, 0.2))).toEqual([0.2, 1, 2, 0.3, 0.15, 0.2, 0]);
    expect(SPEND.apply(state, payment(24, 20))).toEqual([20, 1, 2, 20.2, 10.1, 20, 0.5]);
    expect(SPEND.apply(state, payment(29, 1))).toEqual([1, 1, 2, 21, 10.5, 1, 0.5]);
  });

  it('show a late trigger what was known at its own time, and later triggers the late event', () => {
    const state = SPEND.createState();
    SPEND.apply(state, payment(10, 1));
    SPEND.apply(state, payment(20, 2));
    SPEND.apply(state, payment(20, 4));
    expect(SPEND.apply(state, payment(15, 8))).toEqual([8, 0, 2, 9, 4.5, 8, 0]);
    expect(SPEND.apply(state, payment(20, 16))).toEqual([16, 0, 5, 31, 6.2, 16, 0.2]);
    expect(SPEND.latest(state, '4961')!.values).toEqual([16, 0, 5, 31, 6.2, 16, 0.2]);
  });

  it('skip nulls; what has no value is null, counts and sums are 0', () => {
    const state = SPEND.createState();
    expect(SPEND.apply(state, payment(0, null))).toEqual([null, 1, 1, 0, null, null, 0]);
    expect(SPEND.apply(state, payment(1, 3))).toEqual([3, 1, 2, 3, 3, 3, 0]);
    expect(SPEND.apply(state, payment(2, null))).toEqual([null, 1, 3, 3, 3, 3, 0]);
  });

  it('are empty for an event without an entity, which leaves no trace', () => {
    const state = SPEND.createState();
    expect(SPEND.apply(state, payment(0, 5, null))).toEqual([5, 1, 0, 0, null, null, null]);
    expect(SPEND.stats(state)).toMatchObject({ entities: 0, events: 0 });
  });

  it('know an entity by its canonical key', () => {
    const state = SPEND.createState();
    SPEND.apply(state, payment(0, 1, 4961));
    expect(SPEND.apply(state, payment(1, 1, '4961'))[2]).toBe(2);
    expect(SPEND.latest(state, 4961)).toEqual({
      time: Date.UTC(2018, 3, 1, 1),
      values: [1, 1, 2, 2, 1, 1, 0],
    });
    expect(SPEND.latest(state, 'stranger')).toBeNull();
    expect(SPEND.latest(state, null)).toBeNull();
  });
});

describe('values', () => {
  it('are null where an expression raises an error or is not finite, and errors are counted', () => {
    const engine = compileView(
      view([
        { name: 'twice', value: 'amount * 2.0' },
        { name: 'inverse', value: '1.0 / amount' },
        { name: 'inverse_sum', aggregate: 'sum', of: '1.0 / amount', window: DAY },
      ]),
    );
    const state = engine.createState();
    expect(engine.apply(state, payment(0, 4))).toEqual([8, 0.25, 0.25]);
    expect(engine.apply(state, payment(1, 0))).toEqual([0, null, 0.25]);
    expect(engine.stats(state).expressionErrors).toBe(0);
    expect(engine.apply(state, payment(2, null))).toEqual([null, null, 0.25]);
    expect(engine.stats(state).expressionErrors).toBe(3);
  });

  it('refuses an event without a time and leaves the state as it was', () => {
    const state = SPEND.createState();
    SPEND.apply(state, payment(0, 1));
    const before = SPEND.encodeState(state);
    expect(() => SPEND.apply(state, { ...payment(1, 1), event_time: 'soon' })).toThrow(ContractViolation);
    expect(SPEND.encodeState(state)).toEqual(before);
  });
});

describe('memory', () => {
  it('is that of the widest window and the lateness, also for entities that fell silent', () => {
    const state = SPEND.createState();
    for (let hour = 0; hour < 100; hour++) SPEND.apply(state, payment(hour, 1, 'silent'));
    for (let hour = 100; hour < 1000; hour++) SPEND.apply(state, payment(hour, 1, 'busy'));
    expect(SPEND.stats(state)).toMatchObject({
      entities: 2,
      events: 49,
      watermark: Date.UTC(2018, 3, 1) + 999 * HOUR,
    });
    expect(SPEND.apply(state, payment(1000, 2, 'silent'))).toEqual([2, 0, 1, 2, 2, 2, 0]);
  });

  it('is none for an entity of which nothing is left, and of which no feature looks at everything', () => {
    const bounded = compileView(
      view([
        { name: 'n', aggregate: 'count', window: DAY },
        { name: 'n_tiled', aggregate: 'count', window: 2 * DAY, accuracy: 'tiled', tile: HOUR },
        { name: 'amount', value: 'amount' },
      ]),
    );
    const state = bounded.createState();
    for (let customer = 0; customer < 50; customer++) bounded.apply(state, payment(0, 1, `${customer}`));
    for (let hour = 1; hour < 73; hour++) bounded.apply(state, payment(hour, 1, 'busy'));
    expect(bounded.latest(state, '7')).not.toBeNull();
    for (let hour = 73; hour < 500; hour++) bounded.apply(state, payment(hour, 1, 'busy'));
    expect(bounded.stats(state).entities).toBe(1);
    expect(bounded.latest(state, '7')).toBeNull();
    expect(bounded.apply(state, payment(500, 1, '7'))).toEqual([1, 1, 1]);
  });

  it('is given back after the time to live, which also ends what looks at everything', () => {
    const engine = compileView({ ...view([{ name: 'n', aggregate: 'count' }]), ttl: 2 * DAY });
    const state = engine.createState();
    expect(engine.apply(state, payment(0, 1, 'a'))).toEqual([1]);
    expect(engine.apply(state, payment(47, 1, 'a'))).toEqual([2]);
    expect(engine.apply(state, payment(95, 1, 'a'))).toEqual([1]);
    for (let hour = 95; hour < 200; hour++) engine.apply(state, payment(hour, 1, 'busy'));
    expect(engine.stats(state).entities).toBe(1);
    expect(engine.apply(state, payment(200, 1, 'a'))).toEqual([1]);
  });

  it('of a hot entity is that of its tiles, not of its events', () => {
    const tiled = (aggregate: 'sum' | 'max'): FeatureDefinition => ({
      name: aggregate,
      aggregate,
      of: 'amount',
      window: 30 * DAY,
      accuracy: 'tiled',
      tile: DAY,
    });
    const engine = compileView(view([tiled('sum'), tiled('max')]));
    const state = engine.createState();
    let values: readonly (number | null)[] = [];
    for (let minute = 0; minute < 20_000; minute++) values = engine.apply(state, payment(minute / 60, 0.25));
    expect(values).toEqual([5000, 0.25]);
    const { events, largestEntityBytes } = engine.stats(state);
    expect(events).toBe(0);
    expect(largestEntityBytes).toBeLessThan(10_000);
  });

  it('is not lost to one event from far ahead', () => {
    const state = SPEND.createState();
    SPEND.apply(state, payment(0, 1));
    SPEND.apply(state, payment(9000, 1, 'bad clock'));
    expect(SPEND.apply(state, payment(1, 1))[2]).toBe(2);
    expect(SPEND.stats(state).watermark).toBe(Date.UTC(2018, 3, 1, 1));
  });
});

describe('snapshots', () => {
  const stateBytes = (): Uint8Array => {
    const state = SPEND.createState();
    for (let hour = 0; hour < 30; hour++)
      SPEND.apply(state, payment(hour, hour / 10, `customer \ud800 ${hour % 3}`));
    return SPEND.encodeState(state);
  };

  it('keep every entity, whatever its key', () => {
    const state = SPEND.decodeState(stateBytes());
    expect(SPEND.stats(state).entities).toBe(3);
    expect(SPEND.latest(state, 'customer \ud800 2')!.values[0]).toBe(2.9);
  });

  it('refuse bytes with any one byte changed, cut off or added', () => {
    const bytes = stateBytes();
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = bytes.slice();
      damaged[at]! ^= 1;
      expect(() => SPEND.decodeState(damaged)).toThrow(ContractViolation);
    }
    expect(() => SPEND.decodeState(bytes.slice(0, -1))).toThrow('checksum');
    expect(() => SPEND.decodeState(Uint8Array.from([...bytes, 0]))).toThrow('checksum');
    expect(() => SPEND.decodeState(new Uint8Array())).toThrow('checksum');
  });

  it('refuse the state of another definition', () => {
    const other = compileView(view([{ name: 'n', aggregate: 'count', window: DAY }]));
    expect(() => other.decodeState(stateBytes())).toThrow(`it is of the definition ${SPEND.digest}`);
  });
});

describe('compileService', () => {
  const count: FeatureDefinition = { name: 'n', aggregate: 'count', window: DAY };

  it('gives the values of several views in their order', () => {
    const night: ViewDefinition = {
      ...view([{ name: 'is_night', value: 'event_time.getHours() < 6' }]),
      name: 'night',
    };
    const engine = compileService([view([count]), night]);
    expect(engine.names).toEqual(['n', 'is_night']);
    expect(engine.apply(engine.createState(), payment(1, 1))).toEqual([1, 1]);
  });

  it('has a digest of all that decides a value', () => {
    const digests = [
      definitionDigest([view([count])]),
      definitionDigest([view([{ ...count, window: HOUR }])]),
      definitionDigest([view([count], { ...STREAM, lateness: HOUR })]),
      definitionDigest([view([count]), view([])]),
    ];
    expect(new Set(digests).size).toBe(4);
    expect(compileView(view([count])).digest).toBe(digests[0]);
  });

  it.each<[string, readonly ViewDefinition[], RegExp]>([
    ['no view', [], /needs a view/],
    ['another stream', [view([count]), view([], { ...STREAM, name: 'labels' })], /reads labels/],
    ['another entity', [view([count]), { ...view([]), entity: 'merchant' }], /its entity is merchant/],
    ['an unknown entity', [{ ...view([count]), entity: 'nobody' }], /nobody is no field that can be a key/],
    ['a time that is no timestamp', [view([count], { ...STREAM, time: 'amount' })], /amount is no timestamp/],
    ['a name twice', [view([count, count])], /feature n: the name is taken/],
    ['a text as value', [view([{ name: 'm', value: 'merchant' }])], /vectors carry numbers and booleans/],
    ['a date as value', [view([{ name: 'm', value: 'event_time' }])], /vectors carry numbers and booleans/],
    [
      'a mean of texts',
      [view([{ name: 'm', aggregate: 'mean', of: 'merchant', window: DAY }])],
      /mean needs numbers/,
    ],
    ['a sum of nothing', [view([{ name: 'm', aggregate: 'sum', window: DAY }])], /sum needs `of`/],
    ['an empty window', [view([{ name: 'm', aggregate: 'count', window: 0 }])], /0 ms is not possible/],
    ['a wrong expression', [view([{ name: 'm', value: 'amount + 1' }])], /write 1\.0/],
    ['an infinite `empty`', [view([{ ...count, empty: Infinity }])], /finite/],
    ['a condition that is none', [view([{ ...count, where: 'amount' }])], /must give a boolean/],
    ['a ratio of what', [view([{ name: 'r', aggregate: 'ratio' }])], /ratio needs `where`/],
    [
      'a calendar of years',
      [view([{ ...count, window: { calendar: 'year' as 'day' } }])],
      /no calendar unit/,
    ],
    ['last_k of how many', [view([{ name: 'l', aggregate: 'last_k', of: 'amount' }])], /`k`, from 1/],
    ['a lag of 0', [view([{ name: 'l', aggregate: 'lag', of: 'amount', n: 0 }])], /`n`, from 1/],
    [
      'a quantile of 95',
      [view([{ name: 'q', aggregate: 'quantile', of: 'amount', q: 95 }])],
      /`q`, from 0 to 1/,
    ],
    ['a half-life of a count', [view([{ ...count, halfLife: DAY }])], /half-life is for ewma/],
    ['a sketch of a mean', [view([{ ...count, accuracy: 'sketch' }])], /is for quantile/],
    ['tiles of no width', [view([{ ...count, accuracy: 'tiled' }])], /need each other/],
    [
      'an endless window of tiles',
      [view([{ name: 'n', aggregate: 'count', accuracy: 'tiled', tile: HOUR }])],
      /needs `window`/,
    ],
    [
      'a lag over tiles',
      [view([{ name: 'l', aggregate: 'lag', of: 'amount', window: DAY, accuracy: 'tiled', tile: HOUR }])],
      /lag cannot be `accuracy: tiled`/,
    ],
    [
      'what would keep every value',
      [view([{ name: 'd', aggregate: 'count_distinct', of: 'merchant' }])],
      /every value for ever/,
    ],
    [
      'a name that k values have',
      [
        view([
          { name: 'l', aggregate: 'last_k', of: 'amount', k: 2 },
          { ...count, name: 'l_2' },
        ]),
      ],
      /feature l_2: the name is taken/,
    ],
    ['two times to live', [view([count]), { ...view([]), name: 'v', ttl: DAY }], /one entity has one/],
  ])('refuses %s', (_what, views, message) => {
    expect(() => compileService(views)).toThrow(Refused);
    expect(() => compileService(views)).toThrow(message);
  });

  it('lists all faults at once', () => {
    const views = [
      view([
        { name: 'a', value: 'nope' },
        { name: 'b', value: 'merchant' },
      ]),
    ];
    expect.assertions(1);
    try {
      compileService(views);
    } catch (error) {
      expect((error as Refused).details.faults).toEqual([
        expect.stringMatching(/^view customer-spend, feature a: .*Unknown variable/),
        expect.stringMatching(/^view customer-spend, feature b: /),
      ]);
    }
  });
});

it('reads nothing from after a time that is too far back to be known', () => {
  const engine = compileView(
    view([
      { name: 'amount', value: 'amount' },
      { name: 'last', aggregate: 'last', of: 'amount' },
      { name: 'events', aggregate: 'count' },
      { name: 'since', aggregate: 'time_since_last' },
      { name: 'events_1d', aggregate: 'count', window: DAY },
    ]),
    { readAt: { behindMs: 0 } },
  );
  const at = (hours: number): number => Date.UTC(2018, 3, 1) + hours * HOUR;
  const state = engine.createState();
  engine.add(state, payment(0, 1, 'old'));
  for (let hours = 0; hours < 240; hours += 24) engine.add(state, payment(hours, hours, 'live'));
  expect(engine.readAt(state, 'live', at(24))).toEqual([null, null, 0, null, 0]);
  expect(engine.readAt(state, 'old', at(24))).toEqual([1, 1, 1, 86_400, 0]);
  expect(engine.readAt(state, 'live', at(216))).toEqual([216, 216, 10, 0, 1]);
});
