import { HEADERS } from '#contracts';
import { HeaderList } from '#eventlog';
import { judgePartition, judgeRoad, type Expected, type RoadJudgement, type RoadRecord } from './road-judge';

const PARTITION = 2;
const EVENTS = [0, 1, 2];
/** The first observation, vector and prediction of the stretch. */
const [OBSERVATION, VECTOR, PREDICTION] = [100, 200, 300];

const record = (offset: number, source: string, value: object): RoadRecord => ({
  partition: PARTITION,
  offset,
  value: Buffer.from(JSON.stringify(value)),
  headers: new HeaderList([[HEADERS.id, source]]),
});

const valuesOf = (event: number): (number | null)[] => [event + 1, 0.1 * event, null];
const scoreOf = (event: number): number => Math.fround(0.1 * event);

const observation = (event: number, offset = OBSERVATION + event): RoadRecord =>
  record(offset, `2-${50 + event}`, { transaction_id: `payment-${event}` });
const vector = (event: number, changed: { offset?: number; values?: (number | null)[] } = {}): RoadRecord =>
  record(changed.offset ?? VECTOR + event, `2-${OBSERVATION + event}`, {
    event_id: `payment-${event}`,
    values: { 'fraud@1': changed.values ?? valuesOf(event) },
  });
const prediction = (
  event: number,
  changed: { offset?: number; source?: number; score?: number } = {},
): RoadRecord =>
  record(changed.offset ?? PREDICTION + event, `2-${changed.source ?? VECTOR + event}`, {
    event_id: `payment-${event}`,
    output: { probability: changed.score ?? scoreOf(event) },
  });

const EXPECTED: ReadonlyMap<string, Expected> = new Map(
  EVENTS.map((event) => [`2-${OBSERVATION + event}`, { values: valuesOf(event), score: scoreOf(event) }]),
);

const NONE = { observations: 0, vectors: 0, predictions: 0 };
const RIGHT: RoadJudgement = {
  repeated: NONE,
  appliedTwice: NONE,
  missing: NONE,
  wrongVectors: 0,
  wrongScores: 0,
};
const road = {
  observations: EVENTS.map((event) => observation(event)),
  vectors: EVENTS.map((event) => vector(event)),
  predictions: EVENTS.map((event) => prediction(event)),
};
const judged = (changed: Partial<typeof road>): RoadJudgement =>
  judgeRoad([judgePartition({ ...road, ...changed }, EXPECTED)], EVENTS.length);

describe('the judge of the road', () => {
  it('finds nothing where every event came once, with its numbers', () => {
    expect(judged({})).toEqual(RIGHT);
  });

  it('counts what stands on the wire again, and that readers drop it', () => {
    const predictions = [...road.predictions, prediction(1, { offset: 303 }), prediction(2, { offset: 304 })];
    expect(judged({ predictions })).toEqual({ ...RIGHT, repeated: { ...NONE, predictions: 2 } });
  });

  it('counts an event that readers would apply twice, since its second record names another source', () => {
    const observations = [...road.observations, record(103, '2-60', { transaction_id: 'payment-1' })];
    expect(judged({ observations })).toEqual({ ...RIGHT, appliedTwice: { ...NONE, observations: 1 } });
  });

  it('counts what is missing, each hop for itself', () => {
    expect(judged({ predictions: [prediction(0), prediction(2)] })).toEqual({
      ...RIGHT,
      missing: { ...NONE, predictions: 1 },
    });
    expect(judged({ vectors: [], predictions: [] }).missing).toEqual({ ...NONE, vectors: 3, predictions: 3 });
  });

  it('counts as missing what comes behind its successor, since readers drop it', () => {
    const predictions = [prediction(1, { offset: 300 }), prediction(0, { offset: 301 }), prediction(2)];
    expect(judged({ predictions })).toEqual({ ...RIGHT, missing: { ...NONE, predictions: 1 } });
  });

  it.each([
    ['the last bit of a value', [2, 0.1 + Number.EPSILON / 16, null]],
    ['a zero in place of nothing', [2, 0.1, 0]],
    ['too few', [2, 0.1]],
  ])('counts a vector with other values: %s', (_, values) => {
    expect(judged({ vectors: [vector(0), vector(1, { values }), vector(2)] })).toEqual({
      ...RIGHT,
      wrongVectors: 1,
    });
  });

  it('counts a vector whose observation readers had dropped', () => {
    const observations = [...road.observations, observation(2, OBSERVATION + 3)];
    const again = record(VECTOR + 3, `2-${OBSERVATION + 3}`, {
      event_id: 'payment-2',
      values: { 'fraud@1': valuesOf(2) },
    });
    expect(judged({ observations, vectors: [...road.vectors, again] })).toEqual({
      ...RIGHT,
      repeated: { ...NONE, observations: 1 },
      appliedTwice: { ...NONE, vectors: 1 },
      wrongVectors: 1,
    });
  });

  it('counts another score, also of a record that is repeated, and one of a vector that is not there', () => {
    const predictions = [
      ...road.predictions,
      prediction(2, { offset: 303, score: scoreOf(2) + 2 ** -26 }),
      prediction(2, { offset: 304, source: 299 }),
    ];
    expect(judged({ predictions })).toMatchObject({ wrongVectors: 0, wrongScores: 2 });
  });

  it('adds up the partitions', () => {
    const without = { ...road, predictions: road.predictions.slice(1) };
    const partition = judgePartition(without, EXPECTED);
    expect(judgeRoad([partition, partition], 6).missing).toEqual({ ...NONE, predictions: 2 });
  });
});
