import { NO_WATERMARK, Refused, advanceWatermark, type Watermark } from '#kernel';
import { MAX_FLOAT32 } from '../data-set';
import { beginOnline, restoreOnline } from './learner';
import type { OnlineLearner, OnlineSettings } from './online-learner';
import { ProgressiveMeasure, type ProgressiveReport, type Said } from './progressive';

export interface StreamLimits {
  /** How long a vector waits for its label, in ms of event time; a label that comes first waits as long for its vector. */
  readonly waitMs: number;
  /** Vectors, and labels, that wait at most; the oldest go first when there are more. */
  readonly waiting: number;
  /** Judged predictions that are kept, the latest: what metrics and the reference profile are made from. */
  readonly window: number;
}

export const STREAM_LIMITS: Omit<StreamLimits, 'waitMs'> = { waiting: 500_000, window: 5_000 };

/** An event far ahead of the others moves the clock only when a second one confirms it. */
const JUMP_MS = 7 * 86_400_000;

/** A prediction whose label came. */
export interface Judged {
  /** Event time, epoch ms. */
  readonly time: number;
  readonly x: Float32Array;
  readonly probabilities: Float64Array;
  readonly label: number;
  /** Whether it had learned from any label when it said so. */
  readonly isTaught: boolean;
}

interface Waiting {
  readonly time: number;
  readonly x: Float32Array;
  readonly said: Said;
  readonly isTaught: boolean;
}

interface EarlyLabel {
  /** Event time of the label. */
  readonly time: number;
  readonly label: number;
}

/**
 * A learner over vectors and labels in one order: predicts each vector when it comes, keeps it until its label comes, judges the prediction and
 * learns. An event is learned from once: a label that is corrected later changes nothing. Memory is bounded.
 */
export class StreamLearner {
  private readonly waiting = new Map<string, Waiting>();
  private readonly early = new Map<string, EarlyLabel>();
  private clock: Watermark = NO_WATERMARK;

  private constructor(
    readonly learner: OnlineLearner,
    private readonly measure: ProgressiveMeasure,
    /** The latest judged predictions, oldest first. */
    private readonly judged: Judged[],
    private readonly limits: StreamLimits,
  ) {}

  static begin(settings: OnlineSettings, limits: StreamLimits): StreamLearner {
    return new StreamLearner(beginOnline(settings), new ProgressiveMeasure(settings.classes), [], limits);
  }

  /** Event time, epoch ms; -Infinity before the first vector. */
  get time(): number {
    return this.clock.time;
  }

  get sizes(): { readonly waiting: number; readonly early: number; readonly window: number } {
    return { waiting: this.waiting.size, early: this.early.size, window: this.judged.length };
  }

  report(): ProgressiveReport | null {
    return this.measure.report();
  }

  /** The latest judged predictions, oldest first; those from before the first label only where there are no others. */
  window(): readonly Judged[] {
    const taught = this.judged.filter(({ isTaught }) => isTaught);
    return taught.length > 0 ? taught : this.judged;
  }

  foldVector(eventId: string, time: number, values: ArrayLike<number>): void {
    this.clock = advanceWatermark(this.clock, time, JUMP_MS);
    const x = Float32Array.from(values, bounded);
    const said = this.measure.say(this.learner.predictOne(x));
    const arrived = { time, x, said, isTaught: this.learner.seen > 0 };
    const early = this.early.get(eventId);
    if (early) {
      this.early.delete(eventId);
      this.learn(arrived, early.label);
    } else keep(this.waiting, eventId, arrived, this.limits.waiting);
    this.forget();
  }

  /**
   * `time`: event time of the label. `null` withdraws one that came before its vector.
   * @throws Refused PLAYHEAD_LEARN_INVALID when the label is no class; nothing is changed.
   */
  foldLabel(eventId: string, time: number, label: number | null): void {
    if (label !== null) this.refuseOdd(label);
    const waiting = this.waiting.get(eventId);
    if (waiting && label !== null) {
      this.waiting.delete(eventId);
      this.learn(waiting, label);
    } else if (!waiting && label !== null) keep(this.early, eventId, { time, label }, this.limits.waiting);
    else this.early.delete(eventId);
  }

  private learn({ time, x, said, isTaught }: Waiting, label: number): void {
    this.measure.judge(said, label);
    this.judged.push({ time, x, probabilities: said.probabilities as Float64Array, label, isTaught });
    if (this.judged.length > this.limits.window) this.judged.shift();
    this.learner.learnOne(x, label);
  }

