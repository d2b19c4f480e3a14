import {
  AlertAcknowledged,
  AlertActionRefused,
  AlertRaised,
  AlertResolved,
  SilenceRemoved,
  SilenceSet,
  decodeEvent,
  readEnvelope,
  type EventOf,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { isPlatformError, timestampMs } from '#kernel';
import type { StateRow } from '#runtime';
import { silenceOf, type Silence } from '../domain/alerts/silences';

export interface AlertView extends EventOf<typeof AlertRaised> {
  readonly state: 'open' | 'resolved';
  /** Positions on `monitoring.alerts`. */
  readonly raisedAt: string;
  /** Append times of the facts. */
  readonly raisedTime: string;
  readonly resolvedAt?: string;
  readonly resolvedTime?: string;
  /** What ended it. */
  readonly resolution?: {
    readonly window: { readonly start: string; readonly end: string };
    readonly message: string;
    /** The operator who said so. */
    readonly by?: string;
  };
  readonly acknowledged?: { readonly by: string; readonly time: string; readonly comment?: string };
}

export interface SilenceView extends Silence {
  /** Who ended it before its time. */
  readonly removed?: { readonly by: string; readonly time: string };
}

/** What became of a request of an operator. */
export type AnsweredAction =
  | { readonly outcome: 'done'; readonly about: string }
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string };

/** Every alert and silence with what became of it: a read model in memory of `monitoring.alerts` (law L8). */
export class Alerts {
  private views = new Map<string, AlertView>();
  private silenceViews = new Map<string, SilenceView>();
  private answers = new Map<string, AnsweredAction>();

  onRecords(records: readonly LogRecord[], refused: (record: LogRecord, error: unknown) => void): void {
    for (const record of records) {
      try {
        this.apply(record);
      } catch (error) {
        if (!isPlatformError(error)) throw error;
        refused(record, error);
      }
    }
  }

  private apply(record: LogRecord): void {
    const time = new Date(record.timestamp).toISOString();
    switch (readEnvelope(record.headers).type) {
      case AlertRaised.type: {
        const fact = decodeEvent(AlertRaised, record.value);
        const known = this.views.get(fact.alert);
        // A crash can put a fact on the wire twice; an alert that a correction had ended can rise again under its name.
        if (known?.state === 'open' || (known && known.report >= fact.report)) return;
        this.views.set(fact.alert, {
          ...fact,
          state: 'open',
          raisedAt: positionOf(record),
          raisedTime: time,
        });
        return;
      }
      case AlertResolved.type: {
        const { alert, window, message, by } = decodeEvent(AlertResolved, record.value);
        const known = this.views.get(alert);
        if (known?.state === 'open')
          this.views.set(alert, {
            ...known,
            state: 'resolved',
            resolvedAt: positionOf(record),
            resolvedTime: time,
            resolution: { window, message, ...(by && { by: by.actor }) },
          });
        if (by) this.answers.set(by.request, { outcome: 'done', about: alert });
        return;
      }
      case AlertAcknowledged.type: {
        const { alert, actor, comment, request } = decodeEvent(AlertAcknowledged, record.value);
        const known = this.views.get(alert);
        if (known?.state === 'open')
          this.views.set(alert, {
            ...known,
            acknowledged: { by: actor, time, ...(comment !== undefined && { comment }) },
          });
        this.answers.set(request, { outcome: 'done', about: alert });
        return;
      }
      case SilenceSet.type: {
        const fact = decodeEvent(SilenceSet, record.value);
        if (!this.silenceViews.has(fact.silence)) this.silenceViews.set(fact.silence, fact);
        this.answers.set(fact.request, { outcome: 'done', about: fact.silence });
        return;
      }
      case SilenceRemoved.type: {
        const { silence, actor, request } = decodeEvent(SilenceRemoved, record.value);
        const known = this.silenceViews.get(silence);
        if (known && !known.removed)
          this.silenceViews.set(silence, { ...known, removed: { by: actor, time } });
        this.answers.set(request, { outcome: 'done', about: silence });
        return;
      }
      case AlertActionRefused.type: {
        const { request, code, message } = decodeEvent(AlertActionRefused, record.value);
        this.answers.set(request, { outcome: 'refused', code, message });
      }
    }
  }

  adopt(other: Alerts): void {
    this.views = other.views;
    this.silenceViews = other.silenceViews;
    this.answers = other.answers;
  }

  *rows(): Iterable<StateRow> {
    yield* this.views;
    for (const [silence, view] of this.silenceViews) yield [`silence ${silence}`, view];
    for (const [request, answer] of this.answers) yield [`request ${request}`, answer];
  }

  /** Open ones first, then the newest window first. */
  list(): AlertView[] {
    return [...this.views.values()].sort(
      (a, b) =>
        a.state.localeCompare(b.state) ||
        b.window.start.localeCompare(a.window.start) ||
        a.alert.localeCompare(b.alert),
    );
  }

  get(alert: string): AlertView | undefined {
    return this.views.get(alert);
  }

  /** The newest first; only those in force where a time is said. */
  silences(inForceAt?: number): SilenceView[] {
    return [...this.silenceViews.values()]
      .filter((silence) => inForceAt === undefined || isInForce(silence, inForceAt))
      .sort((a, b) => b.from.localeCompare(a.from) || b.silence.localeCompare(a.silence));
  }

  silence(id: string): SilenceView | undefined {
    return this.silenceViews.get(id);
  }

  /** The silence that holds an alert back now. */
  silencedBy(alert: AlertView, nowMs: number): Silence | undefined {
    return silenceOf(this.silences(nowMs), alert, nowMs);
  }

  /** Undefined as long as the decider has not come to it. */
  answerTo(request: string): AnsweredAction | undefined {
    return this.answers.get(request);
  }
}

export const isInForce = ({ until, removed }: SilenceView, nowMs: number): boolean =>
  !removed && timestampMs(until) > nowMs;

const positionOf = ({ partition, offset }: LogRecord): string => `${partition}-${offset}`;
