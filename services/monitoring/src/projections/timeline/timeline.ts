import { DeploymentUpdated } from '#contracts';
import type { LogRecord } from '#eventlog';
import { isPlatformError } from '#kernel';
import type { StateRow } from '#runtime';
import { byTime, type EntryKind, type TimelineEntry } from './entry';
import { entryOf } from './entry-of';

export interface TimelineQuery {
  readonly deployment?: string;
  /** Append times, epoch ms; `to` is exclusive. */
  readonly from?: number;
  readonly to?: number;
  readonly kinds?: readonly EntryKind[];
}

/** All decisions, in their order: a read model in memory of the topics that they stand on (law L8). */
export class Timeline {
  /** By position: a crash can put nothing twice on one. */
  private entries = new Map<string, TimelineEntry>();
  private sorted: readonly TimelineEntry[] | undefined;

  /** @param named of a full topic name, the one below the namespace. */
  constructor(private readonly named: (topic: string) => string) {}

  onRecords(records: readonly LogRecord[], refused: (record: LogRecord, error: unknown) => void): void {
    for (const record of records) {
      try {
        const entry = entryOf(record, this.named(record.topic));
        if (!entry) continue;
        this.entries.set(entry.position, entry);
        this.sorted = undefined;
      } catch (error) {
        if (!isPlatformError(error)) throw error;
        refused(record, error);
      }
    }
  }

  /** An empty one for the same topics. */
  another(): Timeline {
    return new Timeline(this.named);
  }

  adopt(other: Timeline): void {
    this.entries = other.entries;
    this.sorted = undefined;
  }

  *rows(): Iterable<StateRow> {
    yield* this.entries;
  }

  /** In their order. */
  all(): readonly TimelineEntry[] {
    return (this.sorted ??= [...this.entries.values()].sort(byTime));
  }

  /** In their order; of a deployment also what is said of the model that it answers with. */
  list({ deployment, from = -Infinity, to = Infinity, kinds }: TimelineQuery): TimelineEntry[] {
    const models = deployment === undefined ? undefined : this.modelsOf(deployment);
    return this.all().filter((entry) => {
      const time = Date.parse(entry.time);
      if (time < from || time >= to || (kinds && !kinds.includes(entry.kind))) return false;
      if (models === undefined || entry.deployment === deployment) return true;
      return entry.deployment === null && entry.model !== null && models.has(entry.model);
    });
  }

  deployments(): ReadonlySet<string> {
    return new Set(
      this.all().flatMap(({ type, deployment }) =>
        type === DeploymentUpdated.type && deployment !== null ? [deployment] : [],
      ),
    );
  }

  private modelsOf(deployment: string): ReadonlySet<string> {
    return new Set(
      this.all().flatMap((entry) =>
        entry.type === DeploymentUpdated.type && entry.deployment === deployment ? [entry.model!] : [],
      ),
    );
  }
}
