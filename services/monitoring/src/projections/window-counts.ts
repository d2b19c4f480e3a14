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
  /** Features that are watched: those of `features`, in the order of the reference; `auto` are all. */
  readonly watched: 'auto' | readonly string[];
  readonly features: readonly CountedColumn[];
  readonly score: CountedColumn | null;
}

/** Windows that are kept of each deployment: the newest. */
const KEPT = 30;

/** Distributions of the last windows: a read model in memory of `monitoring.inputs` (law L8). */
export class WindowCounts {
  private byDeployment = new Map<string, Map<string, CountedWindow>>();
  /** Windows by count take in parts in the order of the topic until they have their rows: the key of the open one by version. */
  private open = new Map<string, string>();
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
    const { deployment, version, profile } = part;
    let windows = this.byDeployment.get(deployment);
    if (!windows) this.byDeployment.set(deployment, (windows = new Map()));
    const key = this.keyOf(part);
    const known = windows.get(key);
    // A window that was counted against another reference cannot be added to: the newest reference holds.
    const window = merged(known?.profile === profile ? known : undefined, part);
    windows.set(key, window);
    const rows = part.monitor?.window_rows;
    if (part.chunk !== undefined && rows !== undefined && window.predictions >= rows)
      this.open.delete(`${deployment}@${version}`);
    if (windows.size > KEPT) windows.delete([...windows.keys()].sort()[0]!);
  }

  private keyOf({ deployment, version, window, chunk }: Part): string {
    const own = `${window.start}/${window.end}/${version}`;
    if (chunk === undefined) return own;
    const place = `${deployment}@${version}`;
    const key = this.open.get(place) ?? own;
    this.open.set(place, key);
    return key;
  }

  adopt(other: WindowCounts): void {
    this.byDeployment = other.byDeployment;
    this.open = other.open;
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

const merged = (before: CountedWindow | undefined, part: Part): CountedWindow => ({
  deployment: part.deployment,
  version: part.version,
  profile: part.profile,
  window: before ? spanning(before.window, part.window) : part.window,
  predictions: (before?.predictions ?? 0) + part.predictions,
  watched: part.monitor?.drift.features ?? 'auto',
  features: before?.features.length
    ? before.features.map((column, i) => sum(column, part.features[i]))
    : part.features.map(counted),
  score: before?.score ? sum(before.score, part.score) : part.score && counted(part.score),
});

const spanning = (a: Part['window'], b: Part['window']): Part['window'] => ({
  start: a.start < b.start ? a.start : b.start,
  end: a.end > b.end ? a.end : b.end,
});

const counted = ({ rows, missing, counts }: CountedColumn): CountedColumn => ({ rows, missing, counts });

const sum = (column: CountedColumn, part: CountedColumn | null | undefined): CountedColumn =>
  part
    ? {
        rows: column.rows + part.rows,
        missing: column.missing + part.missing,
        counts: column.counts.map((count, cell) => count + (part.counts[cell] ?? 0)),
      }
    : column;
