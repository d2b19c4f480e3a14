import { ContractViolation, JsonScanner, timestampMs } from '#kernel';

/** What monitoring needs of a prediction. */
export interface Prediction {
  readonly eventId: string;
  /** As it stands there, and in epoch ms. */
  readonly eventTime: string;
  readonly time: number;
  readonly version: number;
  readonly route: string;
  /** Probability, value or score; null where it was not finite; undefined for tasks whose output is not one number. */
  readonly score: number | null | undefined;
  readonly decision: boolean | undefined;
}

interface Wire {
  readonly event_id?: unknown;
  readonly event_time?: unknown;
  readonly version?: unknown;
  readonly route?: unknown;
  readonly output?: {
    readonly probability?: number | null;
    readonly value?: number | null;
    readonly score?: number | null;
    readonly items?: readonly { readonly score: number | null }[];
  };
  readonly decision?: unknown;
}

/** Its contract is checked where it is written, here only what is relied on. The form that serving writes is read from its bytes. */
export const parsePrediction = (value: Buffer | null): Prediction => (value && scan(value)) ?? parse(value);

const scanner = new JsonScanner();

const scan = (value: Buffer): Prediction | undefined => {
  scanner.start(value);
  if (!scanner.pass(EVENT_ID) || !scanner.passString()) return undefined;
  const idTo = scanner.textTo;
  if (!scanner.pass(ENTITY) || !scanner.passTexts()) return undefined;
  if (!scanner.pass(EVENT_TIME) || !scanner.passString()) return undefined;
  const eventTime = value.toString('latin1', scanner.textFrom, scanner.textTo);
  const time = timestampMs(eventTime);
  if (Number.isNaN(time)) return undefined;
  if (!scanner.pass(MODEL) || !scanner.passString() || !scanner.pass(VERSION)) return undefined;
  const version = scanner.number();
  if (version === undefined || !scanner.pass(ROUTE) || !scanner.passString()) return undefined;
  const { textFrom: routeFrom, textTo: routeTo } = scanner;
  if (!scanner.pass(PROBABILITY) && !scanner.pass(VALUE)) return undefined;
  const score = scanner.pass(NULL) ? null : scanner.number();
  if (score === undefined || !scanner.passByte(CLOSE)) return undefined;
  const decision = scanner.pass(POSITIVE) ? true : scanner.pass(NEGATIVE) ? false : undefined;
  if (!scanner.pass(VECTOR) || !scanner.passString() || !scanner.passByte(CLOSE) || !scanner.atEnd)
    return undefined;
  return {
    eventId: value.toString('utf8', EVENT_ID.length + 1, idTo),
    eventTime,
    time,
    version,
    route: value.toString('utf8', routeFrom, routeTo),
    score,
    decision,
  };
};

const EVENT_ID = Buffer.from('{"event_id":');
const ENTITY = Buffer.from(',"entity":');
const EVENT_TIME = Buffer.from(',"event_time":');
const MODEL = Buffer.from(',"model":');
const VERSION = Buffer.from(',"version":');
const ROUTE = Buffer.from(',"route":');
const PROBABILITY = Buffer.from(',"output":{"probability":');
const VALUE = Buffer.from(',"output":{"value":');
const POSITIVE = Buffer.from(',"decision":true');
const NEGATIVE = Buffer.from(',"decision":false');
const VECTOR = Buffer.from(',"vector":');
const NULL = Buffer.from('null');
const CLOSE = 125;

const parse = (value: Buffer | null): Prediction => {
  const { event_id, event_time, version, route, output, decision } = parseObject(value, 'prediction') as Wire;
  const time = timestampMs(event_time);
  if (typeof event_id !== 'string' || typeof event_time !== 'string' || Number.isNaN(time)) {
    throw violation('the prediction has no event_id or event_time');
  }
  if (typeof version !== 'number' || typeof route !== 'string') {
    throw violation('the prediction has no version or route');
  }
  return {
    eventId: event_id,
    eventTime: event_time,
    time,
    version,
    route,
    score: [output?.probability, output?.value, output?.score, output?.items?.[0]?.score].find(
      (score) => score !== undefined,
    ),
    decision: typeof decision === 'boolean' ? decision : undefined,
  };
};

export const parseObject = (value: Buffer | null, what: string): object => {
  let parsed: unknown;
  try {
    parsed = JSON.parse((value ?? '').toString());
  } catch (cause) {
    throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', `the ${what} is not JSON`, { cause });
  }
  if (typeof parsed !== 'object' || parsed === null) throw violation(`the ${what} is not an object`);
  return parsed;
};

const violation = (message: string): ContractViolation =>
  new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', message);
