import { DriftDetected, decodeEvent, encodeEvent } from '#contracts';
import { DETECTOR_NAMES } from '#drift';
import { ErrorDetectors, type Detection } from './error-detectors';

const LABEL = 0;

/** Runs of small errors and of `large` ones. */
const fold = (large: number, step: (detectors: ErrorDetectors, i: number) => ErrorDetectors): Detection[] => {
  let detectors = new ErrorDetectors();
  const detect = DETECTOR_NAMES;
  return Array.from({ length: 600 }, (_, i) => {
    const score = i % 40 < 20 ? i % 3 : large;
    const prediction = { time: i * 1_000, version: 1, threshold: null, score, detect };
    detectors.observe(`e${i}`, prediction, LABEL, 'regression');
    const fired = detectors.take();
    detectors = step(detectors, i);
    return fired;
  }).flat();
};

const restarted = (detectors: ErrorDetectors): ErrorDetectors =>
  ErrorDetectors.fromJSON(JSON.parse(JSON.stringify(detectors)) as ReturnType<ErrorDetectors['toJSON']>);

it.each([50, 1e135, 1e136, 1e200, 1.7e308])(
  'says numbers of errors of %p, and the same after a restart',
  (large) => {
    const fired = fold(large, (detectors) => detectors);
    expect(fold(large, (detectors, i) => (i % 7 === 0 ? restarted(detectors) : detectors))).toEqual(fired);
    for (const { mean, recent } of fired) {
      const told = encodeEvent(DriftDetected, { ...DriftDetected.sample, mean, recent });
      expect(decodeEvent(DriftDetected, told)).toMatchObject({ mean, recent });
    }
  },
);

it('goes on with errors of amounts that can be added up', () => {
  expect(fold(50, (detectors) => detectors)).not.toEqual([]);
});
