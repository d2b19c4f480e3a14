import fc from 'fast-check';
import { compileVectorReader, fillRow, parseVector, type DeploymentFact, type RouteFact } from '#contracts';
import { compileOutput, compilePrediction, decide } from './prediction';

const FEATURES = ['a', 'b', 'c'];
const ROUTE = { route: 'champion', version: 3, revision: '2', features: FEATURES } as unknown as RouteFact;
const DEPLOYMENT = { model: 'fraud', task: 'binary', threshold: 0.5 } as unknown as DeploymentFact;

const value = fc.option(
  fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer().map((hundredths) => hundredths / 100),
  ),
);
const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
const vector = fc.record({
  event_id: texts,
  entity: fc.dictionary(texts, texts, { noNullPrototype: true }),
  event_time: fc.constant('2018-05-01T10:03:11.000Z'),
  trigger: fc.constant('1-7'),
  values: fc
    .tuple(
      fc.array(value, { minLength: 3, maxLength: 3 }),
      fc.array(value, { maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
    )
    .map(([values, others, before, after]) => ({
      ...(before && { 1: others }),
      2: values,
      ...(after && { 3: others, 22: others }),
    })),
});

const { read, readValues } = compileVectorReader(ROUTE);
const render = compilePrediction(DEPLOYMENT, ROUTE);

describe('a vector', () => {
  it.each([
    ['as the feature service writes it', undefined],
    ['written with spaces', 1],
  ])('%s gives the row and the prediction that parsing gives', (_, spaces) => {
    fc.assert(
      fc.property(vector, fc.float({ noNaN: true, min: 0, max: 1 }), (sent, score) => {
        const bytes = Buffer.from(JSON.stringify(sent, null, spaces));
        const parsed = parseVector(bytes);
        const [row, expected] = [new Float32Array(6), new Float32Array(6)];
        fillRow(parsed, ROUTE, expected, 1);
        const head = read(bytes, row, 1);
        expect(row).toEqual(expected);
        const [doubles, exact] = [new Float64Array(3), new Float64Array(3)];
        fillRow(parsed, ROUTE, exact, 0);
        readValues(bytes, doubles, 0);
        expect(doubles).toEqual(exact);
        expect(head.eventTime).toBe(sent.event_time);
        expect(render(head, { values: [0.5, score], width: 1 }, 1, '1-9')).toBe(
          JSON.stringify({
            event_id: parsed.event_id,
            entity: parsed.entity,
            event_time: parsed.event_time,
            model: 'fraud',
            version: 3,
            route: 'champion',
            output: { probability: score === 0 ? 0 : score },
            decision: decide(DEPLOYMENT, { values: [score], width: 1 }, 0),
            vector: '1-9',
          }),
        );
      }),
    );
  });

  it('whose entity has members twice or in another order gives the parsed one', () => {
    const text =
      '{"event_id":"a","entity":{"x":"c","1":"b","x":"d"},"event_time":"t","trigger":"0-1","values":{"2":[1,2,3]}}';
    expect(read(Buffer.from(text), new Float32Array(3), 0).text).toContain('"entity":{"1":"b","x":"d"}');
  });

  it('whose revision stands there twice gives the row of the parsed one', () => {
    const text =
      '{"event_id":"a","entity":{"x":"c"},"event_time":"t","trigger":"0-1","values":{"2":[9,9,9],"1":[],"2":[1,2,3]}}';
    const row = new Float32Array(3);
    read(Buffer.from(text), row, 0);
    expect([...row]).toEqual([1, 2, 3]);
  });

  it.each([
    'nothing',
    '{"event_id":"a"}',
    '{"event_id":"a\nb","entity":{},"event_time":"t","trigger":"0-1","values":{"2":[1,2,3]}}',
    '{"event_id":"a","entity":{},"event_time":"t","trigger":"0-1","values":{"1":[1,2,3]}}',
    '{"event_id":"a","entity":{},"event_time":"t","trigger":"0-1","values":{"2":[1,2]}}',
    '{"event_id":"a","entity":{},"event_time":"t","trigger":"0-1","values":{"2":[1,2,3,4]}}',
    '{"event_id":"a","entity":{},"event_time":"t","trigger":"0-1","values":{"2":[1,2,3]}} ,',
  ])('that breaks its contract is refused: %s', (text) => {
    expect(() => read(Buffer.from(text), new Float32Array(3), 0)).toThrow(
      expect.objectContaining({ code: 'PLAYHEAD_CONTRACT_VIOLATED' }),
    );
  });
});

describe('the output of a task', () => {
  const scores = fc.array(
    fc.option(fc.float({ noNaN: true, noDefaultInfinity: true }), { nil: Number.NaN }),
    { minLength: 6, maxLength: 6 },
  );
  const canonical = (score: number): number | null => (Number.isFinite(score) ? score + 0 : null);

  it.each([
    ['binary', 1, ([probability]: (number | null)[]) => ({ probability })],
    ['multiclass', 3, (probabilities: (number | null)[]) => ({ probabilities })],
    ['regression', 1, ([value]: (number | null)[]) => ({ value })],
    ['anomaly', 1, ([score]: (number | null)[]) => ({ score })],
    ['ranking', 1, ([score]: (number | null)[]) => ({ items: [{ score }] })],
  ] as const)('%s is the JSON of what the model answered', (task, width, expected) => {
    const output = compileOutput(task);
    fc.assert(
      fc.property(scores, fc.nat(1), (values, row) => {
        const own = values.slice(row * width, (row + 1) * width).map(canonical);
        expect(output({ values, width }, row)).toBe(JSON.stringify(expected(own)));
      }),
    );
  });
});
