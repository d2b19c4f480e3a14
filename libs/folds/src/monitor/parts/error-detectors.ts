import { DETECTORS, detectorOf, type Detector, type DetectorName } from '#drift';
import { Defect } from '#kernel';
import type { EventWindow } from '../event-window';
import type { MeasuredTask } from './performance-part';

/** A prediction whose label has come. */
export interface AnsweredPrediction {
  /** Event time, epoch ms. */
  readonly time: number;
  readonly version: number;
  readonly threshold: number | null;
  readonly score: number | null;
  readonly detect?: readonly string[];
}

/** A detector fired: the mean of the errors has changed. */
export interface Detection {
  readonly eventId: string;
  /** Event time of the prediction, epoch ms. */
  readonly time: number;
  readonly version: number;
  readonly detector: string;
  /** Event time of the errors that it had seen, and how many, and their mean. */
  readonly window: EventWindow;
  readonly errors: number;
  readonly mean: number;
  /** Of the last ones. */
  readonly recent: number;
}

interface Watching {
  readonly detector: Detector;
  start: number;
  end: number;
  errors: number;
  total: number;
}

interface VersionErrors {
  readonly detectors: Map<string, Watching>;
  /** The last errors, the oldest first. */
  readonly recent: number[];
}

type StoredWatching = Pick<Watching, 'start' | 'end' | 'errors' | 'total'> & {
  readonly state: readonly number[];
};

export type StoredDetectors = readonly (readonly [
  version: number,
  { readonly detectors: readonly (readonly [string, StoredWatching])[]; readonly recent: readonly number[] },
])[];

/** Labels come late: a version that was replaced still gets some. Of more the oldest is forgotten. */
const KEPT_VERSIONS = 4;
const RECENT = 100;

/** They count errors: an amount means nothing to them. */
const OF_DECISIONS: readonly string[] = ['ddm', 'eddm', 'hddm_a', 'hddm_w'];

/** Of larger ones, which no measure of a window counts either, the sums and squares of detectors would be no numbers that JSON knows. */
const LARGEST_ERROR = 2 ** 450;

const NOTHING: readonly Detection[] = [];
/** Decisions where a deployment has no threshold of its own. */
const DEFAULT_THRESHOLD = 0.5;

/**
 * Detectors on the errors of labelled predictions, in the order in which pairs become complete: a wrong decision is 1, a right one 0, and of
 * a regression the error is its amount. Each version has its own, since each has its own errors.
 */
export class ErrorDetectors {
  private readonly versions = new Map<number, VersionErrors>();
  private fired: Detection[] = [];

  observe(eventId: string, prediction: AnsweredPrediction, label: number, task: MeasuredTask): void {
    const { version, time, score, detect = [] } = prediction;
    const error = errorOf(prediction, label, task);
    if (score === null || error === undefined) return;
    const { detectors, recent } = this.of(version);
    recent.push(error);
    if (recent.length > RECENT) recent.shift();
    for (const name of detect) {
      if (task === 'regression' && OF_DECISIONS.includes(name)) continue;
      let watching = detectors.get(name);
      if (!watching) detectors.set(name, (watching = begin(name, time)));
      watching.errors++;
      watching.total += error;
      watching.start = Math.min(watching.start, time);
      watching.end = Math.max(watching.end, time + 1);
      watching.detector.observe(error);
      if (!watching.detector.driftDetected) continue;
      this.fired.push(detectionOf(eventId, prediction, name, watching, recent));
      // Every detector begins anew with the next error; so does what is said of it.
      Object.assign(watching, { start: Infinity, end: -Infinity, errors: 0, total: 0 });
    }
  }

  /** What fired since this was asked last. */
  take(): readonly Detection[] {
    if (this.fired.length === 0) return NOTHING;
    const fired = this.fired;
    this.fired = [];
    return fired;
  }

  toJSON(): StoredDetectors {
    return [...this.versions].map(([version, { detectors, recent }]) => [
      version,
      { detectors: [...detectors].map(([name, watching]) => [name, storeWatching(watching)]), recent },
    ]);
  }

  static fromJSON(stored: StoredDetectors): ErrorDetectors {
    const restored = new ErrorDetectors();
    for (const [version, { detectors, recent }] of stored) {
      const watched = detectors.map(([name, each]) => [name, restoreWatching(name, each)] as const);
      restored.versions.set(version, { detectors: new Map(watched), recent: [...recent] });
    }
    return restored;
  }

  private of(version: number): VersionErrors {
    let errors = this.versions.get(version);
    if (errors) return errors;
    this.versions.set(version, (errors = { detectors: new Map(), recent: [] }));
    if (this.versions.size > KEPT_VERSIONS) this.versions.delete(this.versions.keys().next().value!);
    return errors;
  }
}

const errorOf = (
  { score, threshold }: AnsweredPrediction,
  label: number,
  task: MeasuredTask,
): number | undefined => {
  if (score === null) return undefined;
  if (task === 'binary') return score >= (threshold ?? DEFAULT_THRESHOLD) === (label === 1) ? 0 : 1;
  const error = Math.abs(score - label);
  return error <= LARGEST_ERROR ? error : undefined;
};

const begin = (name: string, time: number): Watching => ({
  detector: detectorNamed(name),
  start: time,
  end: time + 1,
  errors: 0,
  total: 0,
});

const detectorNamed = (name: string, state?: readonly number[]): Detector => {
  if (!Object.hasOwn(DETECTORS, name)) throw new Defect(`no detector is called ${name}`);
  return detectorOf(name as DetectorName, state);
};

const detectionOf = (
  eventId: string,
  { time, version }: AnsweredPrediction,
  detector: string,
  { start, end, errors, total }: Watching,
  recent: readonly number[],
): Detection => {
  const last = recent.slice(-errors);
  return {
    eventId,
    time,
    version,
    detector,
    window: { start, end },
    errors,
    mean: total / errors,
    recent: last.reduce((sum, error) => sum + error, 0) / last.length,
  };
};

const storeWatching = ({ detector, start, end, errors, total }: Watching): StoredWatching => ({
  start: errors === 0 ? 0 : start,
  end: errors === 0 ? 0 : end,
  errors,
  total,
  state: detector.toJSON(),
});

const restoreWatching = (name: string, { state, start, end, errors, total }: StoredWatching): Watching => {
  const detector = detectorNamed(name, state);
  return errors === 0
    ? { detector, start: Infinity, end: -Infinity, errors, total }
    : { detector, start, end, errors, total };
};
