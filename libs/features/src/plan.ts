import type { CompiledExpression, Digest } from '#kernel';
import type { Reading } from './aggregates';
import type { FeatureEvent, StreamDefinition } from './definition';
import type { TilesPlan, WindowPlan } from './windowing';

/** What the engine runs: definitions taken apart into what features share. */
export interface Plan {
  readonly digest: Digest;
  /** Of what decides the form and the content of a state: the definitions and how they are run. */
  readonly stateDigest: Digest;
  readonly canReadAt: boolean;
  /** One for each value of a vector. */
  readonly names: readonly string[];
  readonly stream: StreamDefinition;
  readonly entity: string;
  /** In ms; Infinity for an entity that is never forgotten. */
  readonly ttl: number;
  /** Conditions over an event that columns share. */
  readonly filters: readonly CompiledExpression[];
  /** The numbers that are kept of each event. */
  readonly columns: readonly Column[];
  /** Whether windows need single events. */
  readonly keepsRows: boolean;
  /** Whether an entity without events within reach still counts: there are windows without an end. */
  readonly remembers: boolean;
  readonly windows: readonly WindowPlan[];
  readonly tiles: readonly TilesPlan[];
  /** One for each name. */
  readonly outputs: readonly Output[];
  /** How far behind the watermark a trigger or a read is still expected, in ms. */
  readonly patience: number;
  /** How far behind the watermark an event still counts, in ms: the widest window and the patience. */
  readonly retention: number;
}

/** Where an accumulator stands: indexes of a window and of a slot in it. */
export interface Place {
  readonly window: number;
  readonly slot: number;
}

export type Output =
  | {
      readonly kind: 'value';
      readonly expression: CompiledExpression;
      /** Where the value of the newest event stands, for reads without an event. */
      readonly kept: Place | null;
    }
  | AggregateOutput;

export interface AggregateOutput extends Place {
  readonly kind: 'aggregate';
  readonly reading: Reading;
  /** The slot of what it is divided by, in the same window; -1 where it is not. */
  readonly over: number;
  readonly empty: number | null;
}

export interface Column {
  /** Equal columns have equal keys. */
  readonly key: string;
  readonly scale: number;
  /** Index of the condition that an event must meet to have a value here; -1 for none. */
  readonly filter: number;
  /** Holds numbers of texts, which differ from entity to entity. */
  readonly isText: boolean;
  /** NaN for null. */
  readonly read: (event: FeatureEvent, onError: () => void) => number;
  /** The text of a text column. */
  readonly text: (event: FeatureEvent, onError: () => void) => string | null;
}
