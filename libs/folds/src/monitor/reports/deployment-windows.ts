import type { ReferenceProfile } from '#drift';
import { byWindow, watchedKey, type EventWindow, type Watched } from '../event-window';
import { windowsReference, trainingReference, type WindowReference } from './reference';
import {
  WatchedWindow,
  watchedOf,
  type Circumstances,
  type MeasuredFact,
  type ProfiledFact,
  type StoredWindow,
} from './watched-window';

export type Part = 'profiled' | 'measured';

/** A partition so many windows behind the others is not waited for: what it says later comes in a further revision. */
const PATIENCE_WINDOWS = 2;

/** A window is forgotten so many windows after its labels have matured; or, where that is more, when no later one is compared with it. */
const KEPT_WINDOWS = 30;
/** Windows by count are forgotten when so many of their version have come after them, mature or not. */
const KEPT_BY_COUNT = 400;
/** Labels that came before the part of their predictions was told. */
const WAITING_PARTS = 4_000;

type Kept = Pick<Circumstances, 'maturity_ms' | 'monitor'>;
type Waiting = Pick<MeasuredFact, 'performance' | 'slices'>;

/** The windows of one deployment, with what is known of how far its partitions have come. */
export class DeploymentWindows {
  private readonly windows = new Map<string, WatchedWindow>();
  /** Event time that each partition has passed, by part. */
  private readonly passed: Readonly<Record<Part, Map<number, number>>> = {
    profiled: new Map(),
    measured: new Map(),
  };
  /** Windows by count: the open one of a version and threshold, the window of each part, and what waits for its part. */
  private readonly counting = new Map<string, string>();
  private readonly windowOfChunk = new Map<string, string>();
  private readonly waiting = new Map<string, Waiting[]>();
  private opened = 0;

  addProfile(fact: ProfiledFact, profile: ReferenceProfile | undefined): void {
    if (fact.chunk !== undefined) return this.addChunk(fact, fact.chunk, profile);
    this.byTime(watchedOf(fact), fact.maturity_ms)?.addProfile(fact, profile);
  }

  addPerformance(fact: MeasuredFact): void {
    const { chunk } = fact;
    if (chunk === undefined) {
      this.byTime(watchedOf(fact), 0)?.addPerformance(fact);
      return;
    }
    const key = this.windowOfChunk.get(chunk);
    if (key !== undefined) {
      this.windows.get(key)?.addPerformance(fact);
      return;
    }
    const { performance, slices } = fact;
    this.waiting.set(chunk, [...(this.waiting.get(chunk) ?? []), { performance, slices }]);
    if (this.waiting.size > WAITING_PARTS) this.waiting.delete(this.waiting.keys().next().value!);
  }

  advance(part: Part, partition: number, through: number): void {
    const before = this.passed[part].get(partition) ?? -Infinity;
    this.passed[part].set(partition, Math.max(before, through));
  }

  /**
   * Gives each window that is due to `report`, the earliest first. Rows that came late for a window change what later ones
   * were compared with: those are reported again.
   */
  reportDue(report: (window: WatchedWindow) => void): void {
    const inOrder = [...this.windows.values()].sort((a, b) => byWindow(a.watched, b.watched));
    for (const window of inOrder) {
      if (!this.isDue(window)) continue;
      const changesLater = window.revision > 0 && window.hasNewRows;
      report(window);
      if (!changesLater) continue;
      for (const later of inOrder)
        if (later.revision > 0 && this.referenceWindows(later)?.flat().includes(window)) later.hasNews = true;
    }
  }

  /** What a window is compared with; undefined where there is nothing, or not yet. */
  referenceOf(window: WatchedWindow, profile: ReferenceProfile | undefined): WindowReference | undefined {
    if (!profile) return undefined;
    if (!window.about?.monitor?.reference) return trainingReference(profile);
    const windows = this.referenceWindows(window);
    return windows && windowsReference(windows);
  }

  forget(): void {
    for (const [key, window] of this.windows) {
      const { watched, about } = window;
      if (watched.chunk === undefined && this.isForgotten(watched.window, about)) this.windows.delete(key);
    }
  }

  /** Digests of the reference profiles that its windows are counted by. */
  get profiles(): readonly string[] {
    return [...this.windows.values()].flatMap(({ about }) => about?.profile ?? []);
  }

  /** Undefined for a window that is forgotten: what comes for it so late is left out. */
  private byTime(watched: Watched, maturity_ms: number): WatchedWindow | undefined {
    const key = watchedKey(watched);
    let window = this.windows.get(key);
    if (!window && !this.isForgotten(watched.window, { maturity_ms })) {
      this.windows.set(key, (window = new WatchedWindow(watched)));
    }
    return window;
  }

