import { PredictionRouted, decodeEvent } from '#contracts';
import { JsonScanner, jsonString, timestampMs } from '#kernel';
import type { JoinedPrediction } from './parts/label-join';
import type { Prediction } from './prediction';
import { slicedFields, type Watch } from './watch';

/** A prediction on its way to its labels. */
export interface RoutedPrediction {
  readonly eventId: string;
  readonly joined: JoinedPrediction;
}

/** What of a prediction goes along only where its monitor asks. */
export interface RoutedExtras {
  readonly chunk?: string;
  /** In the order of `slicedFields`. */
  readonly slices?: readonly string[];
}

/**
 * Writes the value of `monitoring.prediction.routed` for the predictions of one watch: canonical JSON in the declared order, by hand
 * because there is one for each prediction. The contract is checked by a test.
 */
export const compileRoutedPrediction = ({
  version,
  threshold,
  window,
  maturityMs,
  trial,
  monitor,
}: Watch) => {
  const middle = `","version":${version},"threshold":${threshold === null ? 'null' : String(threshold)},"score":`;
  const windowText = 'ms' in window ? `,"window_ms":${window.ms}` : undefined;
  const chunkText = 'ms' in window ? '' : `,"chunk_rows":${window.chunkRows}`;
  const maturity = `,"maturity_ms":${maturityMs}`;
  const named = trial === undefined ? undefined : `,"trial":{"name":${jsonString(trial)},"route":`;
  const fields = slicedFields(monitor).map((field) => `${jsonString(field)}:`);
  const detect = monitor?.detect ? `,"detect":${JSON.stringify(monitor.detect)}` : '';
  return (
    { eventId, eventTime, route }: Prediction,
    score: number | null,
    { chunk = '', slices }: RoutedExtras = {},
  ): string => {
    const length = windowText ?? `,"chunk":"${chunk}"${chunkText}`;
    const trialText = named === undefined ? '' : `${named}${jsonString(route)}}`;
    const slicesText = slices
      ? `,"slices":{${fields.map((field, i) => `${field}${jsonString(slices[i]!)}`).join()}}`
      : '';
    return `{"event_id":${jsonString(eventId)},"event_time":"${eventTime}${middle}${score === null ? 'null' : String(score)}${length}${maturity}${trialText}${slicesText}${detect}}`;
  };
};

/** Reads one: the form of most from its bytes, any other by its contract. */
export const readRoutedPrediction = (value: Buffer | null): RoutedPrediction =>
  (value && scan(value)) ?? decode(value);

const scanner = new JsonScanner();

const scan = (value: Buffer): RoutedPrediction | undefined => {
  scanner.start(value);
  if (!scanner.pass(EVENT_ID) || !scanner.passString()) return undefined;
  const idTo = scanner.textTo;
  if (!scanner.pass(EVENT_TIME) || !scanner.passString()) return undefined;
  const time = timestampMs(value.toString('latin1', scanner.textFrom, scanner.textTo));
  const version = scanner.pass(VERSION) ? scanner.number() : undefined;
  const threshold = scanner.pass(THRESHOLD) ? numberOrNull() : undefined;
  const score = scanner.pass(SCORE) ? numberOrNull() : undefined;
  const windowMs = scanner.pass(WINDOW) ? scanner.number() : undefined;
  const maturityMs = scanner.pass(MATURITY) ? scanner.number() : undefined;
  if (version === undefined || threshold === undefined || score === undefined) return undefined;
  if (windowMs === undefined || maturityMs === undefined || Number.isNaN(time)) return undefined;
  if (!isCount(version, 1) || !isCount(windowMs, 1) || !isCount(maturityMs, 0)) return undefined; // the contract says why
  const trial = scanner.pass(TRIAL) ? trialText(value) : undefined;
  if (trial === null || !scanner.pass(END) || !scanner.atEnd) return undefined;
  const eventId = value.toString('utf8', EVENT_ID.length + 1, idTo);
  return {
    eventId,
    joined: { time, version, threshold, score, windowMs, maturityMs, ...(trial && { trial }) },
  };
};

/** Null where it is not as it is written here. */
const trialText = (value: Buffer): JoinedPrediction['trial'] | null => {
  if (!scanner.passString()) return null;
  const name = value.toString('utf8', scanner.textFrom, scanner.textTo);
  if (!scanner.pass(TRIAL_ROUTE) || !scanner.passString()) return null;
  const route = value.toString('utf8', scanner.textFrom, scanner.textTo);
  return scanner.pass(END) ? { name, route } : null;
};

const isCount = (value: number, least: number): boolean => Number.isInteger(value) && value >= least;

const numberOrNull = (): number | null | undefined => (scanner.pass(NULL) ? null : scanner.number());

const EVENT_ID = Buffer.from('{"event_id":');
const EVENT_TIME = Buffer.from(',"event_time":');
const VERSION = Buffer.from(',"version":');
const THRESHOLD = Buffer.from(',"threshold":');
const SCORE = Buffer.from(',"score":');
const WINDOW = Buffer.from(',"window_ms":');
const MATURITY = Buffer.from(',"maturity_ms":');
const TRIAL = Buffer.from(',"trial":{"name":');
const TRIAL_ROUTE = Buffer.from(',"route":');
const NULL = Buffer.from('null');
const END = Buffer.from('}');

const decode = (value: Buffer | null): RoutedPrediction => {
  const fact = decodeEvent(PredictionRouted, value);
  const { version, threshold, score, window_ms, chunk, chunk_rows, trial, slices, detect } = fact;
  return {
    eventId: fact.event_id,
    joined: {
      time: timestampMs(fact.event_time),
      version,
      threshold,
      score,
      ...(window_ms !== undefined && { windowMs: window_ms }),
      ...(chunk !== undefined && { chunk, chunkRows: chunk_rows ?? 1 }),
      maturityMs: fact.maturity_ms,
      ...(trial && { trial }),
      ...(slices && { slices }),
      ...(detect && { detect }),
    },
  };
};
