import fc from 'fast-check';
import { PredictionRouted, decodeEvent } from '#contracts';
import { parsePrediction } from './prediction';
import { compileRoutedPrediction, readRoutedPrediction } from './routed-prediction';
import type { Watch } from './watch';

const texts = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
const time = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01') })
  .map((date) => date.toISOString());
const number = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0));
const prediction = fc.record({
  event_id: texts,
  entity: fc.dictionary(texts, texts, { noNullPrototype: true }),
  event_time: time,
  model: texts,
  version: fc.nat(),
  route: texts,
  output: fc.tuple(fc.constantFrom('probability', 'value', 'label'), number).map(([name, value]) => ({
    [name]: value,
  })),
  decision: fc.option(fc.boolean(), { nil: undefined }),
  vector: fc.constant('1-7'),
});

describe('a prediction', () => {
  it('as serving writes it reads as the same one written with spaces, which is parsed', () => {
    fc.assert(
      fc.property(prediction, (sent) => {
        const read = parsePrediction(Buffer.from(JSON.stringify(sent)));
        expect(read).toEqual(parsePrediction(Buffer.from(JSON.stringify(sent, null, 1))));
        expect(read).toEqual({
          eventId: sent.event_id,
          eventTime: sent.event_time,
          time: Date.parse(sent.event_time),
          version: sent.version,
          route: sent.route,
          score: sent.output['probability'] === undefined ? sent.output['value'] : sent.output['probability'],
          decision: sent.decision,
        });
      }),
    );
  });
});

describe('a routed prediction', () => {
  const watch = fc.record({
    version: fc.integer({ min: 1, max: 1_000 }),
    threshold: fc.option(fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0)),
    window: fc.oneof(
      fc.record({ ms: fc.integer({ min: 1 }) }),
      fc.record({ rows: fc.integer({ min: 1 }), chunkRows: fc.integer({ min: 1 }) }),
    ),
    maturityMs: fc.nat(),
  });
  const asked = fc.record({
    slices: fc.uniqueArray(texts, { maxLength: 3 }),
    detect: fc.option(fc.constant(['adwin', 'ddm']), { nil: undefined }),
  });
  const trial = fc.option(fc.record({ name: texts, route: texts }), { nil: undefined });

  it('keeps its contract and is read as it was written, also with spaces', () => {
    fc.assert(
      fc.property(
        watch,
        asked,
        texts,
        time,
        number,
        trial,
        (drawn, { slices, detect }, eventId, eventTime, score, part) => {
          const { version, threshold, window, maturityMs } = drawn;
          const monitor = { slices, ...(detect && { detect }) };
          const watched = { ...drawn, monitor, ...(part && { trial: part.name }) };
          const values = slices.map((field) => `${field}!`);
          const sliced = slices.length > 0 && {
            slices: Object.fromEntries(slices.map((field, i) => [field, values[i]])),
          };
          const text = compileRoutedPrediction(watched as unknown as Watch)(
            { eventId, eventTime, route: part?.route } as ReturnType<typeof parsePrediction>,
            score,
            { chunk: '1-5', ...(sliced && { slices: values }) },
          );
          const value = decodeEvent(PredictionRouted, Buffer.from(text));
          const byTime = 'ms' in window;
          expect(JSON.parse(text)).toEqual({
            event_id: eventId,
            event_time: eventTime,
            version,
            threshold,
            score,
            ...(byTime ? { window_ms: window.ms } : { chunk: '1-5', chunk_rows: window.chunkRows }),
            maturity_ms: maturityMs,
            ...(part && { trial: part }),
            ...sliced,
            ...(detect && { detect }),
          });
          const expected = {
            eventId,
            joined: {
              version,
              threshold,
              score,
              time: Date.parse(eventTime),
              ...(byTime ? { windowMs: window.ms } : { chunk: '1-5', chunkRows: window.chunkRows }),
              maturityMs,
              ...(part && { trial: part }),
              ...sliced,
              ...(detect && { detect }),
            },
          };
          expect(readRoutedPrediction(Buffer.from(text))).toEqual(expected);
          expect(readRoutedPrediction(Buffer.from(JSON.stringify(value, null, 1)))).toEqual(expected);
        },
      ),
    );
  });

  it.each([
    '{"event_id":"a"}',
    '{"event_id":"a","event_time":"2018-05-01T10:03:11.000Z","version":0,"threshold":null,"score":1,"window_ms":1,"maturity_ms":0}',
    '{"event_id":"a","event_time":"2018-05-01T10:03:11.000Z","version":1,"threshold":null,"score":1,"window_ms":0,"maturity_ms":0}',
    '{"event_id":"a","event_time":"2018-05-01T10:03:11.000Z","version":1,"threshold":null,"score":1,"window_ms":1,"maturity_ms":0.5}',
  ])('that breaks its contract is refused: %s', (text) => {
    expect(() => readRoutedPrediction(Buffer.from(text))).toThrow(
      expect.objectContaining({ code: 'PLAYHEAD_CONTRACT_VIOLATED' }),
    );
  });
});
