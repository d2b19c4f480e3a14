import {
  NotificationDelivered,
  NotificationDue,
  NotificationFailed,
  NotificationSilenced,
  decodeEvent,
  readEnvelope,
  type EventOf,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { isPlatformError } from '#kernel';
import type { StateRow } from '#runtime';
import { channelOf, targetName, type Channel } from '../domain/notifications/outbox';

export interface NotificationView {
  readonly notification: string;
  readonly deployment: string;
  readonly group: string;
  readonly because: EventOf<typeof NotificationDue>['because'];
  readonly channel: Channel;
  /** Of whom it is for, what people may see: of an address its host. */
  readonly target: string;
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly state: 'waiting' | 'delivered' | 'given up';
  readonly dueAt: string;
  readonly endedAt?: string;
  readonly attempts: number;
  readonly error: string | null;
}

export interface SilencedView extends EventOf<typeof NotificationSilenced> {
  readonly time: string;
}

/** So many that have ended are shown; what waits always is. */
const KEPT = 500;

/** Who was told of what, and who waits: a read model in memory of `monitoring.notifications` (law L8). */
export class Notifications {
  private views = new Map<string, NotificationView>();
  private silencedViews = new Map<string, SilencedView>();

  onRecords(records: readonly LogRecord[], refused: (record: LogRecord, error: unknown) => void): void {
    for (const record of records) {
      try {
        this.apply(record);
      } catch (error) {
        if (!isPlatformError(error)) throw error;
        refused(record, error);
      }
    }
    this.forget();
  }

  private apply(record: LogRecord): void {
    const time = new Date(record.timestamp).toISOString();
    switch (readEnvelope(record.headers).type) {
      case NotificationDue.type: {
        const { notification, target, firing, resolved, deployment, group, because } = decodeEvent(
          NotificationDue,
          record.value,
        );
        // A crash can put a fact on the wire twice.
        if (this.views.has(notification)) return;
        this.views.set(notification, {
          notification,
          deployment,
          group,
          because,
          channel: channelOf(target),
          target: targetName(target),
          firing: firing.map(({ alert }) => alert),
          resolved: resolved.map(({ alert }) => alert),
          state: 'waiting',
          dueAt: time,
          attempts: 0,
          error: null,
        });
        return;
      }
      case NotificationDelivered.type: {
        const { notification, attempts } = decodeEvent(NotificationDelivered, record.value);
        return this.change(notification, { state: 'delivered', endedAt: time, attempts, error: null });
      }
      case NotificationFailed.type: {
        const { notification, attempts, error, final } = decodeEvent(NotificationFailed, record.value);
        return this.change(notification, {
          attempts,
          error,
          ...(final && { state: 'given up', endedAt: time }),
        });
      }
      case NotificationSilenced.type: {
        const fact = decodeEvent(NotificationSilenced, record.value);
        this.silencedViews.set(`${fact.alert} ${fact.silence}`, { ...fact, time });
      }
    }
  }

  private change(notification: string, change: Partial<NotificationView>): void {
    const known = this.views.get(notification);
    if (known?.state === 'waiting') this.views.set(notification, { ...known, ...change });
  }

  private forget(): void {
    for (const views of [this.views, this.silencedViews] as Map<string, unknown>[]) {
      if (views.size <= KEPT) continue;
      for (const [key, view] of views) {
        if (views.size <= KEPT) break;
        if ((view as Partial<NotificationView>).state !== 'waiting') views.delete(key);
      }
    }
  }

  adopt(other: Notifications): void {
    this.views = other.views;
    this.silencedViews = other.silencedViews;
  }

  *rows(): Iterable<StateRow> {
    yield* this.views;
    for (const [key, view] of this.silencedViews) yield [`silenced ${key}`, view];
  }

  /** The newest first. */
  list(): NotificationView[] {
    return [...this.views.values()].reverse();
  }

  silenced(): SilencedView[] {
    return [...this.silencedViews.values()].reverse();
  }
}
