import type { FirstEvent, TimelineEntry } from './entry';
import type { Chain } from './story';

export interface StoryStep {
  readonly kind: TimelineEntry['kind'] | 'event';
  readonly type: string;
  readonly position: string;
  readonly time: string;
  readonly eventTime: string | null;
  readonly by: string | null;
  readonly version: number | null;
  readonly message: string;
  /** By append time, since the step before and since the first one. */
  readonly seconds: number;
  readonly sinceStart: number;
}

/** A chain of decisions as doors tell it, with how long each step took. */
export const storyDocument = (chain: Chain, first: FirstEvent | null) => {
  const { entries, alert, serving, ...about } = chain;
  const steps = stepsOf(entries, first, alert);
  const between = (from: string | undefined, to: string | undefined): number | null =>
    from === undefined || to === undefined ? null : secondsBetween(from, to);
  return {
    ...about,
    alert: alert && {
      position: alert.position,
      kind: alert.details.alertKind!,
      subject: alert.details.subject!,
      window: alert.details.window!,
      firstEvent: first,
    },
    began: steps[0]!.time,
    updated: steps.at(-1)!.time,
    servingSince: serving?.time ?? null,
    /** Append time of the first event, of the alert, of the request, each until serving says that the version answers as champion. */
    seconds: {
      fromFirstEvent: between(first?.time, serving?.time),
      fromAlert: between(alert?.time, serving?.time),
      fromRequest: between(entries.find(({ position }) => position === chain.id)?.time, serving?.time),
    },
    steps,
  };
};
export type StoryDocument = ReturnType<typeof storyDocument>;

const stepsOf = (
  entries: readonly TimelineEntry[],
  first: FirstEvent | null,
  alert: TimelineEntry | null,
): StoryStep[] => {
  const told = entries.map(({ kind, type, position, time, eventTime, by, version, message }) => ({
    kind,
    type,
    position,
    time,
    eventTime,
    by,
    version,
    message,
  }));
  const steps = first && alert ? [beginning(first, alert), ...told] : told;
  return steps.map((step, i) => ({
    ...step,
    seconds: secondsBetween(steps[Math.max(0, i - 1)]!.time, step.time),
    sinceStart: secondsBetween(steps[0]!.time, step.time),
  }));
};

const beginning = (
  { position, time, eventTime }: FirstEvent,
  { details: { window, subject } }: TimelineEntry,
): Omit<StoryStep, 'seconds' | 'sinceStart' | 'kind'> & { readonly kind: 'event' } => ({
  kind: 'event',
  type: 'ingestion.observation.recorded',
  position,
  time,
  eventTime,
  by: null,
  version: null,
  message: `first event of the window from ${window!.start} to ${window!.end}, in which ${subject!} is over its limit`,
});

const secondsBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1_000;
