/** Predictive maintenance as a user runs it, with half the engines: the command judges itself, and says what it found. */
import { PlatformUnderTest } from '../support/platform-under-test';

interface Demo {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly value: unknown }[];
  readonly orders: number;
}

describe('demo maintenance', () => {
  const platform = new PlatformUnderTest('maintenance');
  let demo: Demo;

  beforeAll(async () => {
    const ran = await platform.run(['demo', 'maintenance', '--rows', '19200'], { timeoutMs: 400_000 });
    process.stderr.write(`${ran.stdout.slice(-3_000)}\n`);
    demo = ran.json as unknown as Demo;
  }, 420_000);
  afterAll(() => platform.stop(), 120_000);

  it('finds every check green', () => {
    expect(demo.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(demo.ok).toBe(true);
  });

  it('orders work as events, and no bad challenger gets through', () => {
    expect(demo.orders).toBeGreaterThan(50);
    expect(demo.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'a bad challenger does not get through',
        'engines that failed had their order in time',
        'orders that were not needed',
      ]),
    );
  });
});
