import {
  LoggedModelChanged,
  LoggedModelCreated,
  TrackedArtifactDeleted,
  TrackedArtifactLogged,
  TrackedBatchLogged,
  TrackedExperimentChanged,
  TrackedExperimentCreated,
  TrackedModelChanged,
  TrackedModelCreated,
  TrackedRunChanged,
  TrackedRunCreated,
  TrackedVersionChanged,
  TrackedVersionCreated,
  type EventOf,
} from '#contracts';

/** What may stand on `registry.tracking`. */
export const TRACKING_CONTRACTS = {
  'experiment-created': TrackedExperimentCreated,
  'experiment-changed': TrackedExperimentChanged,
  'model-created': TrackedModelCreated,
  'model-changed': TrackedModelChanged,
  'version-created': TrackedVersionCreated,
  'version-changed': TrackedVersionChanged,
  'run-created': TrackedRunCreated,
  'run-changed': TrackedRunChanged,
  'batch-logged': TrackedBatchLogged,
  'logged-model-created': LoggedModelCreated,
  'logged-model-changed': LoggedModelChanged,
  'artifact-logged': TrackedArtifactLogged,
  'artifact-deleted': TrackedArtifactDeleted,
} as const;

export type FactType = keyof typeof TRACKING_CONTRACTS;
export type FactOf<T extends FactType> = EventOf<(typeof TRACKING_CONTRACTS)[T]>;
export type TrackingFact = { [T in FactType]: { readonly type: T; readonly value: FactOf<T> } }[FactType];

const OF_NAMES: ReadonlySet<FactType> = new Set<FactType>([
  'experiment-created',
  'experiment-changed',
  'model-created',
  'model-changed',
  'version-created',
  'version-changed',
]);

/** Facts about names need one total order: they share partition 0. */
export const isAboutNames = ({ type }: TrackingFact): boolean => OF_NAMES.has(type);

export const keyOf = ({ type, value }: TrackingFact): string =>
  String((value as Readonly<Record<string, unknown>>)[TRACKING_CONTRACTS[type].key]);

/** How JSON carries a metric's value. */
export const encodeNumber = (value: number): number | 'NaN' | 'Infinity' | '-Infinity' =>
  Number.isFinite(value) ? value : (String(value) as 'NaN');
