import { compileEventValidator, compileStream, streamSpec } from '#contracts';
import {
  MAX_KEY_LENGTH,
  MAX_MOVED_BYTES,
  decide,
  keyOf,
  ownerOf,
  type Arrival,
  type Outcome,
  type StreamRules,
} from './decide';
import { evolve, initialPartition, type StreamPartition } from './stream-partition';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const at = (hours: number): string => new Date(NOW + hours * HOUR).toISOString();

const stream = compileStream({
  kind: 'Stream',
  name: 's',
  spec: streamSpec({
    key: 'customer',
    id: 'id',
    time: 'at',
    partitions: 4,
    lateness: '2h',
    dedupe: '4h',
    skew: '1h',
    jump: '1d',
    fields: {
      id: { type: 'string' },
      customer: { type: 'string' },
      at: { type: 'timestamp' },
      amount: { type: 'number' },
    },
  }),
});
const rules: StreamRules = { ...stream, validate: compileEventValidator(stream) };

const KEY = 'c-1';
const HOME = ownerOf(KEY, rules.partitions);
const AWAY = (HOME + 1) % rules.partitions;

const event = (members: object = {}): Record<string, unknown> => ({
  id: 'e-1',
  customer: KEY,
  at: at(0),
  amount: 1,
  ...members,
});
const arrival = (members: Partial<Arrival> = {}, fields: object = {}): Arrival => ({
  partition: HOME,
  appendTime: NOW,
  reading: { kind: 'event', event: event(fields) },
  bytes: 100,
  ...members,
});

/** The state after accepted events, each decided and applied in turn. */
const after = (...arrivals: Arrival[]): StreamPartition => {
  const state = initialPartition();
  for (const next of arrivals) {
    const outcome = decide(state, rules, next);
    if (outcome.kind !== 'observation')
      throw new Error(`given is no observation: ${JSON.stringify(outcome)}`);
    evolve(state, outcome.observed, rules);
  }
  return state;
};
const codeOf = (outcome: Outcome): string =>
  outcome.kind === 'rejection' || outcome.kind === 'dead letter' ? outcome.code : outcome.kind;
const judge = (state: StreamPartition, next: Arrival): string => codeOf(decide(state, rules, next));

it('observes a valid, new event', () => {
  expect(decide(initialPartition(), rules, arrival())).toEqual({
    kind: 'observation',
    event: event(),
    key: KEY,
    observed: { id: 'e-1', time: NOW, movedFrom: undefined, redrivenFrom: undefined },
  });
});

it('rejects what the schema refuses, with its field', () => {
  expect(decide(initialPartition(), rules, arrival({}, { amount: null }))).toEqual({
    kind: 'rejection',
    code: 'NOT_NULLABLE',
    message: 'amount is null',
    field: 'amount',
  });
});

it('hands on what is no event', () => {
  expect(
    judge(initialPartition(), arrival({ reading: { kind: 'dead', code: 'NOT_JSON', message: '' } })),
  ).toBe('NOT_JSON');
  expect(
    decide(initialPartition(), rules, arrival({ reading: { kind: 'dead', code: 'NOT_JSON', message: '' } }))
      .kind,
  ).toBe('dead letter');
  expect(
    judge(
      initialPartition(),
      arrival({ reading: { kind: 'rejected', code: 'CLOUDEVENT_WITHOUT_EVENT', message: '' } }),
    ),
  ).toBe('CLOUDEVENT_WITHOUT_EVENT');
});

it('rejects a second event with an id within the horizon, and takes it again behind it', () => {
  const state = after(arrival());
  expect(judge(state, arrival({}, { at: at(-1) }))).toBe('DUPLICATE');
  expect(judge(after(arrival({}, { at: at(-5) }), arrival({}, { id: 'e-2' })), arrival())).toBe(
    'observation',
  );
});

it('says DUPLICATE rather than TOO_LATE of an event that it has', () => {
  const state = after(arrival({}, { at: at(-3) }), arrival({}, { id: 'e-2' }));
  expect(judge(state, arrival({}, { at: at(-3) }))).toBe('DUPLICATE');
  expect(judge(state, arrival({}, { id: 'e-3', at: at(-3) }))).toBe('TOO_LATE');
});

it('draws lateness at the watermark and skew at the append time, both inclusive', () => {
  const state = after(arrival());
  expect(judge(state, arrival({}, { id: 'e-2', at: at(-2) }))).toBe('observation');
  expect(judge(state, arrival({}, { id: 'e-2', at: new Date(NOW - 2 * HOUR - 1).toISOString() }))).toBe(
    'TOO_LATE',
  );
  expect(judge(state, arrival({}, { id: 'e-2', at: at(1) }))).toBe('observation');
  expect(judge(state, arrival({}, { id: 'e-2', at: new Date(NOW + HOUR + 1).toISOString() }))).toBe(
    'TOO_EARLY',
  );
  expect(judge(state, arrival({}, { id: 'e-2', at: '9999-01-01T00:00:00.000Z' }))).toBe('TOO_EARLY');
});

