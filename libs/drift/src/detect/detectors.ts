import { Adwin } from './adwin';
import { Ddm } from './ddm';
import type { Detector } from './detector';
import { Eddm } from './eddm';
import { HddmA } from './hddm-a';
import { HddmW } from './hddm-w';
import { Kswin } from './kswin';
import { PageHinkley } from './page-hinkley';

/** Every detector by the name that monitors use, each with River's defaults; `seed` is of those that draw. */
export const DETECTORS = {
  adwin: () => new Adwin(),
  page_hinkley: () => new PageHinkley(),
  kswin: (seed) => new Kswin({ seed }),
  ddm: () => new Ddm(),
  eddm: () => new Eddm(),
  hddm_a: () => new HddmA(),
  hddm_w: () => new HddmW(),
} as const satisfies Record<string, (seed?: number) => Detector>;

export type DetectorName = keyof typeof DETECTORS;
export const DETECTOR_NAMES = Object.keys(DETECTORS) as DetectorName[];

/**
 * The stated false-alarm rate: on errors that do not change (independent, of a rate between 2 and 30 %) a detector raises on average at most so
 * many alarms in 10,000 values. Measured on seeded streams (`false-alarms.spec.ts`). Of KSWIN's the rate on numbers that are all different is
 * 20. Errors that come in runs, as those of neighbouring events do, raise more.
 */
export const FALSE_ALARMS: Readonly<Record<DetectorName, number>> = {
  adwin: 0.2,
  page_hinkley: 1,
  kswin: 3,
  ddm: 4,
  eddm: 25,
  hddm_a: 1,
  hddm_w: 6,
};

/** A detector at its beginning, or going on from a state that `toJSON` of one of its name gave. */
export const detectorOf = (name: DetectorName, state?: readonly number[], seed?: number): Detector => {
  const detector: Detector = DETECTORS[name](seed);
  if (state) detector.restore(state);
  return detector;
};
