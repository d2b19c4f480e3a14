import type { EventOf, WindowMeasured, WindowProfiled } from '#contracts';
import { WindowProfile, type Bins, type ReferenceProfile, type WindowProfileData } from '#drift';
import { ExactMoments, timestampMs } from '#kernel';
import type { EventWindow, Watched } from '../event-window';
import {
  mergePerformance,
  restorePerformance,
  storePerformance,
  type Performance,
  type StoredPerformance,
} from '../parts/performance-part';
import { EstimatePart, type StoredEstimate } from '../parts/estimate-part';
import { RepeatedRows, type StoredRepeats } from '../parts/repeated-rows';
import { watchedFeatures } from '../watch';
import { WindowSlices, type StoredWindowSlices } from './window-slices';

export type ProfiledFact = EventOf<typeof WindowProfiled>;
export type MeasuredFact = EventOf<typeof WindowMeasured>;
export type Span = ProfiledFact['span'];
type ColumnFact = ProfiledFact['features'][number];

/** What a part says beside its counts; that of the newest part holds. */
export type Circumstances = Pick<ProfiledFact, 'model' | 'task' | 'profile' | 'monitor' | 'maturity_ms'>;

/** What all parts of one window add up to. */
export class WatchedWindow {
  private circumstances: Circumstances | undefined;
  private readonly columnsByName = new Map<string, WindowProfile>();
  private scores: WindowProfile | null = null;
  private errors: ExactMoments | undefined;
  private repeated: RepeatedRows | undefined;
  private estimated: EstimatePart | undefined;
  private measured: Performance | null = null;
  private slicesBy = new WindowSlices();
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
  hasNewRows = false;
  /** Of windows by count: whether no more rows are taken in. */
  isClosed = false;
  /** Of windows by count: its parts. */
  readonly chunks: string[] = [];

  constructor(public watched: Watched) {}

  /** Undefined as long as only labels have come. */
  get about(): Circumstances | undefined {
    return this.circumstances;
  }
  /** By feature, those that are watched. */
  get features(): ReadonlyMap<string, WindowProfile> {
    return this.columnsByName;
  }
  get score(): WindowProfile | null {
    return this.scores;
  }
  /** Errors of reconstruction; undefined where nobody asked. */
  get reconstruction(): ExactMoments | undefined {
    return this.errors;
  }
  get repeats(): RepeatedRows | undefined {
    return this.repeated;
  }
  /** Performance to be expected; undefined where nobody asked. */
  get estimate(): EstimatePart | undefined {
    return this.estimated;
  }
  get performance(): Performance | null {
    return this.measured;
  }
  get slices(): WindowSlices {
    return this.slicesBy;
  }
  get sources(): Span[] {
    return [...this.spans.values()].sort((a, b) => a.partition - b.partition);
  }

  addProfile(fact: ProfiledFact, reference: ReferenceProfile | undefined): void {
    const { model, task, profile, monitor, maturity_ms, features, score, span } = fact;
    if (reference && features.length > 0) this.addColumns(features, reference, monitor);
    if (reference && score) {
      const part = columnOf(score, reference.score.bins);
      if (this.scores) this.scores.merge(part);
      else this.scores = part;
    }
    if (fact.reconstruction) {
      const { rows: count, sum, squares } = fact.reconstruction;
      (this.errors ??= new ExactMoments()).merge(ExactMoments.fromParts({ count, sum, squares }));
    }
    if (fact.repeats) (this.repeated ??= new RepeatedRows()).merge(RepeatedRows.fromJSON(fact.repeats));
    if (fact.estimate && reference && monitor?.estimate) {
      // Its contract is that of libs/drift, which checks what it reads.
      const estimate = fact.estimate as unknown as StoredEstimate;
      (this.estimated ??= new EstimatePart(monitor.estimate)).merge(estimate, reference);
    }
    this.slicesBy.addCounts(fact.slices ?? []);
    this.circumstances = { model, task, profile, maturity_ms, ...(monitor && { monitor }) };
    this.predictions += fact.predictions;
    this.decided += fact.decided;
    this.positives += fact.positives;
    for (const [route, rows] of Object.entries(fact.routes))
      this.routes[route] = (this.routes[route] ?? 0) + rows;
    this.extend(span);
    this.hasNews = true;
    this.hasNewRows = true;
  }

