/** `GET /v1/timeline` and `GET /v1/stories/{deployment}` of monitoring. */

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

export interface TimelineEntry {
  readonly kind: EntryKind;
  readonly type: string;
  readonly position: string;
  readonly time: string;
  readonly eventTime: string | null;
  readonly deployment: string | null;
  readonly model: string | null;
  readonly version: number | null;
  readonly run: string | null;
  readonly by: string | null;
  readonly message: string;
  readonly cause: string | null;
}

export interface Timeline {
  readonly total: number;
  /** The newest first. */
  readonly entries: readonly TimelineEntry[];
}

export interface StoryStep {
  readonly kind: EntryKind | 'event';
  readonly type: string;
  readonly position: string;
  readonly time: string;
  readonly by: string | null;
  readonly message: string;
  readonly seconds: number;
  readonly sinceStart: number;
}

export interface Story {
  readonly id: string;
  readonly model: string;
  readonly trigger: string;
  readonly run: string | null;
  readonly version: number | null;
  readonly verdict: string;
  readonly why: string;
  readonly began: string;
  readonly servingSince: string | null;
  readonly seconds: {
    readonly fromFirstEvent: number | null;
    readonly fromAlert: number | null;
    readonly fromRequest: number | null;
  };
  readonly steps: readonly StoryStep[];
}

/** Topics whose facts the timeline is made of. */
export const TIMELINE_FACTS = [
  'monitoring.alerts',
  'monitoring.rollouts',
  'registry.',
  'training.runs',
  'serving.status',
];
