import { Type } from 'typebox';

/** Variables of the log of requests, and of predictions for events. */
export const REQUEST_VARIABLES = {
  PLAYHEAD_SERVING_REQUEST_QUEUE_MIB: Type.Integer({
    default: 16,
    minimum: 1,
    maximum: 1_024,
    unit: 'MiB',
    examples: [64],
    description:
      'answered requests that may wait to be logged: beyond it durable ones are refused with 429, others are dropped and counted',
  }),
  PLAYHEAD_SERVING_REQUEST_WAIT_MS: Type.Integer({
    default: 5_000,
    minimum: 1,
    maximum: 600_000,
    unit: 'ms',
    examples: [500],
    description:
      'how long an answer waits for the log where `logging` is durable; then it is refused with 503',
  }),
  PLAYHEAD_SERVING_REQUEST_RETENTION_DAYS: Type.Integer({
    default: 30,
    minimum: 0,
    maximum: 36_500,
    unit: 'days',
    examples: [0, 400],
    description:
      'how long a new topic of answered requests keeps them; 0: for ever. Labels that come later than that find nothing',
  }),
  PLAYHEAD_SERVING_EVENT_STATE_MIB: Type.Integer({
    default: 512,
    minimum: 1,
    maximum: 65_536,
    unit: 'MiB',
    examples: [2_048],
    description:
      'what predictions for events may keep in memory: the state of each feature service that was asked about, estimated',
  }),
  PLAYHEAD_SERVING_EVENT_SERVICES: Type.String({
    default: '',
    examples: ['fraud,returns'],
    description:
      'feature services whose state is followed from the start on, so that the first prediction for an event need not wait for it',
  }),
};

export interface RequestConfig {
  readonly maxQueuedBytes: number;
  readonly durableWaitMs: number;
  readonly retentionMs: number;
  readonly eventStateBytes: number;
  readonly eventServices: readonly string[];
}

interface RequestOptions {
  readonly PLAYHEAD_SERVING_REQUEST_QUEUE_MIB: number;
  readonly PLAYHEAD_SERVING_REQUEST_WAIT_MS: number;
  readonly PLAYHEAD_SERVING_REQUEST_RETENTION_DAYS: number;
  readonly PLAYHEAD_SERVING_EVENT_STATE_MIB: number;
  readonly PLAYHEAD_SERVING_EVENT_SERVICES: string;
}

const MIB = 2 ** 20;
const DAY_MS = 86_400_000;

export const compileRequestConfig = (options: RequestOptions): RequestConfig => ({
  maxQueuedBytes: options.PLAYHEAD_SERVING_REQUEST_QUEUE_MIB * MIB,
  durableWaitMs: options.PLAYHEAD_SERVING_REQUEST_WAIT_MS,
  retentionMs: options.PLAYHEAD_SERVING_REQUEST_RETENTION_DAYS * DAY_MS,
  eventStateBytes: options.PLAYHEAD_SERVING_EVENT_STATE_MIB * MIB,
  eventServices: options.PLAYHEAD_SERVING_EVENT_SERVICES.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== ''),
});
