/** What people ask the timeline for. */
export const ENTRY_KINDS = [
  'alert',
  'request',
  'run',
  'version',
  'alias',
  'rollout',
  'deployment',
  'serving',
  'definition',
  'replay',
] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** What is said of a decision beside its sentence; only what the fact says. */
export interface EntryDetails {
  /** Of an alert: which, of what kind, about what. */
  readonly alert?: string;
  readonly alertKind?: string;
  readonly subject?: string;
  readonly severity?: string;
  readonly value?: number | null;
  readonly limit?: number;
  readonly window?: { readonly start: string; readonly end: string };
  readonly sources?: readonly Span[];
  /** Of a request: what asked for it; of one that was suppressed or withheld: the code. */
  readonly trigger?: string;
  readonly code?: string;
  /** Withheld for now, not for good. */
  readonly waits?: boolean;
  readonly passed?: boolean;
  readonly gates?: readonly string[];
  readonly verdict?: string;
  readonly alias?: string;
  readonly previous?: number | null;
  /** Of an alias: promotion, rollback, rollout; of a rollout: what became of it. */
  readonly change?: string;
  /** Percent of the entities that the new version answers. */
  readonly share?: number;
  readonly routes?: readonly { readonly route: string; readonly version: number; readonly share?: number }[];
  readonly partition?: number;
  readonly seconds?: number;
}

/** Records of one partition; `to` is exclusive. */
export interface Span {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

/** A decision, as it stands on the log. */
export interface TimelineEntry {
  readonly kind: EntryKind;
  /** `ce_type` of the fact. */
  readonly type: string;
  /** `<topic>:<partition>-<offset>`. */
  readonly position: string;
  /** Append time. */
  readonly time: string;
  /** Of an alert: the beginning of its window. */
  readonly eventTime: string | null;
  readonly deployment: string | null;
  readonly model: string | null;
  readonly version: number | null;
  readonly run: string | null;
  readonly by: string | null;
  /** One sentence. */
  readonly message: string;
  /** The fact that it goes back to. */
  readonly cause: string | null;
  readonly details: EntryDetails;
}

/** The event that something began with. */
export interface FirstEvent {
  /** Position of the observation: `<topic>:<partition>-<offset>`. */
  readonly position: string;
  readonly eventTime: string;
  /** Append time of the observation. */
  readonly time: string;
}

/** The order of what happened in one millisecond: a cause before what follows from it. */
export const byTime = (a: TimelineEntry, b: TimelineEntry): number =>
  a.time < b.time || (a.time === b.time && rankOf(a) < rankOf(b)) ? -1 : a === b ? 0 : 1;

const rankOf = ({ kind, position }: TimelineEntry): string => {
  const [topic, place] = position.split(':') as [string, string];
  const [partition, offset] = place.split('-').map((text) => text.padStart(12, '0')) as [string, string];
  return `${String(ENTRY_KINDS.indexOf(kind)).padStart(2, '0')}/${topic}/${partition}-${offset}`;
};
