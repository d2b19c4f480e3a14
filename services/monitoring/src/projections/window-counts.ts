import { WindowProfiled, decodeEvent, readEnvelope, type EventOf } from '#contracts';
import { SeenPositions, admitted, type LogRecord } from '#eventlog';
import { isPlatformError } from '#kernel';
import type { StateRow } from '#runtime';

type Part = EventOf<typeof WindowProfiled>;

/** Values of one column of a window, by the cells of the reference. */
export interface CountedColumn {
  readonly rows: number;
  readonly missing: number;
  readonly counts: readonly number[];
}

/** What the parts of one window add up to. */
export interface CountedWindow extends Pick<Part, 'deployment' | 'version' | 'profile' | 'window'> {
  readonly predictions: number;
  readonly features: readonly CountedColumn[];
  readonly score: CountedColumn | null;
}

/** Windows that are kept of each deployment: the newest. */
const KEPT = 30;

/** Distributions of the last windows: a read model in memory of `monitoring.inputs` (law L8). */
export class WindowCounts {
  private byDeployment = new Map<string, Map<string, CountedWindow>>();
  private seen = new SeenPositions();

  onRecords(records: readonly LogRecord[], refused: (record: LogRecord, error: unknown) => void): void {
    for (const record of records) {
      try {
        if (readEnvelope(record.headers).type !== WindowProfiled.type || !admitted(this.seen, record))
          continue;
        this.add(decodeEvent(WindowProfiled, record.value));
      } catch (error) {
        if (!isPlatformError(error)) throw error;
        refused(record, error);
      }
    }
  }

  private add(part: Part): void {
    const { deployment, version, profile, window, predictions, features, score } = part;
    let windows = this.byDeployment.get(deployment);
    if (!windows) this.byDeployment.set(deployment, (windows = new Map()));
    const key = `${window.start}/${window.end}/${version}`;
    const known = windows.get(key);
    // A window that was counted against another reference cannot be added to: the newest reference holds.
    const before = known?.profile === profile ? known : undefined;
    windows.set(key, {
      deployment,
      version,
      profile,
      window,
      predictions: (before?.predictions ?? 0) + predictions,
      features: before?.features.length
        ? before.features.map((column, i) => sum(column, features[i]))
        : features.map(counted),
      score: before?.score ? sum(before.score, score) : score && counted(score),
    });
    if (windows.size > KEPT) windows.delete([...windows.keys()].sort()[0]!);
  }

  adopt(other: WindowCounts): void {
    this.byDeployment = other.byDeployment;
    this.seen = other.seen;
  }

  *rows(): Iterable<StateRow> {
    for (const [deployment, windows] of this.byDeployment)
      for (const [key, window] of windows) yield [`${deployment}/${key}`, window];
  }

  /** The newest first. */
  of(deployment: string): CountedWindow[] {
    return [...(this.byDeployment.get(deployment)?.values() ?? [])].sort(
      (a, b) => b.window.start.localeCompare(a.window.start) || b.version - a.version,
    );
  }
}

const counted = ({ rows, missing, counts }: CountedColumn): CountedColumn => ({ rows, missing, counts });

const sum = (column: CountedColumn, part: CountedColumn | null | undefined): CountedColumn =>
  part
    ? {
        rows: column.rows + part.rows,
        missing: column.missing + part.missing,
        counts: column.counts.map((count, cell) => count + (part.counts[cell] ?? 0)),
      }
    : column;