  /** A part goes into the open window of its version; with it the window is closed when it has its rows. */
  private addChunk(fact: ProfiledFact, chunk: string, profile: ReferenceProfile | undefined): void {
    const kind = `${fact.version}/${fact.threshold}`;
    let key = this.counting.get(kind);
    if (key === undefined) {
      const ordinal = `${this.opened++}`;
      key = `#${ordinal}/${kind}`;
      this.counting.set(kind, key);
      this.windows.set(key, new WatchedWindow({ ...watchedOf(fact), chunk: ordinal }));
      this.forgetOldest(kind);
    }
    const window = this.windows.get(key)!;
    const { start, end } = watchedOf(fact).window;
    const known = window.watched.window;
    window.watched = {
      ...window.watched,
      window: { start: Math.min(known.start, start), end: Math.max(known.end, end) },
    };
    window.addProfile(fact, profile);
    window.chunks.push(chunk);
    this.windowOfChunk.set(chunk, key);
    for (const measured of this.waiting.get(chunk) ?? []) window.addPerformance(measured);
    this.waiting.delete(chunk);
    if (window.predictions < (fact.monitor?.window_rows ?? 1)) return;
    window.isClosed = true;
    this.counting.delete(kind);
  }

  private forgetOldest(kind: string): void {
    const its = [...this.windows].filter(([key]) => key.startsWith('#') && key.endsWith(`/${kind}`));
    for (const [key, { chunks }] of its.slice(0, -KEPT_BY_COUNT)) {
      this.windows.delete(key);
      for (const chunk of chunks) this.windowOfChunk.delete(chunk);
    }
  }

  private isDue(window: WatchedWindow): boolean {
    if (!window.hasNews || !window.about) return false;
    const { watched } = window;
    const isOver = watched.chunk === undefined ? this.hasPassed('profiled', watched.window) : window.isClosed;
    if (!isOver) return false;
    return !window.hasNewLabels || this.hasPassed('measured', watched.window);
  }

  private hasPassed(part: Part, { start, end }: EventWindow): boolean {
    const times = [...this.passed[part].values()];
    if (times.length === 0) return false;
    return times.every((time) => time >= end) || Math.max(...times) >= end + PATIENCE_WINDOWS * (end - start);
  }

  private isForgotten({ start, end }: EventWindow, about: Kept | undefined): boolean {
    const { windows = 0, back = 0 } = about?.monitor?.reference ?? {};
    const kept = Math.max(KEPT_WINDOWS, windows + back + 1);
    const newest = Math.max(-Infinity, ...this.passed.profiled.values());
    return end + (about?.maturity_ms ?? 0) + kept * (end - start) < newest;
  }

  /** Those of the same version and bins that ended before, oldest first; windows of one time under several thresholds are one. */
  private referenceWindows(window: WatchedWindow): (readonly WatchedWindow[])[] | undefined {
    const wanted = window.about?.monitor?.reference;
    if (!wanted) return undefined;
    const { version, chunk, window: its } = window.watched;
    const byStart = new Map<string, WatchedWindow[]>();
    for (const other of this.windows.values()) {
      const { watched, about } = other;
      if (watched.version !== version || about?.profile !== window.about?.profile) continue;
      if (chunk === undefined) {
        const isSameLength = watched.window.end - watched.window.start === its.end - its.start;
        if (watched.chunk !== undefined || !isSameLength || watched.window.end > its.start) continue;
      } else if (watched.chunk === undefined || !other.isClosed || Number(watched.chunk) >= Number(chunk))
        continue;
      const key = watched.chunk ?? String(watched.window.start);
      byStart.set(key, [...(byStart.get(key) ?? []), other]);
    }
    const order = chunk === undefined ? byWindowOf : byOrdinal;
    const earlier = [...byStart.values()].sort((a, b) => order(a[0]!, b[0]!));
    const end = earlier.length - wanted.back;
    return end < wanted.windows ? undefined : earlier.slice(end - wanted.windows, end);
  }

  toJSON(): StoredWindows {
    return {
      windows: [...this.windows].map(([key, window]) => [key, window.toJSON()]),
      profiled: [...this.passed.profiled],
      measured: [...this.passed.measured],
      counting: [...this.counting],
      windowOfChunk: [...this.windowOfChunk],
      waiting: [...this.waiting],
      opened: this.opened,
    };
  }

  static fromJSON(stored: StoredWindows): DeploymentWindows {
    const restored = new DeploymentWindows();
    for (const [key, window] of stored.windows) restored.windows.set(key, WatchedWindow.fromJSON(window));
    for (const part of ['profiled', 'measured'] as const)
      for (const [partition, time] of stored[part]) restored.passed[part].set(partition, time);
    for (const [kind, key] of stored.counting) restored.counting.set(kind, key);
    for (const [chunk, key] of stored.windowOfChunk) restored.windowOfChunk.set(chunk, key);
    for (const [chunk, parts] of stored.waiting) restored.waiting.set(chunk, parts);
    restored.opened = stored.opened;
    return restored;
  }
}

const byWindowOf = (a: WatchedWindow, b: WatchedWindow): number => byWindow(a.watched, b.watched);
const byOrdinal = (a: WatchedWindow, b: WatchedWindow): number =>
  Number(a.watched.chunk) - Number(b.watched.chunk);

export interface StoredWindows {
  readonly windows: readonly (readonly [string, StoredWindow])[];
  readonly profiled: readonly (readonly [number, number])[];
  readonly measured: readonly (readonly [number, number])[];
  readonly counting: readonly (readonly [string, string])[];
  readonly windowOfChunk: readonly (readonly [string, string])[];
  readonly waiting: readonly (readonly [string, Waiting[]])[];
  readonly opened: number;
}
