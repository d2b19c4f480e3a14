import type { Actors } from './actors';
import type { Witness } from './witness';
import type { World } from './world';

export type { Occurrence, Source, World } from './world';

/** How the platform is left to itself after the first model serves. */
export interface Loop {
  /** Event time at which the world changes, epoch ms; null where nobody knows (real data). */
  readonly driftAt: number | null;
  /** So much event time is streamed at a stretch; between stretches everything may come through, so that each window is judged in its turn. */
  readonly stretchMs: number;
  /** So much later a stretch ends, so that the window that ends with it is over and its labels are known; 0 by default. */
  readonly restAfterMs?: number;
  /** The policy promotes at once, without a rollout: between stretches the version that passed may begin to answer. */
  readonly promotesAtOnce?: boolean;
  /** Events a second while the platform works on what it found: a run, a rollout. At other times as fast as it goes. */
  readonly busyPerSecond: number;
}

/** One thing that a scenario holds against what happened. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What came out. */
  readonly value: string | number | boolean | null;
  /** What was wanted, in words. */
  readonly wanted: string;
}

/** A table of a scenario's own, for the report. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** What a scenario finds out when all has been streamed. */
export interface Findings {
  readonly checks: readonly Check[];
  readonly tables?: readonly Table[];
  /** Further members of the JSON answer. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** A scenario that knows what it is going to stream. */
export interface Case extends World {
  /** Files or folders with definitions, below the repository, applied one after the other. Alerts to `http://127.0.0.1:9099/hook` come to the demo. */
  readonly definitions: readonly string[];
  /** Added to the environment of the services where it says nothing itself. */
  readonly environment?: Readonly<Record<string, string>>;
  /** All streams that occurrences belong to; the trigger first. */
  readonly streams: readonly string[];
  /** Sends what no stream should take beside an event, to show what becomes of it; `left` counts the trigger's events down. */
  readonly faults?: (event: object, left: number) => readonly object[];
  /** Absent: one model is trained and serves to the end. */
  readonly loop?: Loop;
  /** Called once the first version serves, while the stream stands still. */
  readonly onServing?: (actors: Actors) => Promise<void>;
  /** Called when the stream has reached each of these moments of event time, while it stands still and all has come through. */
  readonly moments?: readonly { readonly at: number; readonly act: (actors: Actors) => Promise<void> }[];
  /** Looks at the log after everything has come through. */
  readonly judge?: (witness: Witness) => Promise<Findings>;
}

export interface OpenOptions {
  readonly rows: number | undefined;
  readonly data: string | undefined;
  /** RFC 3339, already read. */
  readonly trainAt: number | undefined;
  readonly say: (line: string) => void;
}

export interface Scenario {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  readonly examples: readonly string[];
  /** What `--data` may be. */
  readonly data: string;
  /** Rows of the trigger without `--rows` and `--data`. */
  readonly rows: number;
  open(options: OpenOptions): Promise<Case>;
}
