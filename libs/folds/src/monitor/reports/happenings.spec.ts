import { DriftDetected, WindowReported, type EventOf } from '#contracts';
import type { AlertFact, Watching } from './alerts';
import { concludedDetections, decideDetection } from './happenings';

const day = (n: number): string => `2018-05-0${n}T00:00:00.000Z`;

/** A detector fired on the errors of events between two days. */
const fired = (from: number, to: number): EventOf<typeof DriftDetected> => ({
  ...DriftDetected.sample,
  window: { start: day(from), end: day(to) },
});

const monitor = { detect: ['adwin'] } as never;

/** A day whose labels have come. */
const measured = (n: number): EventOf<typeof WindowReported> => ({
  ...WindowReported.sample,
  window: { start: day(n), end: day(n + 1) },
});

const lines = (facts: readonly AlertFact[]): string[] =>
  facts.map(({ type, fact }) => `${type} ${fact.alert}`);

it('raises again what fires after the alert was over, though the detector began anew before that', () => {
  const watching = new Map<string, Watching>();
  expect(lines(decideDetection(watching, fired(1, 2)))).toEqual([
    `raised fraud/concept-drift/adwin@${day(1)}`,
  ]);
  expect(lines(concludedDetections(watching, measured(3), monitor))).toEqual([
    `resolved fraud/concept-drift/adwin@${day(1)}`,
  ]);
  expect(lines(decideDetection(watching, fired(2, 6)))).toEqual([
    `raised fraud/concept-drift/adwin@${day(2)}`,
  ]);
  expect(lines(concludedDetections(watching, measured(5), monitor))).toEqual([]);
  expect(lines(concludedDetections(watching, measured(6), monitor))).toHaveLength(1);
});
