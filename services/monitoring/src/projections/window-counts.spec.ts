import { EnvelopeTemplate, WindowProfiled, encodeEvent, type EventOf } from '#contracts';
import type { LogRecord } from '#eventlog';
import { createMemoryLog, readTopic } from '#eventlog';
import { WindowCounts } from './window-counts';

type Part = EventOf<typeof WindowProfiled>;

const column = (...counts: number[]) => ({
  ...WindowProfiled.sample.features[0]!,
  rows: counts.reduce((sum, count) => sum + count, 1),
  missing: 1,
  counts,
});

const partOf = (changes: Partial<Part>): Part => ({
  ...WindowProfiled.sample,
  predictions: 3,
  features: [column(1, 1)],
  score: column(2, 0),
  ...changes,
});

/** Parts as they stand on the topic; each names its source position. */
const recordsOf = async (parts: readonly (readonly [string, Part])[]): Promise<LogRecord[]> => {
  const log = createMemoryLog({ now: () => 0 });
  await log.ensureTopics([{ name: 'parts', partitions: 1 }]);
  const template = new EnvelopeTemplate({ type: WindowProfiled.type, source: 'serving.predictions.fraud' });
  await log.producer().send(
    parts.map(([id, part]) => ({
      topic: 'parts',
      partition: 0,
      key: null,
      value: encodeEvent(WindowProfiled, part),
      headers: template.headers(id, part.window.start),
    })),
  );
  return readTopic(log, 'parts');
};

const folded = async (parts: readonly (readonly [string, Part])[]): Promise<WindowCounts> => {
  const counts = new WindowCounts();
  counts.onRecords(await recordsOf(parts), (_, error) => {
    throw error;
  });
  return counts;
};

const shown = (counts: WindowCounts) =>
  counts.of('fraud').map(({ window, predictions, features, score }) => ({
    window: [window.start.slice(11, 16), window.end.slice(11, 16)],
    predictions,
    features: features.map((each) => each.counts),
    score: score?.counts,
  }));

const at = (from: string, to: string) => ({
  start: `2026-03-01T${from}:00.000Z`,
  end: `2026-03-01T${to}:00.000Z`,
});

it('adds up the parts of a window, each once', async () => {
  const one = partOf({ window: at('00:00', '01:00') });
  const other = partOf({ window: at('00:00', '01:00'), features: [column(0, 5)] });
  const later = partOf({ window: at('01:00', '02:00') });
  const counts = await folded([
    ['0-10', one],
    ['1-4', other],
    ['0-10', one],
    ['0-20', later],
  ]);
  expect(shown(counts)).toEqual([
    { window: ['01:00', '02:00'], predictions: 3, features: [[1, 1]], score: [2, 0] },
    { window: ['00:00', '01:00'], predictions: 6, features: [[1, 6]], score: [4, 0] },
  ]);
});

it('takes parts into a window by count until it has its rows', async () => {
  const monitor = {
    name: 'fraud',
    revision: '1',
    digest: WindowProfiled.sample.profile,
    window_rows: 6,
    drift: { features: ['amount'] },
    metric: null,
  };
  const chunk = (id: string, from: string, to: string) =>
    [id, partOf({ window: at(from, to), chunk: id, monitor })] as const;
  const counts = await folded([
    chunk('0-1', '00:10', '00:20'),
    chunk('1-1', '00:05', '00:15'),
    chunk('0-4', '00:21', '00:30'),
  ]);
  expect(shown(counts)).toEqual([
    { window: ['00:21', '00:30'], predictions: 3, features: [[1, 1]], score: [2, 0] },
    { window: ['00:05', '00:20'], predictions: 6, features: [[2, 2]], score: [4, 0] },
  ]);
  expect(counts.of('fraud')[0]!.watched).toEqual(['amount']);
});

it('keeps the newest windows only', async () => {
  const day = (n: number) => new Date(Date.parse('2026-03-01T00:00:00.000Z') + n * 86_400_000).toISOString();
  const counts = await folded(
    Array.from({ length: 40 }, (_, n) => [`0-${n}`, partOf({ window: { start: day(n), end: day(n + 1) } })]),
  );
  const starts = counts.of('fraud').map(({ window }) => window.start);
  expect([starts.length, starts[0], starts.at(-1)]).toEqual([30, day(39), day(10)]);
});
