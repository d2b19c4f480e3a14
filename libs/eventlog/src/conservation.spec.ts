import { HEADERS } from '#contracts';
import { HeaderList, type HeaderEntry, type LogRecord } from '#eventlog';
import { ConservationCheck, type Conservation } from './conservation';

const header = (name: string, value: string): HeaderEntry => [name, Buffer.from(value)];
const record = (partition: number, offset: number, value: unknown, ...headers: HeaderEntry[]): LogRecord => ({
  topic: 't',
  partition,
  offset,
  timestamp: 0,
  key: null,
  value: Buffer.from(JSON.stringify(value)),
  headers: new HeaderList(headers),
});
const of = (source: string): HeaderEntry => header(HEADERS.id, source);
const from = (source: string): HeaderEntry => header(HEADERS.movedFrom, source);
const origin = (text: string): HeaderEntry => header(HEADERS.origin, text);

/** Partition 0: observed, rejected, moved to 1-0, dead, unreadable 4 and 5. Partition 1: the copy, observed. */
const whole = (): ConservationCheck => {
  const check = new ConservationCheck('s');
  for (const offset of [0, 1, 2, 3]) check.inboxRecord(record(0, offset, { offset }));
  check.inboxChunk({
    kind: 'unreadable',
    topic: 't',
    partition: 0,
    firstOffset: 4,
    lastOffset: 5,
    count: 2,
    reason: 'BATCH_CORRUPT',
    message: '',
    timestamp: 0,
    raw: Buffer.alloc(1),
    nextOffset: 6,
    highWatermark: 6,
  });
  check.inboxRecord(record(1, 0, { offset: 2 }, from('0-2')));
  check.observation(record(0, 0, {}, of('0-0')));
  check.observation(record(1, 0, {}, of('1-0')));
  check.rejection(record(0, 0, { code: 'DUPLICATE' }, of('0-1')));
  check.deadLetter(record(0, 0, 'x', origin('ingestion.inbox.s:0-3'), header(HEADERS.code, 'NOT_JSON')));
  check.deadLetter(
    record(
      0,
      1,
      'x',
      origin('ingestion.inbox.s:0-4..5'),
      header(HEADERS.count, '2'),
      header(HEADERS.code, 'BATCH_CORRUPT'),
    ),
  );
  return check;
};

const COUNTS: Conservation = {
  inbox: 7,
  moved: 1,
  observations: 2,
  rejections: 1,
  duplicates: 1,
  deadLetters: 3,
  rejectionsByCode: { DUPLICATE: 1 },
  deadLettersByCode: { NOT_JSON: 1, BATCH_CORRUPT: 2 },
  repeated: 0,
  faults: [],
  ok: true,
};

it('balances a log in which every record has one outcome', () => {
  expect(whole().result()).toEqual(COUNTS);
});

it('counts repeated outcomes and other streams once or not at all', () => {
  const check = whole();
  check.observation(record(0, 1, {}, of('0-0')));
  check.rejection(record(0, 1, { code: 'DUPLICATE' }, of('0-1')));
  check.deadLetter(record(0, 2, 'x', origin('ingestion.inbox.s:0-4..5'), header(HEADERS.count, '2')));
  check.deadLetter(record(0, 3, 'x', origin('ingestion.inbox.other:0-0')));
  expect(check.result()).toEqual({ ...COUNTS, repeated: 3 });
});

it('counts a second copy as an inbox record with its own outcome', () => {
  const check = whole();
  check.inboxRecord(record(1, 1, { offset: 2 }, from('0-2')));
  check.rejection(record(1, 0, { code: 'DUPLICATE' }, of('1-1')));
  expect(check.result()).toMatchObject({ inbox: 8, moved: 1, rejections: 2, ok: true });
});

it('believes no producer that a record which was decided had been moved', () => {
  const check = whole();
  check.inboxRecord(record(1, 1, { offset: 0 }, from('0-0')));
  check.rejection(record(1, 0, { code: 'DUPLICATE' }, of('1-1')));
  expect(check.result()).toMatchObject({ inbox: 8, moved: 1, observations: 2, rejections: 2, ok: true });
});

it.each<[string, (check: ConservationCheck) => void, string]>([
  ['a record without an outcome', (check) => check.inboxRecord(record(1, 1, {})), '1-1: no outcome'],
  [
    'a record with two',
    (check) => check.observation(record(0, 2, {}, of('0-1'))),
    '0-1: observation and rejection',
  ],
  [
    'an outcome of nothing',
    (check) => check.observation(record(0, 2, {}, of('1-7'))),
    '1-7: not in the inbox, but observation',
  ],
  [
    'a copy of other bytes',
    (check) => {
      check.inboxRecord(record(0, 6, { amount: 1 }));
      check.inboxRecord(record(1, 1, { amount: 2 }, from('0-6')));
      check.observation(record(1, 1, {}, of('1-1')));
    },
    '0-6: no outcome',
  ],
])('finds %s', (_, spoil, fault) => {
  const check = whole();
  spoil(check);
  expect(check.result()).toMatchObject({ ok: false, faults: [fault] });
});
