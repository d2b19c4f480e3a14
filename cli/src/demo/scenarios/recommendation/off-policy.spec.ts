import { estimatePolicy, type LoggedShowing } from './off-policy';

/** Two items, shown evenly; the second is clicked by half of those who see it. */
const log = Array.from({ length: 8 }, (_, row): LoggedShowing => {
  const item = row % 2;
  return { inputs: [[0], [1]], item, propensity: 0.5, clicked: item === 1 && row % 4 === 1 };
});
const expected = log.map(() => [0.1, 0.4]);

it('judges a policy that always shows the second item by the rows that show it', () => {
  const estimate = estimatePolicy(log, (item) => (item === 1 ? 1 : 0), expected, expected)!;
  expect(estimate.ips.value).toBeCloseTo(0.5, 12);
  expect(estimate.snips.value).toBeCloseTo(0.5, 12);
  expect(estimate.direct.value).toBeCloseTo(0.4, 12);
  // 0.4 + the weighted errors of the model: the mean of 2 x (1 - 0.4) and 2 x (0 - 0.4) over half of the rows.
  expect(estimate.robust.value).toBeCloseTo(0.4 + (2 * 0.6 - 2 * 0.4) / 4, 12);
  expect(estimate.ips.effectiveRows).toBe(4);
});

it('gives the policy that was logged its own rate of clicks', () => {
  const estimate = estimatePolicy(log, () => 0.5, expected, expected)!;
  expect(estimate.ips.value).toBeCloseTo(0.25, 12);
  expect(estimate.snips.value).toBeCloseTo(0.25, 12);
});
