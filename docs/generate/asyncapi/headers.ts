import { HEADERS } from '#contracts';

type HeaderName = keyof typeof HEADERS;

/** What each header says; the compiler sees to it that none is left out. */
const MEANINGS: Readonly<Record<HeaderName | 'tracestate', string>> = {
  specversion: 'version of CloudEvents',
  id: 'of a derived record the position of its source, `<partition>-<offset>`, with `.<k>` where one record gives several; else the id of a request',
  source: 'of a derived record its source topic, below the namespace; else who wrote it',
  type: 'the event',
  time: 'event time where the event has one, else when it was decided; RFC 3339, UTC',
  contentType: 'media type of the value',
  dataschema: 'where the schema of the value stands',
  causationId: 'what this follows from',
  correlationId: 'what this belongs to, as its producer says',
  traceparent: 'W3C Trace Context',
  tracestate: 'W3C Trace Context, what vendors add',
  control: 'offset of the last fact of the control topic under which the output was decided, -1 for none',
  sourceCrc: 'CRC32C of the source record’s value, eight lower-case hexadecimal digits',
  definition:
    '`revision=digest` of each feature definition, with commas; of a prediction, the one its model read',
  model: '`name@version=digest` of the model of a prediction',
  movedFrom: 'position in the inbox that a record was moved from, to the partition that owns its key',
  redrivenFrom: 'position of the dead letter or rejection that was sent again',
  origin: 'where a dead letter stood: `<topic>:<partition>-<offset>`',
  code: 'why it is a dead letter',
  reason: 'the same in words',
  attempts: 'how often it was tried',
  firstFailed: 'when it failed first',
  handler: 'which fold could not handle it',
  count: 'number of records in a batch that could not be decoded',
};

const ENVELOPE = ['specversion', 'id', 'source', 'type', 'time', 'contentType'] as const;
const DEAD_LETTER = ['origin', 'code', 'reason', 'attempts', 'firstFailed', 'handler'] as const;
const OF_DEAD_LETTERS: readonly HeaderName[] = [...DEAD_LETTER, 'count'];
/** What stands on a record only where it says something. */
const ANNOTATIONS = (Object.keys(HEADERS) as HeaderName[]).filter(
  (name) => ![...ENVELOPE, ...OF_DEAD_LETTERS].includes(name),
);

const described = (names: readonly HeaderName[]): Record<string, object> =>
  Object.fromEntries(names.map((name) => [HEADERS[name], { type: 'string', description: MEANINGS[name] }]));

const wireNames = (names: readonly HeaderName[]): string[] => names.map((name) => HEADERS[name]);

/** Headers of every event: CloudEvents 1.0 in Kafka binary mode, and what Playhead adds where it says something. */
export const ENVELOPE_SCHEMA = {
  type: 'object',
  required: wireNames(ENVELOPE),
  properties: described([...ENVELOPE, ...ANNOTATIONS]),
};

/** Headers of a dead letter: those that the record had, then these. */
export const DEAD_LETTER_SCHEMA = {
  type: 'object',
  required: wireNames([...ENVELOPE, ...DEAD_LETTER]),
  properties: described([...ENVELOPE, ...OF_DEAD_LETTERS, 'control', 'sourceCrc']),
};
