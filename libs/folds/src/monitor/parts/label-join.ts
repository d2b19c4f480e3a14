import { NO_WATERMARK, advanceWatermark, type Watermark } from '#kernel';
import { lastBoundary, windowAt } from '../event-window';
import { ErrorDetectors, type Detection, type StoredDetectors } from './error-detectors';
import { MeasuredPart, type StoredMeasuredPart } from './measured-part';
import type { MeasuredTask } from './performance-part';
import type { Passed } from './profile-state';
import {
  restoreTime,
  restoreWatermark,
  storeTime,
  storeWatermark,
  type StoredWatermark,
} from './stored-watermark';
import { TrialParts, type StoredTrialParts, type Trial } from './trial-parts';
import { WindowParts } from './window-parts';

export interface JoinedPrediction {
  /** Event time, epoch ms. */
  readonly time: number;
  readonly version: number;
  readonly threshold: number | null;
  readonly score: number | null;
  /** One of the two: windows of event time, or by count: then the part that it is in, and how many rows a part has. */
  readonly windowMs?: number;
  readonly chunk?: string;
  readonly chunkRows?: number;
  readonly maturityMs: number;
  readonly trial?: Trial;
  /** Value by field of those that are counted apart. */
  readonly slices?: Readonly<Record<string, string>>;
  /** Detectors that its error is for. */
  readonly detect?: readonly string[];
}

export interface JoinedLabel {
  readonly value: number | null;
  /** Epoch ms. */
  readonly knownAt: number;
  /** Its place on the label stream. */
  readonly partition: number;
  readonly offset: number;
}

/** What is known of one event; one of the two is there. */
interface Entry {
  prediction?: JoinedPrediction;
  label?: JoinedLabel;
  /** Its error was seen by the detectors: they cannot take one back, so a corrected label is not seen again. */
  detected?: true;
}

export interface JoinLimits {
  /** Kept so much longer than window and maturity, for labels that come late or are corrected. */
  readonly slackMs: number;
  /** Events kept in a partition; the oldest go first when there are more. */
  readonly entries: number;
}

export const JOIN_LIMITS: JoinLimits = { slackMs: 7 * 86_400_000, entries: 500_000 };

const JUMP_MS = 7 * 86_400_000;

/**
 * Joins predictions with labels by event, whichever comes first, and measures window by window of the prediction's event time. A window
 * is handed on when its labels are mature: when both the predictions and the labels have come so far in event time. What labels change
 * later (a correction takes the pair back and adds the new one) gathers and goes with the next window, or with the next tick.
 *
 * Memory is bounded: an event is forgotten when window, maturity and slack are over, or when there are too many.
 */
export class LabelJoin {
  private readonly entries = new Map<string, Entry>();
  private parts = new WindowParts<MeasuredPart>();
  private trials = new TrialParts();
  private predictions: Watermark = NO_WATERMARK;
  private labels: Watermark = NO_WATERMARK;
  private through = -Infinity;
  /** Of the newest prediction; 0 where windows go by count. */
  private windowMs = 0;
  private chunkRows = 0;
  private maturityMs = 0;
  /** Pairs counted by chunk since parts were handed on. */
  private pending = 0;
  private detectors = new ErrorDetectors();

