/** The false-alarm rates that are stated, on streams without a change. */
import { Rng } from '#kernel';
import { compareColumn } from '../compare/column-drift';
import { profileReference } from '../profile/reference-profile';
import { WindowProfile } from '../profile/window-profile';
import { DETECTOR_NAMES, detectorOf, FALSE_ALARMS } from './detectors';

const LENGTH = 10_000;

it.each(DETECTOR_NAMES)('%s raises no more alarms than stated on errors that do not change', (name) => {
  for (const rate of [0.02, 0.1, 0.3]) {
    const streams = name === 'kswin' ? 1 : 6;
    let alarms = 0;
    for (let stream = 0; stream < streams; stream++) {
      const rng = new Rng(1_000 + stream);
      const detector = detectorOf(name, undefined, stream);
      for (let i = 0; i < LENGTH; i++) {
        detector.observe(rng.uniform() < rate ? 1 : 0);
        if (detector.driftDetected) alarms++;
      }
    }
    expect([rate, alarms / streams <= FALSE_ALARMS[name]]).toEqual([rate, true]);
  }
});

it('kswin raises up to 20 alarms in 10,000 numbers that are all different', () => {
  const rng = new Rng(9);
  const detector = detectorOf('kswin');
  let alarms = 0;
  for (let i = 0; i < LENGTH; i++) {
    detector.observe(rng.uniform());
    if (detector.driftDetected) alarms++;
  }
  expect(alarms).toBeGreaterThan(0);
  expect(alarms).toBeLessThanOrEqual(20);
});

/** At the fewest rows that a monitor judges, with ten thousand to learn from: at most one window of a feature in a thousand. */
it('a monitor with the default limit raises none in 800 windows of 200 rows without drift', () => {
  const rng = new Rng(5);
  const draw = (): number => {
    const u = rng.uniform();
    return u * u * u;
  };
  let alarms = 0;
  for (let r = 0; r < 4; r++) {
    const reference = profileReference([{ name: 'x', values: Array.from({ length: 10_000 }, draw) }], []);
    const [feature] = reference.features;
    for (let w = 0; w < 200; w++) {
      const window = WindowProfile.of(feature!.bins, Array.from({ length: 200 }, draw));
      if (compareColumn(feature!, window, { statistic: 'psi', threshold: 0.2 }).drifted) alarms++;
    }
  }
  expect(alarms).toBe(0);
});
