import { HEADERS, TOPICS, qualify } from '#contracts';
import {
  HeaderList,
  MemoryLog,
  checksumOf,
  deadLetterOf,
  deadLetterOfBatch,
  letterTopicOf,
  newestEntries,
  readLetter,
  readTopic,
  recordAt,
  redriveOf,
  refuseLaterSteps,
  type HeaderEntry,
  type NewHeader,
  type LogEntry,
  type LogRecord,
  type NewRecord,
} from '#eventlog';
import { entryDocument, entryLine } from './entries';
import { tailTopic, type TailOptions } from './tail-topic';
import { findTopic } from './topic-name';

const NAMESPACE = 'test';
const INBOX = TOPICS.inbox('payments');
const OBSERVATIONS = TOPICS.observations('payments');
const REJECTIONS = TOPICS.rejections('payments');
const LETTERS = TOPICS.deadLetters('ingestion');

const header = (name: string, value: string): HeaderEntry => [name, Buffer.from(value)];
const text = (headers: readonly NewHeader[]): string[] =>
  headers.map(([name, value]) => `${name}=${value.toString()}`);

let now = 1_525_132_800_000;
let log: MemoryLog;

const append = async (
  topic: string,
  partition: number,
  value: string | Buffer | null,
  headers: HeaderEntry[] = [],
  key: string | null = 'a',
): Promise<void> => {
  now += 1_000;
  const producer = log.producer();
  await producer.send([
    {
      topic: qualify(NAMESPACE, topic),
      partition,
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      headers,
    },
  ]);
  await producer.close();
};

const only = async (topic: string): Promise<LogRecord> => {
  const records = await readTopic(log, qualify(NAMESPACE, topic));
  expect(records).toHaveLength(1);
  return records[0]!;
};

beforeEach(async () => {
  log = new MemoryLog({ now: () => now });
  await log.ensureTopics(
    [INBOX, OBSERVATIONS, REJECTIONS].map((name) => ({ name: qualify(NAMESPACE, name), partitions: 2 })),
  );
  await log.ensureTopics([{ name: qualify(NAMESPACE, LETTERS), partitions: 1 }]);
});
afterEach(() => log.close());

describe('findTopic', () => {
  it('finds a topic by its full name, below the namespace, and by its stream', async () => {
    for (const name of ['payments', OBSERVATIONS, qualify(NAMESPACE, OBSERVATIONS)]) {
      expect(await findTopic(log, NAMESPACE, name)).toBe(qualify(NAMESPACE, OBSERVATIONS));
    }
    expect(await findTopic(log, NAMESPACE, INBOX)).toBe(qualify(NAMESPACE, INBOX));
  });

  it('says which ones are alike', async () => {
    await expect(findTopic(log, NAMESPACE, 'inbox')).rejects.toThrow(
      `there is no topic or stream inbox; did you mean ${INBOX}?`,
    );
    await expect(findTopic(log, NAMESPACE, 'nonsense')).rejects.toThrow(
      '`./playhead status` lists those there are',
    );
  });
});