  constructor(
    readonly task: MeasuredTask,
    private readonly limits: JoinLimits = JOIN_LIMITS,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  foldPrediction(eventId: string, prediction: JoinedPrediction): Passed<MeasuredPart> | undefined {
    const entry = this.entry(eventId);
    if (!entry.prediction) {
      entry.prediction = prediction;
      this.count(entry, 'observe');
      this.detect(eventId, entry);
    }
    this.predictions = advanceWatermark(this.predictions, prediction.time, JUMP_MS);
    this.windowMs = prediction.windowMs ?? 0;
    this.chunkRows = prediction.chunkRows ?? 0;
    this.maturityMs = prediction.maturityMs;
    return this.advance();
  }

  foldLabel(eventId: string, label: JoinedLabel): Passed<MeasuredPart> | undefined {
    const entry = this.entry(eventId);
    if (!entry.label || isLater(label, entry.label)) {
      this.count(entry, 'retract');
      entry.label = label;
      this.count(entry, 'observe');
      this.detect(eventId, entry);
    }
    this.labels = advanceWatermark(this.labels, label.knownAt, JUMP_MS);
    return this.advance();
  }

  /** Hands on what changed in windows that were passed before; nothing where nothing did. */
  tick(): Passed<MeasuredPart> | undefined {
    if (this.chunkRows > 0) this.through = Math.max(this.through, this.clock - this.maturityMs);
    const parts = this.takeParts(this.through);
    return parts.length === 0 ? undefined : { parts, through: this.through };
  }

  /** Which detectors fired since this was asked last. */
  takeDetections(): readonly Detection[] {
    return this.detectors.take();
  }

  /** What labels have said of rollouts and bandits since this was asked last; `offset` is that of the input which asks. */
  takeTrials(offset: number): ReturnType<TrialParts['take']> {
    return this.trials.take(offset + 1);
  }

  private entry(eventId: string): Entry {
    let entry = this.entries.get(eventId);
    if (!entry) {
      this.entries.set(eventId, (entry = {}));
      if (this.entries.size > this.limits.entries) this.entries.delete(this.entries.keys().next().value!);
    }
    return entry;
  }

  private count({ prediction, label }: Entry, change: 'observe' | 'retract'): void {
    if (!prediction || !label || label.value === null) return;
    const { version, threshold, time, windowMs, chunk, score, trial, slices } = prediction;
    const watched =
      chunk === undefined
        ? { version, threshold, window: windowAt(time, windowMs ?? 1) }
        : { version, threshold, window: { start: time, end: time + 1 }, chunk };
    if (chunk !== undefined) this.pending++;
    const part = this.parts.of(watched, () => new MeasuredPart(watched, this.task));
    part.count(time, score, label.value, change, slices);
    if (trial && this.task === 'binary')
      this.trials.count({ ...trial, version, threshold }, score, label.value, change);
  }

  /** Of what was only tried the limits of its rollout say more. */
  private detect(eventId: string, entry: Entry): void {
    const { prediction, label } = entry;
    if (!prediction?.detect || !label || label.value === null || entry.detected) return;
    if (prediction.trial && prediction.trial.route !== 'champion') return;
    entry.detected = true;
    this.detectors.observe(eventId, prediction, label.value, this.task);
  }

  /** Both inputs have come so far in event time. */
  private get clock(): number {
    return Math.min(this.predictions.time, this.labels.time);
  }

  private advance(): Passed<MeasuredPart> | undefined {
    const { clock, windowMs, maturityMs } = this;
    if (clock === -Infinity) return undefined;
    if (windowMs === 0) return this.advanceByCount();
    const through = lastBoundary(clock - maturityMs, windowMs);
    if (through <= this.through) return undefined;
    this.through = through;
    this.forget(clock - maturityMs - windowMs - this.limits.slackMs);
    return { parts: this.takeParts(through), through };
  }

  /** Windows by count have no boundaries to wait for: mature parts go when so many pairs have come that they fill one. */
  private advanceByCount(): Passed<MeasuredPart> | undefined {
    if (this.chunkRows === 0 || this.pending < this.chunkRows) return undefined;
    this.through = Math.max(this.through, this.clock - this.maturityMs);
    this.forget(this.clock - this.maturityMs - this.limits.slackMs);
    return { parts: this.takeParts(this.through), through: this.through };
  }

  private takeParts(through: number): MeasuredPart[] {
    this.pending = 0;
    return this.parts.takeThrough(through);
  }

  private forget(before: number): void {
    for (const [eventId, { prediction, label }] of this.entries) {
      if ((prediction?.time ?? label!.knownAt) < before) this.entries.delete(eventId);
    }
  }

  encode(): string {
    const stored: StoredJoin = {
      entries: [...this.entries],
      parts: this.parts.all().map((part) => part.toJSON()),
      trials: this.trials.toJSON(),
      predictions: storeWatermark(this.predictions),
      labels: storeWatermark(this.labels),
      through: storeTime(this.through),
      windowMs: this.windowMs,
      chunkRows: this.chunkRows,
      maturityMs: this.maturityMs,
      pending: this.pending,
      detectors: this.detectors.toJSON(),
    };
    return JSON.stringify(stored);
  }

  static decode(text: string, task: MeasuredTask, limits: JoinLimits = JOIN_LIMITS): LabelJoin {
    const stored = JSON.parse(text) as StoredJoin;
    const join = new LabelJoin(task, limits);
    for (const [eventId, entry] of stored.entries) join.entries.set(eventId, entry);
    join.parts = WindowParts.from(stored.parts.map((part) => MeasuredPart.fromJSON(part, task)));
    if (stored.trials) join.trials = TrialParts.fromJSON(stored.trials);
    join.predictions = restoreWatermark(stored.predictions);
    join.labels = restoreWatermark(stored.labels);
    join.through = restoreTime(stored.through);
    join.windowMs = stored.windowMs;
    join.chunkRows = stored.chunkRows ?? 0;
    join.maturityMs = stored.maturityMs;
    join.pending = stored.pending ?? 0;
    if (stored.detectors) join.detectors = ErrorDetectors.fromJSON(stored.detectors);
    return join;
  }
}

/** The latest assertion by position wins; between partitions of the label stream, the one known last. */
const isLater = (label: JoinedLabel, other: JoinedLabel): boolean =>
  label.partition === other.partition
    ? label.offset > other.offset
    : label.knownAt > other.knownAt || (label.knownAt === other.knownAt && label.partition > other.partition);

interface StoredJoin {
  readonly entries: readonly (readonly [string, Entry])[];
  readonly parts: readonly StoredMeasuredPart[];
  readonly trials?: StoredTrialParts;
  readonly predictions: StoredWatermark;
  readonly labels: StoredWatermark;
  readonly through: number | null;
  readonly windowMs: number;
  readonly chunkRows?: number;
  readonly maturityMs: number;
  readonly pending?: number;
  readonly detectors?: StoredDetectors;
}
