/** The market that changes, as a user runs it: the versions that the platform made by itself say more than the first one for ever. */
import { PlatformUnderTest } from '../support/platform-under-test';

interface Demo {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly value: unknown }[];
  readonly accuracy: { readonly static: number; readonly retrained: number };
}

describe('demo electricity', () => {
  const platform = new PlatformUnderTest('electricity');
  let demo: Demo;

  beforeAll(async () => {
    const ran = await platform.run(['demo', 'electricity'], { timeoutMs: 400_000 });
    process.stderr.write(`${ran.stdout.slice(-3_000)}\n`);
    demo = ran.json as unknown as Demo;
  }, 420_000);
  afterAll(() => platform.stop(), 120_000);

  it('finds every check green', () => {
    expect(demo.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(demo.ok).toBe(true);
  });

  it('gets better by itself', () => {
    expect(demo.accuracy.retrained).toBeGreaterThan(demo.accuracy.static);
  });
});
