import type { ArtifactStore } from '#artifacts';
import type { EventLog } from '#eventlog';
import type { Clock } from '#kernel';
import type { Logger } from './logger';
import type { Metrics } from './metrics';
import type { AccessLog } from './access-log';
import type { Tracing } from './tracing';

export type Sleep = (ms: number) => Promise<void>;

/** Everything impure that a service is given. Tests pass in-memory twins and a clock that they move. */
export interface Ports {
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent where tracing is off. */
  readonly tracing?: Tracing;
  /** Absent where requests are not logged. */
  readonly accessLog?: AccessLog;
}

/** Tokens under which the ports, the compiled config and the runtime's own parts are injected. */
export const CONFIG = Symbol('config');
export const EVENT_LOG = Symbol('event log');
export const ARTIFACT_STORE = Symbol('artifact store');
export const CLOCK = Symbol('clock');
export const SLEEP = Symbol('sleep');
export const LOGGER = Symbol('logger');
export const METRICS = Symbol('metrics');
export const TRACING = Symbol('tracing');
export const ACCESS_LOG = Symbol('access log');

export const systemClock: Clock = { now: () => Date.now() };

export const sleep: Sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
