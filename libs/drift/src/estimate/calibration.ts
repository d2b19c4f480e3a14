import { Rng } from '#kernel';
import { fitIsotonic, isotonicAt, type Isotonic } from './isotonic';

/** From the scores of a binary model to probabilities, learned from the hold-out. */
export interface CalibrationProfile extends Isotonic {
  /** Whether the isotonic function tells the truth better than the scores do; else scores are taken as they are. */
  readonly needed: boolean;
  /** Expected calibration error of rows that were held back, as scored and through the function; null where nothing was held back. */
  readonly before: number | null;
  readonly after: number | null;
}

const SPLITS = 10;
const HELD_BACK = 0.1;
const BINS = 10;
const SEED = 42;
/** Scores that order nearly all rows rightly are left as they are. */
const PERFECT = 0.999;

/**
 * NannyML 0.13.1's rule, as its code has it: ten times a stratified tenth of the rows is held back, the function is learned from the
 * rest, the rows held back are pooled, and calibration is needed where their one expected calibration error (ten bins of equally many
 * rows) falls. Not needed for one class, for fewer than 20 rows, or with an area under the ROC curve above 0.999. The tenths are drawn by our own seeded
 * generator: where the two errors are nearly equal NannyML may decide otherwise. The function kept is learned from all rows.
 */
export const calibrate = (scores: ArrayLike<number>, labels: ArrayLike<number>): CalibrationProfile => {
  // By score, so that what is learned ten times need not be sorted ten times.
  const rows = Uint32Array.from({ length: scores.length }, (_, row) => row)
    .filter((row) => scores[row]! >= 0 && scores[row]! <= 1)
    .sort((a, b) => scores[a]! - scores[b]! || a - b);
  const classes = [0, 1].map((label) => rows.filter((row) => labels[row] === label));
  const [negatives, positives] = classes as [Uint32Array, Uint32Array];
  if (negatives.length === 0 || positives.length === 0)
    return { x: [], y: [], needed: false, before: null, after: null };
  const whole = fitRows(scores, labels, rows);
  if (rows.length < 2 * BINS || isPerfect(scores, negatives, positives))
    return { ...whole, needed: false, before: null, after: null };
  const rng = new Rng(SEED);
  const pooled: { label: number; score: number; calibrated: number }[] = [];
  for (let split = 0; split < SPLITS; split++) {
    const held = classes.map((members) => draw(members, rng));
    const isHeld = new Uint8Array(scores.length);
    for (const row of held.flatMap((drawn) => [...drawn])) isHeld[row] = 1;
    const learned = fitRows(
      scores,
      labels,
      rows.filter((row) => !isHeld[row]),
    );
    for (const row of rows.filter((each) => isHeld[each]))
      pooled.push({
        label: labels[row]!,
        score: scores[row]!,
        calibrated: isotonicAt(learned, scores[row]!),
      });
  }
  const errorBy = (probability: 'score' | 'calibrated'): number =>
    calibrationError(
      pooled.map((each) => each[probability]),
      pooled.map(({ label }) => label),
    );
  const [before, after] = [errorBy('score'), errorBy('calibrated')];
  return { ...whole, needed: before > after, before, after };
};

/** The probability that a score stands for. */
export const calibrated = (calibration: CalibrationProfile | undefined, score: number): number =>
  calibration?.needed ? isotonicAt(calibration, score) : score;

/**
 * The mean distance of probability and share of positives over ten bins of equally many rows, by rows; fewer bins for up to 20 rows. What is
 * left when rows are not divisible by ten makes further bins, as in NannyML.
 */
export const calibrationError = (probabilities: ArrayLike<number>, labels: ArrayLike<number>): number => {
  const rows = probabilities.length;
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  order.sort((a, b) => probabilities[a]! - probabilities[b]! || a - b);
  const width = Math.floor(rows / (rows <= 2 * BINS ? Math.floor(rows / 2) : BINS));
  const edges = Math.floor(rows / width);
  let error = 0;
  for (let bin = 0; bin < edges; bin++) {
    const members = order.subarray(bin * width, bin === edges - 1 ? rows : (bin + 1) * width);
    let [probability, positives] = [0, 0];
    for (const row of members) {
      probability += probabilities[row]!;
      positives += labels[row]!;
    }
    error += Math.abs(probability - positives) / rows;
  }
  return error;
};

const fitRows = (scores: ArrayLike<number>, labels: ArrayLike<number>, rows: Uint32Array): Isotonic =>
  fitIsotonic(
    Float64Array.from(rows, (row) => scores[row]!),
    Float64Array.from(rows, (row) => labels[row]!),
  );

/** A tenth of the rows, one at least. */
const draw = (rows: Uint32Array, rng: Rng): Uint32Array => {
  const left = rows.slice();
  const wanted = Math.max(1, Math.round(rows.length * HELD_BACK));
  for (let i = 0; i < wanted; i++) {
    const at = i + rng.below(left.length - i);
    [left[i], left[at]] = [left[at]!, left[i]!];
  }
  return left.subarray(0, wanted);
};

const isPerfect = (scores: ArrayLike<number>, negatives: Uint32Array, positives: Uint32Array): boolean => {
  const below = Float64Array.from(negatives, (row) => scores[row]!).sort();
  let wins = 0;
  for (const row of positives) wins += (countBelow(below, scores[row]!) + countUpTo(below, scores[row]!)) / 2;
  return wins / negatives.length / positives.length > PERFECT;
};

const count = (sorted: Float64Array, isBelow: (value: number) => boolean): number => {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
};
const countBelow = (sorted: Float64Array, score: number): number => count(sorted, (value) => value < score);
const countUpTo = (sorted: Float64Array, score: number): number => count(sorted, (value) => value <= score);