it('takes an event that is far ahead, and a second one makes the others late', () => {
  const first = arrival({}, { at: at(-100) });
  const ahead = arrival({}, { id: 'e-2', at: at(0) });
  const again = arrival({}, { id: 'e-3', at: at(0) });
  const normal = arrival({}, { id: 'e-4', at: at(-99) });
  expect(judge(after(first, ahead), normal)).toBe('observation');
  expect(judge(after(first, ahead, again), normal)).toBe('TOO_LATE');
});

it('moves what stands in a wrong partition, valid or not, if it is in time', () => {
  expect(decide(initialPartition(), rules, arrival({ partition: AWAY }, { amount: 'x' }))).toEqual({
    kind: 'move',
    partition: HOME,
  });
  const state = after(arrival());
  expect(judge(state, arrival({ partition: AWAY }, { id: 'e-2', at: 'no time' }))).toBe('move');
  expect(judge(state, arrival({ partition: AWAY }, { id: 'e-2', at: at(-3) }))).toBe('TOO_LATE');
  expect(judge(state, arrival({ partition: AWAY }, { id: 'e-2', at: at(2) }))).toBe('TOO_EARLY');
  expect(judge(state, arrival({ partition: AWAY, bytes: MAX_MOVED_BYTES + 1 }, { id: 'e-2' }))).toBe(
    'TOO_LARGE',
  );
});

it('does not judge lateness and skew of a moved record again, but the rest', () => {
  const movedFrom = { partition: AWAY, offset: 7 };
  const state = after(arrival());
  expect(judge(state, arrival({ movedFrom }, { id: 'e-2', at: at(-3) }))).toBe('observation');
  expect(judge(state, arrival({ movedFrom }, { id: 'e-2', at: at(2) }))).toBe('observation');
  expect(judge(state, arrival({ movedFrom }))).toBe('DUPLICATE');
  expect(judge(state, arrival({ movedFrom }, { id: 'e-2', amount: null }))).toBe('NOT_NULLABLE');
});

it('drops a second copy of a move by its origin, also under another id', () => {
  const state = after(arrival({ movedFrom: { partition: AWAY, offset: 7 } }));
  expect(judge(state, arrival({ movedFrom: { partition: AWAY, offset: 7 } }, { id: 'e-2' }))).toBe(
    'DUPLICATE',
  );
  expect(judge(state, arrival({ movedFrom: { partition: AWAY, offset: 8 } }, { id: 'e-2' }))).toBe(
    'observation',
  );
});

it('lets a redriven record pass dedupe and lateness once', () => {
  const redriven = (fields: object): Arrival =>
    arrival({ redrivenFrom: 'ingestion.rejections.s/0-1' }, fields);
  const state = after(arrival());
  expect(judge(state, redriven({}))).toBe('observation');
  expect(judge(state, redriven({ id: 'e-2', at: at(-3) }))).toBe('observation');
  expect(judge(state, redriven({ id: 'e-2', at: at(2) }))).toBe('TOO_EARLY');
  expect(judge(after(arrival(), redriven({})), redriven({ id: 'e-2' }))).toBe('DUPLICATE');
  expect(judge(state, { ...redriven({ id: 'e-2', at: at(-3) }), partition: AWAY })).toBe('move');
});

it.each([
  [undefined, 'MISSING_FIELD'],
  [null, 'NOT_NULLABLE'],
  ['', 'NO_KEY'],
  [{}, 'WRONG_TYPE'],
  [true, 'WRONG_TYPE'],
  [1.5, 'WRONG_TYPE'],
  [2 ** 53, 'WRONG_TYPE'],
  ['x'.repeat(MAX_KEY_LENGTH + 1), 'TOO_LONG'],
])('rejects where it stands what has no key: %.20p', (customer, code) => {
  expect(keyOf(event({ customer }), 'customer')).toBeUndefined();
  expect(judge(initialPartition(), arrival({ partition: AWAY }, { customer }))).toBe(code);
});

it('takes 4961 and "4961" for the same key', () => {
  expect(keyOf({ customer: 4961 }, 'customer')).toBe('4961');
  expect(keyOf({ customer: '4961' }, 'customer')).toBe('4961');
  expect(
    keyOf(JSON.parse('{"__proto__":{"customer":"x"}}') as object as Record<string, unknown>, 'customer'),
  ).toBeUndefined();
});

it('rejects an id that nobody wants in every record', () => {
  expect(judge(initialPartition(), arrival({}, { id: 'x'.repeat(MAX_KEY_LENGTH + 1) }))).toBe('TOO_LONG');
});
