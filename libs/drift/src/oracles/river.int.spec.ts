/** Every detector beside River 0.26.1 on real streams: the same detections at the same rows, and the same warnings. */
import { findProgram, pythonWith } from '#localstack';
import { DETECTOR_NAMES, detectorOf, type DetectorName } from '../detect/detectors';
import type { Detector } from '../detect/detector';
import { Kswin } from '../detect/kswin';
import { ask, HAS_DATA, logisticAnswers, readElec2, readPayments } from './real-columns.testing';

const hasPython = findProgram('python3', process.env) !== undefined;
if (!hasPython) process.stderr.write('!! SKIPPED, not passed: python3 is not on PATH\n');
const suite = HAS_DATA && hasPython ? describe : describe.skip;

type Found = readonly [drifts: number[], warnings: number[]];
interface RiverAnswer {
  readonly detections: Readonly<Record<string, Partial<Record<DetectorName, Found>>>>;
  readonly draws: number[][];
}

const foundBy = (detector: Detector, values: readonly number[]): Found => {
  const [drifts, warnings]: Found = [[], []];
  values.forEach((value, index) => {
    detector.observe(value);
    if (detector.driftDetected) drifts.push(index);
    if (detector.warning) warnings.push(index);
  });
  return [drifts, warnings];
};

suite('detectors beside River', () => {
  const streams: Record<string, number[]> = {};
  const kswin = ['nswdemand', 'transfer', 'amount'];
  let river: RiverAnswer;

  beforeAll(async () => {
    const python = await pythonWith('river', ['river==0.26.1'], (line) => process.stderr.write(`${line}\n`));
    const { labels, columns } = readElec2();
    const used = ['day', 'period', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'].map(
      (name) => columns[name]!,
    );
    const { online, once } = logisticAnswers(used, labels, 5_000);
    const errorsOf = (answers: readonly number[]): number[] =>
      answers.map((answer, row) => (answer >= 0.5 ? 1 : 0) ^ labels[row]!);
    const payments = await readPayments(60_000);
    Object.assign(streams, {
      'errors of a model that learns on': errorsOf(online),
      'errors of a model that learned once': errorsOf(once),
      'errors of the last label': labels.map((label, row) => label ^ (labels[row - 1] ?? 0)),
      labels,
      fraud: payments.fraud,
      'payments above 100': payments.amount.map((amount) => (amount > 100 ? 1 : 0)),
      nswdemand: columns['nswdemand']!.slice(0, 8_000),
      transfer: columns['transfer']!.slice(16_000, 24_000),
      amount: payments.amount.slice(0, 8_000),
      'amounts of many': payments.amount,
      'second of the day': payments.second.map((second) => second / 3600),
    });
    river = await ask<RiverAnswer>(python, 'river_detections.py', { streams, kswin });
  }, 600_000);

  it.each(DETECTOR_NAMES)('%s finds the changes that River finds', (name) => {
    let drifts = 0;
    for (const [stream, values] of Object.entries(streams)) {
      const theirs = river.detections[stream]![name];
      if (!theirs) continue;
      const detector =
        name === 'kswin' ? new Kswin({ draws: (draw) => river.draws[draw]! }) : detectorOf(name);
      const ours = foundBy(detector, values);
      expect([stream, ...ours]).toEqual([stream, ...theirs]);
      drifts += ours[0].length;
    }
    expect(drifts).toBeGreaterThan(5);
    process.stderr.write(`${name}: ${drifts} detections as River's\n`);
  });
});
