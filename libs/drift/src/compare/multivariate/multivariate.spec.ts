import { Rng } from '#kernel';
import { domainClassifier } from './domain-classifier';
import { fitLogistic } from './logistic';
import { reconstructionDrift } from './reconstruction-drift';

/** Two columns that go together as `sign` says, and one that is noise; each alone is always the same. */
const columns = (rows: number, seed: number, sign: number): number[][] => {
  const rng = new Rng(seed);
  const noise = (): number => rng.uniform() + rng.uniform() + rng.uniform() - 1.5;
  const drawn = Array.from({ length: rows }, () => {
    const common = noise();
    return [common + 0.2 * noise(), sign * common + 0.2 * noise(), noise()];
  });
  return [0, 1, 2].map((at) => drawn.map((row) => row[at]!));
};

const reference = columns(1200, 1, 1);

it('neither sees drift in rows of the same kind', () => {
  const current = columns(900, 2, 1);
  const found = domainClassifier(reference, current)!;
  expect(found).toMatchObject({ drifted: false, threshold: 0.65, rows: { reference: 1200, current: 900 } });
  expect(Math.abs(found.auc - 0.5)).toBeLessThan(0.05);
  expect(reconstructionDrift(reference, current)).toMatchObject({ drifted: false });
});

it('both see columns that no longer go together, although each alone is as it was', () => {
  const current = columns(900, 3, -1);
  const found = domainClassifier(reference, current)!;
  expect(found.drifted).toBe(true);
  expect(found.auc).toBeGreaterThan(0.9);
  const { drifted, error, limits } = reconstructionDrift(reference, current)!;
  expect(drifted).toBe(true);
  expect(error).toBeGreaterThan(1.4 * limits.max);
});

it('the classifier sees a wider spread and silence, and the same rows give the same bits', () => {
  const wider = reference.map((column) => column.map((x) => 3 * x));
  expect(domainClassifier(reference, wider)!.auc).toBeGreaterThan(0.75);
  const silent = [reference[0]!, reference[1]!, reference[2]!.map((x, row) => (row % 2 === 0 ? null : x))];
  expect(domainClassifier(reference, silent)!.auc).toBeGreaterThan(0.7);
  expect(domainClassifier(reference, wider)).toEqual(domainClassifier(reference, wider));
});

it('gives nothing where there is too little', () => {
  expect(domainClassifier([[1, 2, 3]], [[1, 2, 3]])).toBeNull();
  expect(reconstructionDrift([[1, 2, 3]], [[1, 2, 3]])).toBeNull();
});

it('the logistic regression stands where its gradient with the ridge is zero', () => {
  const rng = new Rng(5);
  const rows = Array.from({ length: 200 }, () => Float64Array.of(rng.uniform() - 0.5, rng.uniform() - 0.5));
  const labels = rows.map((row) => rng.uniform() < 0.5 + row[0]! - row[1]! / 2);
  const model = fitLogistic(rows, (row) => labels[row]!);
  const logit = (row: Float64Array): number => Math.log(model(row) / (1 - model(row)));
  const intercept = logit(Float64Array.of(0, 0));
  const weights = [logit(Float64Array.of(1, 0)) - intercept, logit(Float64Array.of(0, 1)) - intercept];
  const residuals = rows.map((row, at) => (labels[at] ? 1 : 0) - model(row));
  expect(residuals.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 8);
  for (const at of [0, 1])
    expect(rows.reduce((sum, row, i) => sum + row[at]! * residuals[i]!, 0)).toBeCloseTo(weights[at]!, 8);
});

it('components say nothing where all of them are needed, and little where columns go together exactly', () => {
  const [first, , noise] = reference;
  expect(reconstructionDrift([first!, noise!], [first!, noise!])).toBeNull();
  const twice = [first!, first!.map((x) => 3 * x)];
  expect(reconstructionDrift(twice, twice)).toMatchObject({ drifted: false });
  const apart = [first!, [...first!].reverse().map((x) => 3 * x)];
  expect(reconstructionDrift(twice, apart)).toMatchObject({ drifted: true });
});
