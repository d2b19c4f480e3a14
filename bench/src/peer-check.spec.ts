import { judge, readPrediction, type Prediction } from './peer-check';

const prediction = (transaction_id: string, changed: Partial<Prediction> = {}): Prediction => ({
  partition: 1,
  transaction_id,
  values: [1, 57.16, 2, 1_000_000, 3, 40.5],
  score: 0.25,
  ...changed,
});

const EXPECTED = new Map(['a', 'b'].map((id) => [id, prediction(id)]));

const RIGHT = {
  outputs: 2,
  duplicates: 0,
  missing: 0,
  unknown: 0,
  wrongValues: 0,
  wrongScores: 0,
  wrongPartitions: 0,
  worstValue: 0,
  worstScore: 0,
};

describe('judge', () => {
  it.each<[string, Prediction[], object]>([
    ['equal outputs', [prediction('a'), prediction('b')], {}],
    ['a duplicate', [prediction('a'), prediction('b'), prediction('a')], { outputs: 3, duplicates: 1 }],
    ['a missing one', [prediction('b')], { outputs: 1, missing: 1 }],
    ['an unknown payment', [prediction('a'), prediction('b'), prediction('c')], { outputs: 3, unknown: 1 }],
    ['another partition', [prediction('a'), prediction('b', { partition: 0 })], { wrongPartitions: 1 }],
    [
      'a value that is off',
      [prediction('a'), prediction('b', { values: [1, 57.16 * (1 + 1e-6), 2, 1_000_000, 3, 40.5] })],
      { wrongValues: 1, worstValue: expect.closeTo(1e-6, 10) as number },
    ],
    [
      'too few values',
      [prediction('a'), prediction('b', { values: [] })],
      { wrongValues: 1, worstValue: Number.NaN },
    ],
    [
      'a score that is off',
      [prediction('a'), prediction('b', { score: 0.5 })],
      { wrongScores: 1, worstScore: 0.25 },
    ],
    [
      'no number',
      [prediction('a'), prediction('b', { score: Number.NaN })],
      { wrongScores: 1, worstScore: Number.NaN },
    ],
  ])('knows %s', (_, outputs, found) => expect(judge(outputs, EXPECTED)).toEqual({ ...RIGHT, ...found }));

  it('lets rounding pass: 1e-9 of a value, 1e-6 of a score', () => {
    const rounded = prediction('b', { values: [1, 57.16, 2, 1_000_000.0005, 3, 40.5], score: 0.2500005 });
    expect(judge([prediction('a'), rounded], EXPECTED)).toMatchObject({ wrongValues: 0, wrongScores: 0 });
  });
});

it('reads a prediction from its record', () => {
  const value = Buffer.from('{"transaction_id":"a","values":[1,57.16,2,1000000,3,40.5],"score":0.25}');
  expect(readPrediction({ partition: 1, value })).toEqual(prediction('a'));
});