  addPerformance({ performance, slices = [] }: Pick<MeasuredFact, 'performance' | 'slices'>): void {
    const part = restorePerformance(performance);
    if (this.measured) mergePerformance(this.measured, part);
    else this.measured = part;
    this.slicesBy.addPerformance(slices);
    this.hasNews = true;
    this.hasNewLabels = true;
  }

  reported(): number {
    this.hasNews = false;
    this.hasNewLabels = false;
    this.hasNewRows = false;
    return ++this.revision;
  }

  private addColumns(
    columns: readonly ColumnFact[],
    reference: ReferenceProfile,
    monitor: Circumstances['monitor'],
  ): void {
    const names = reference.features.map(({ name }) => name);
    watchedFeatures(names, monitor).forEach((index, i) => {
      const part = columnOf(columns[i]!, reference.features[index]!.bins);
      const known = this.columnsByName.get(names[index]!);
      if (known) known.merge(part);
      else this.columnsByName.set(names[index]!, part);
    });
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
    const { watched, circumstances, columnsByName, scores, errors, repeated, measured, spans, routes } = this;
    const { predictions, decided, positives, revision, hasNews, hasNewLabels, hasNewRows, isClosed } = this;
    const estimate = this.estimated?.toJSON();
    return {
      watched,
      circumstances,
      features: [...columnsByName].map(([name, column]) => [name, ...storeColumn(column)]),
      score: scores && storeColumn(scores),
      ...(errors && { errors: errors.parts() }),
      ...(repeated && { repeated: repeated.toJSON() }),
      ...(estimate && { estimate }),
      measured: measured && storePerformance(measured),
      slices: this.slicesBy.toJSON(),
      spans: [...spans.values()],
      chunks: this.chunks,
      counts: {
        routes,
        predictions,
        decided,
        positives,
        revision,
        hasNews,
        hasNewLabels,
        hasNewRows,
        isClosed,
      },
    };
  }

  static fromJSON(stored: StoredWindow): WatchedWindow {
    const window = new WatchedWindow(stored.watched);
    for (const [name, bins, column] of stored.features)
      window.columnsByName.set(name, restoreColumn([bins, column]));
    window.scores = stored.score && restoreColumn(stored.score);
    window.circumstances = stored.circumstances;
    window.errors = stored.errors && ExactMoments.fromParts(stored.errors);
    window.repeated = stored.repeated && RepeatedRows.fromJSON(stored.repeated);
    window.estimated = stored.estimate && new EstimatePart(stored.estimate.method, stored.estimate);
    window.measured = stored.measured && restorePerformance(stored.measured);
    window.slicesBy = WindowSlices.fromJSON(stored.slices);
    for (const span of stored.spans) window.extend(span);
    window.chunks.push(...stored.chunks);
    return Object.assign(window, stored.counts);
  }
}

type StoredColumn = readonly [Bins, WindowProfileData];

export interface StoredWindow {
  readonly watched: Watched;
  readonly circumstances?: Circumstances;
  readonly features: readonly (readonly [name: string, ...StoredColumn])[];
  readonly score: StoredColumn | null;
  readonly errors?: ReturnType<ExactMoments['parts']>;
  readonly repeated?: StoredRepeats;
  readonly estimate?: StoredEstimate;
  readonly measured: StoredPerformance | null;
  readonly slices: StoredWindowSlices;
  readonly spans: readonly Span[];
  readonly chunks: readonly string[];
  readonly counts: Pick<
    WatchedWindow,
    | 'routes'
    | 'predictions'
    | 'decided'
    | 'positives'
    | 'revision'
    | 'hasNews'
    | 'hasNewLabels'
    | 'hasNewRows'
    | 'isClosed'
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
