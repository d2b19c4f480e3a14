import type { Table } from './report/table';
import type { Stage } from './stage/stage';

export interface BenchOptions {
  readonly rows?: number;
  readonly repeats?: number;
  readonly withoutPeers: boolean;
  /** A few seconds for each measurement: to see that it works, not to have figures. */
  readonly isQuick: boolean;
}

/** What a scenario found. */
export interface Findings {
  /** By name, with the unit as the last word(s): `events_per_second`, `ratio_to_kafka_streams`. What baselines compare. */
  readonly figures: Readonly<Record<string, number>>;
  readonly tables: readonly Table[];
}

/** What a scenario works with. */
export interface Workbench {
  /** With the scenario's defaults where nothing else was asked for. */
  readonly rows: number;
  readonly repeats: number;
  readonly withoutPeers: boolean;
  /** A few seconds for each measurement, where a scenario knows of it. */
  readonly isQuick: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /**
   * A platform with a trained and deployed model, its services stopped and its broker up; at least so many payments that nobody has
   * seen are left. Shared by the scenarios of one call, made anew when the stream is used up.
   */
  stage(payments: number): Promise<Stage>;
  /** A broker for scenarios that need nothing else: the stage's with its services stopped, or one of its own. */
  brokers(): Promise<readonly string[]>;
  /** Called when the bench ends, however it ends; the last one first. Returns a function that calls it now. */
  atEnd(release: () => Promise<void>): () => Promise<void>;
}

export interface Scenario {
  readonly name: string;
  readonly measures: string;
  readonly defaults: { readonly rows: number; readonly repeats: number };
  readonly run: (bench: Workbench) => Promise<Findings>;
}