  private refuseOdd(label: number): void {
    const { classes } = this.learner.settings;
    if (Number.isInteger(label) && label >= 0 && label < classes) return;
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `the label ${label} is none of the classes 0 to ${classes - 1}`,
    );
  }

  /** The first ones came first: whatever waited too long stands at the front, but for what came out of order. */
  private forget(): void {
    const before = this.clock.time - this.limits.waitMs;
    for (const map of [this.waiting, this.early] as const)
      for (const [eventId, { time }] of map) {
        if (time >= before) break;
        map.delete(eventId);
      }
  }

  /** What a model is made of: the learner, how good it was, and what it was judged by. Equal states give equal bytes. */
  encodeModel(): Uint8Array {
    return textBytes(this.storedModel());
  }

  /** All of it. */
  encode(): Uint8Array {
    const stored: StoredStream = {
      ...this.storedModel(),
      waiting: [...this.waiting].map(([eventId, { time, x, said, isTaught }]) => [
        eventId,
        time,
        numbersOf(x),
        numbersOf(said.probabilities),
        said.noChange,
        isTaught ? 1 : 0,
      ]),
      early: [...this.early].map(([eventId, { time, label }]) => [eventId, time, label]),
      clock: { ...this.clock, time: finite(this.clock.time) },
    };
    return textBytes(stored);
  }

  static decode(bytes: Uint8Array, limits: StreamLimits): StreamLearner {
    const stored = JSON.parse(new TextDecoder().decode(bytes)) as StoredStream;
    const stream = restoredModel(stored, limits, (...parts) => new StreamLearner(...parts));
    for (const [eventId, time, x, probabilities, noChange, taught] of stored.waiting ?? [])
      stream.waiting.set(eventId, {
        time,
        x: Float32Array.from(x, missing),
        said: { probabilities: Float64Array.from(probabilities, missing), noChange },
        isTaught: taught === 1,
      });
    for (const [eventId, time, label] of stored.early ?? []) stream.early.set(eventId, { time, label });
    if (stored.clock) stream.clock = { ...stored.clock, time: stored.clock.time ?? -Infinity };
    return stream;
  }

  private storedModel(): StoredModel {
    const measure: number[] = [];
    this.measure.write((...numbers) => measure.push(...numbers));
    return {
      learner: toHex(this.learner.state()),
      measure,
      window: this.judged.map(({ time, x, probabilities, label, isTaught }) => [
        time,
        numbersOf(x),
        numbersOf(probabilities),
        label,
        isTaught ? 1 : 0,
      ]),
    };
  }
}

type Numbers = readonly (number | null)[];

interface StoredModel {
  /** Hexadecimal. */
  readonly learner: string;
  readonly measure: readonly number[];
  readonly window: readonly (readonly [
    time: number,
    x: Numbers,
    probabilities: Numbers,
    label: number,
    taught: number,
  ])[];
}

interface StoredStream extends StoredModel {
  readonly waiting?: readonly (readonly [string, number, Numbers, Numbers, number, number])[];
  readonly early?: readonly (readonly [string, number, number])[];
  readonly clock?: Omit<Watermark, 'time'> & { readonly time: number | null };
}

const restoredModel = <T>(
  { learner: state, measure: numbers, window }: StoredModel,
  limits: StreamLimits,
  make: (learner: OnlineLearner, measure: ProgressiveMeasure, judged: Judged[], limits: StreamLimits) => T,
): T => {
  const learner = restoreOnline(fromHex(state));
  const measure = new ProgressiveMeasure(learner.settings.classes);
  let next = 0;
  measure.read(() => numbers[next++]!);
  const judged = window.map(([time, x, probabilities, label, taught]) => ({
    time,
    x: Float32Array.from(x, missing),
    probabilities: Float64Array.from(probabilities, missing),
    label,
    isTaught: taught === 1,
  }));
  return make(learner, measure, judged, limits);
};

const keep = <T>(map: Map<string, T>, key: string, value: T, most: number): void => {
  // Behind all others, also where it was there before.
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
};

/** As the learner takes it; JSON has no infinity. */
const bounded = (value: number): number =>
  value > MAX_FLOAT32 ? MAX_FLOAT32 : value < -MAX_FLOAT32 ? -MAX_FLOAT32 : value;

/** JSON has no NaN. */
const numbersOf = (values: ArrayLike<number>): Numbers => Array.from(values, finite);
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const missing = (value: number | null): number => value ?? NaN;

const textBytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const toHex = (bytes: Uint8Array): string => {
  const parts: string[] = [];
  for (const byte of bytes) parts.push(HEX[byte]!);
  return parts.join('');
};

const fromHex = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
