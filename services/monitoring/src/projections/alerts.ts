import { AlertRaised, AlertResolved, decodeEvent, readEnvelope, type EventOf } from '#contracts';
import type { LogRecord } from '#eventlog';
import { isPlatformError } from '#kernel';
import type { StateRow } from '#runtime';

export interface AlertView extends EventOf<typeof AlertRaised> {
  readonly state: 'open' | 'resolved';
  /** Positions on `monitoring.alerts`. */
  readonly raisedAt: string;
  readonly resolvedAt?: string;
  /** What ended it. */
  readonly resolution?: {
    readonly window: { readonly start: string; readonly end: string };
    readonly message: string;
  };
}

/** Every alert with what became of it: a read model in memory of `monitoring.alerts` (law L8). */
export class Alerts {
  private views = new Map<string, AlertView>();

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
    const position = `${record.partition}-${record.offset}`;
    if (readEnvelope(record.headers).type === AlertRaised.type) {
      const fact = decodeEvent(AlertRaised, record.value);
      const known = this.views.get(fact.alert);
      // A crash can put a fact on the wire twice; an alert that a correction had ended can rise again under its name.
      if (known?.state === 'open' || (known && known.report >= fact.report)) return;
      this.views.set(fact.alert, { ...fact, state: 'open', raisedAt: position });
      return;
    }
    const { alert, window, message } = decodeEvent(AlertResolved, record.value);
    const known = this.views.get(alert);
    if (known?.state === 'open') {
      this.views.set(alert, {
        ...known,
        state: 'resolved',
        resolvedAt: position,
        resolution: { window, message },
      });
    }
  }

  adopt(other: Alerts): void {
    this.views = other.views;
  }

  rows(): Iterable<StateRow> {
    return this.views;
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
}
