import type { EventOf, WindowMeasured, WindowProfiled } from '#contracts';
import { WindowProfile, type Bins, type ReferenceProfile, type WindowProfileData } from '#drift';
import { timestampMs } from '#kernel';
import type { EventWindow, Watched } from '../event-window';
import {
  mergePerformance,
  restorePerformance,
  storePerformance,
  type Performance,
  type StoredPerformance,
} from '../parts/performance-part';

export type ProfiledFact = EventOf<typeof WindowProfiled>;
export type MeasuredFact = EventOf<typeof WindowMeasured>;
export type Span = ProfiledFact['span'];
type ColumnFact = ProfiledFact['features'][number];

/** What a part says beside its counts; that of the newest part holds. */
export type Circumstances = Pick<
  ProfiledFact,
  'model' | 'task' | 'profile' | 'drift_threshold' | 'maturity_ms'
>;

/** What all parts of one window add up to. */
export class WatchedWindow {
  private circumstances: Circumstances | undefined;
  private features: WindowProfile[] = [];
  private score: WindowProfile | null = null;
  private measured: Performance | null = null;
  private readonly spans = new Map<string, Span>();
  readonly routes: Record<string, number> = {};
  predictions = 0;
  decided = 0;
  positives = 0;
  /** Of the last report; 0 before the first. */
  revision = 0;
  /** Something was added since the last report. */
  hasNews = false;
  hasNewLabels = false;

  constructor(readonly watched: Watched) {}

  /** Undefined as long as only labels have come. */
  get about(): Circumstances | undefined {
    return this.circumstances;
  }
  get columns(): { readonly features: readonly WindowProfile[]; readonly score: WindowProfile | null } {
    return { features: this.features, score: this.score };
  }
  get performance(): Performance | null {
    return this.measured;
  }
  get sources(): Span[] {
    return [...this.spans.values()].sort((a, b) => a.partition - b.partition);
  }

  addProfile(fact: ProfiledFact, reference: ReferenceProfile | undefined): void {
    const { model, task, profile, drift_threshold, maturity_ms, features, score, span } = fact;
    if (reference && features.length > 0) {
      const parts = features.map((column, i) => columnOf(column, reference.features[i]!.bins));
      if (this.features.length === 0) this.features = parts;
      else parts.forEach((part, i) => this.features[i]!.merge(part));
    }
    if (reference && score) {
      const part = columnOf(score, reference.score.bins);
      if (this.score) this.score.merge(part);
      else this.score = part;
    }
    this.circumstances = { model, task, profile, drift_threshold, maturity_ms };
    this.predictions += fact.predictions;
    this.decided += fact.decided;
    this.positives += fact.positives;
    for (const [route, rows] of Object.entries(fact.routes))
      this.routes[route] = (this.routes[route] ?? 0) + rows;
    this.extend(span);
    this.hasNews = true;
  }

  addPerformance({ performance }: MeasuredFact): void {
    const part = restorePerformance(performance);
    if (this.measured) mergePerformance(this.measured, part);
    else this.measured = part;
    this.hasNews = true;
    this.hasNewLabels = true;
  }

  reported(): number {
    this.hasNews = false;
    this.hasNewLabels = false;
    return ++this.revision;
  }

  private extend(span: Span): void {
    const key = `${span.topic}:${span.partition}`;
    const known = this.spans.get(key);
    const whole = known
      ? { ...known, from: Math.min(known.from, span.from), to: Math.max(known.to, span.to) }
      : span;
    this.spans.set(key, whole);
  }

  toJSON(): StoredWindow {
    const { watched, circumstances, features, score, measured, spans, routes } = this;
    const { predictions, decided, positives, revision, hasNews, hasNewLabels } = this;
    return {
      watched,
      circumstances,
      features: features.map(storeColumn),
      score: score && storeColumn(score),
      measured: measured && storePerformance(measured),
      spans: [...spans.values()],
      counts: { routes, predictions, decided, positives, revision, hasNews, hasNewLabels },
    };
  }

  static fromJSON(stored: StoredWindow): WatchedWindow {
    const window = new WatchedWindow(stored.watched);
    window.features = stored.features.map(restoreColumn);
    window.score = stored.score && restoreColumn(stored.score);
    window.circumstances = stored.circumstances;
    window.measured = stored.measured && restorePerformance(stored.measured);
    for (const span of stored.spans) window.extend(span);
    return Object.assign(window, stored.counts);
  }
}

type StoredColumn = readonly [Bins, WindowProfileData];

export interface StoredWindow {
  readonly watched: Watched;
  readonly circumstances?: Circumstances;
  readonly features: readonly StoredColumn[];
  readonly score: StoredColumn | null;
  readonly measured: StoredPerformance | null;
  readonly spans: readonly Span[];
  readonly counts: Pick<
    WatchedWindow,
    'routes' | 'predictions' | 'decided' | 'positives' | 'revision' | 'hasNews' | 'hasNewLabels'
  >;
}

export const watchedOf = ({ version, threshold, window }: ProfiledFact | MeasuredFact): Watched => ({
  version,
  threshold,
  window: windowOfFact(window),
});

export const windowOfFact = ({ start, end }: { start: string; end: string }): EventWindow => ({
  start: timestampMs(start),
  end: timestampMs(end),
});

const columnOf = (column: ColumnFact, bins: Bins): WindowProfile => WindowProfile.fromJSON(bins, column);

const storeColumn = (column: WindowProfile): StoredColumn => [column.bins, column.toJSON()];

const restoreColumn = ([bins, column]: StoredColumn): WindowProfile => WindowProfile.fromJSON(bins, column);