describe('tailTopic', () => {
  const collect = async (
    options: Partial<TailOptions>,
    enough = Infinity,
    onEntry?: (count: number) => void,
  ): Promise<string[]> => {
    const stop = new AbortController();
    const values: string[] = [];
    const settings: TailOptions = { from: 'end', limit: 10, follow: false, signal: stop.signal, ...options };
    for await (const entry of tailTopic(log, qualify(NAMESPACE, INBOX), settings)) {
      values.push(String((entry as LogRecord).value));
      onEntry?.(values.length);
      if (values.length >= enough) stop.abort();
    }
    return values;
  };

  beforeEach(async () => {
    for (let i = 0; i < 6; i++) await append(INBOX, i % 2, String(i));
  });

  it('gives the newest of all partitions, oldest first', async () => {
    expect(await collect({ limit: 3 })).toEqual(['3', '4', '5']);
    expect(await collect({ limit: 100 })).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('reads from the beginning to the end as it stood, up to a limit', async () => {
    expect(await collect({ from: 'beginning', limit: Infinity })).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(await collect({ from: 'beginning', limit: 4 })).toEqual(['0', '1', '2', '3']);
  });

  it('gives nothing and ends where the topic is empty', async () => {
    await log.ensureTopics([{ name: 'test.empty', partitions: 3 }]);
    const signal = new AbortController().signal;
    for await (const entry of tailTopic(log, 'test.empty', {
      from: 'beginning',
      limit: 9,
      follow: false,
      signal,
    }))
      throw new Error(`unexpected ${entry.partition}`);
  });

  it('goes on as the topic grows', async () => {
    const seen = collect({ limit: 2, follow: true }, 4, (count) => {
      if (count === 2) void append(INBOX, 0, '6').then(() => append(INBOX, 1, '7'));
    });
    expect(await seen).toEqual(['4', '5', '6', '7']);
  });

  it('begins with what comes from now on', async () => {
    const seen = collect({ from: 'now', follow: true, limit: 2 });
    await append(INBOX, 1, '6');
    await append(INBOX, 1, '7');
    expect(await seen).toEqual(['6', '7']);
  });

  it('shows a batch that cannot be decoded as one entry', async () => {
    now += 1_000;
    log.appendUnreadable(
      { topic: qualify(NAMESPACE, INBOX), partition: 0 },
      { reason: 'CODEC_UNSUPPORTED', message: 'codec 9', count: 3, raw: Buffer.from('xyz') },
    );
    const topic = qualify(NAMESPACE, INBOX);
    const [newest] = await newestEntries(log, topic, 1, await log.ends(topic));
    expect(entryLine(newest!)).toMatch(/^0-3 {6}2018-\S+ unreadable: 3 records, codec 9$/);
    expect(entryDocument(newest!)).toMatchObject({
      position: '0-3',
      unreadable: 'CODEC_UNSUPPORTED',
      count: 3,
    });
  });
});

describe('an entry', () => {
  const entry = (
    value: Buffer | null,
    headers: HeaderEntry[] = [],
    key: Buffer | null = Buffer.from('4961'),
  ): LogEntry => ({
    topic: 'test.t',
    partition: 2,
    offset: 18_273,
    timestamp: Date.UTC(2026, 0, 1),
    key,
    value,
    headers: new HeaderList(headers),
  });

  it('is one line: position, event time, key, type, value', () => {
    const headers = [
      header(HEADERS.time, '2018-05-01T10:03:11.000Z'),
      header(HEADERS.type, 'feature.vector.computed'),
    ];
    expect(entryLine(entry(Buffer.from('{"a":1}'), headers))).toBe(
      '2-18273  2018-05-01T10:03:11.000Z 4961 feature.vector.computed {"a":1}',
    );
    expect(entryDocument(entry(Buffer.from('{"a":1}'), headers))).toEqual({
      topic: 'test.t',
      position: '2-18273',
      appendTime: '2026-01-01T00:00:00.000Z',
      time: '2018-05-01T10:03:11.000Z',
      key: '4961',
      type: 'feature.vector.computed',
      value: { a: 1 },
    });
  });

  it('shows bytes that are no text or no JSON safely', () => {
    expect(entryLine(entry(Buffer.from([0xff, 0]), [], null))).toBe(
      '2-18273  2026-01-01T00:00:00.000Z - - base64:/wA=',
    );
    expect(entryLine(entry(Buffer.from('\u001b[2J\n')))).toBe(
      '2-18273  2026-01-01T00:00:00.000Z 4961 - \\u001b[2J\\u000a',
    );
    expect(entryDocument(entry(Buffer.from('nope')))).toMatchObject({
      raw: Buffer.from('nope').toString('base64'),
    });
    expect(entryDocument(entry(null))).toMatchObject({ value: null });
  });
});

describe('dead letters', () => {
  const facts = {
    topic: qualify(NAMESPACE, LETTERS),
    handler: 'inbox',
    source: INBOX,
    code: 'NOT_JSON',
    reason: 'the value is not JSON',
    attempts: 1,
    firstFailed: Date.UTC(2026, 0, 1),
    controlHeader: header(HEADERS.control, '4'),
  };
  const from = letterTopicOf('ingestion');
  const kill = async (record: LogRecord): Promise<void> => {
    const { topic, partition, key, value, headers } = deadLetterOf(record, facts);
    await log.producer().send([{ topic, partition, key, value, headers }]);
  };
  const recordOf = (redrive: Awaited<ReturnType<typeof redriveOf>>): NewRecord => {
    if (!('record' in redrive)) throw new Error(redrive.refused);
    return redrive.record;
  };

  it('name their topics', () => {
    expect(from).toEqual({ kind: 'dead letters', service: 'ingestion', topic: LETTERS });
    expect(letterTopicOf(LETTERS)).toEqual(from);
    expect(letterTopicOf(REJECTIONS)).toEqual({ kind: 'rejections', stream: 'payments', topic: REJECTIONS });
    expect(() => letterTopicOf('payments')).toThrow('neither a service');
  });

  it('say why, where and how often', async () => {
    await append(INBOX, 1, 'nope');
    await kill(await only(INBOX));
    expect(readLetter(from, await only(LETTERS))).toEqual({
      position: '0-0',
      code: 'NOT_JSON',
      reason: 'the value is not JSON',
      origin: `${INBOX}:1-0`,
      attempts: 1,
      firstFailed: '2026-01-01T00:00:00.000Z',
      handler: 'inbox',
      count: null,
    });
  });

  it('go to the inbox again as they were sent, naming the letter', async () => {
    const sent = [
      header('content-type', 'application/cloudevents+json'),
      header('ce_specversion', '1.0'),
      header(HEADERS.movedFrom, '0-9'),
      header('mine', 'x'),
    ];
    await append(INBOX, 1, 'nope', sent, null);
    const original = await only(INBOX);
    await kill(original);
    const record = recordOf(await redriveOf(log, NAMESPACE, from, await only(LETTERS)));
    expect({ ...record, headers: text(record.headers) }).toEqual({
      topic: qualify(NAMESPACE, INBOX),
      partition: 1,
      key: null,
      value: original.value,
      headers: [
        'content-type=application/cloudevents+json',
        'ce_specversion=1.0',
        'mine=x',
        `${HEADERS.redrivenFrom}=${LETTERS}/0-0`,
      ],
    });
  });

  it('of a batch cannot be driven again', async () => {
    const letter = deadLetterOfBatch(
      {
        kind: 'unreadable',
        topic: qualify(NAMESPACE, INBOX),
        partition: 0,
        firstOffset: 3,
        lastOffset: 5,
        count: 3,
        reason: 'CODEC_UNSUPPORTED',
        message: 'codec 9',
        timestamp: now,
        raw: Buffer.from('xyz'),
        nextOffset: 6,
        highWatermark: 6,
      },
      facts,
    );
    await log.producer().send([letter]);
    const record = await only(LETTERS);
    expect(readLetter(from, record)).toMatchObject({ origin: `${INBOX}:0-3..5`, count: 3 });
    expect(await redriveOf(log, NAMESPACE, from, record)).toEqual({
      position: '0-0',
      refused: 'a batch of 3 records that cannot be decoded: send its events again from their source',
    });
  });

  it('of a later step are repaired by replay', () => {
    expect(() => refuseLaterSteps(letterTopicOf('feature'))).toThrow('replay the range');
    expect(() => refuseLaterSteps(from)).not.toThrow();
    expect(() => refuseLaterSteps(letterTopicOf(REJECTIONS))).not.toThrow();
  });
});

describe('rejections', () => {
  const from = letterTopicOf(REJECTIONS);
  const raw = '{"amount":-5}';
  const reject = (origin: string): Promise<void> =>
    append(
      REJECTIONS,
      1,
      JSON.stringify({ code: 'TOO_LATE', message: 'late', raw: Buffer.from(raw).toString('base64'), origin }),
      [
        header(HEADERS.time, '2026-01-01T00:00:00.000Z'),
        header(HEADERS.sourceCrc, checksumOf(Buffer.from(raw))),
      ],
    );

  it('go to the inbox again with the headers that they had there', async () => {
    await append(INBOX, 1, raw, [
      header('content-type', 'application/json'),
      header(HEADERS.redrivenFrom, 'old/0-0'),
    ]);
    await reject('1-0');
    const rejection = await only(REJECTIONS);
    expect(readLetter(from, rejection)).toMatchObject({
      code: 'TOO_LATE',
      reason: 'late',
      origin: `${INBOX}:1-0`,
      attempts: null,
    });
    const redrive = await redriveOf(log, NAMESPACE, from, rejection);
    expect(redrive).toMatchObject({
      record: {
        topic: qualify(NAMESPACE, INBOX),
        partition: 1,
        key: Buffer.from('a'),
        value: Buffer.from(raw),
      },
    });
    expect('record' in redrive && text(redrive.record.headers)).toEqual([
      'content-type=application/json',
      `${HEADERS.redrivenFrom}=${REJECTIONS}/1-0`,
    ]);
  });

  it('go without headers where the inbox has let the record go', async () => {
    await reject('1-7');
    const redrive = await redriveOf(log, NAMESPACE, from, await only(REJECTIONS));
    expect('record' in redrive && text(redrive.record.headers)).toEqual([
      `${HEADERS.redrivenFrom}=${REJECTIONS}/1-0`,
    ]);
  });

  it('stay where their stream has no such partition', async () => {
    await reject('5-0');
    expect(await redriveOf(log, NAMESPACE, from, await only(REJECTIONS))).toEqual({
      position: '1-0',
      refused: `${INBOX} has no partition 5`,
    });
  });
});

it('finds no record beyond the ends of a partition', async () => {
  await append(INBOX, 0, 'x');
  expect(await recordAt(log, qualify(NAMESPACE, INBOX), { partition: 0, offset: 1 })).toBeUndefined();
  expect(await recordAt(log, qualify(NAMESPACE, INBOX), { partition: 9, offset: 0 })).toBeUndefined();
  expect(String((await recordAt(log, qualify(NAMESPACE, INBOX), { partition: 0, offset: 0 }))?.value)).toBe(
    'x',
  );
});
