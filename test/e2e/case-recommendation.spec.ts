/** The recommendation case study on few rows: estimates before the test, the test, and a platform left to itself. */
import { PlatformUnderTest } from '../support/platform-under-test';

interface Told {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly value: unknown }[];
  readonly offPolicy: readonly {
    readonly name: string;
    readonly estimate: Readonly<Record<'ips' | 'snips' | 'direct' | 'robust', { readonly value: number }>>;
    readonly test: { readonly value: number };
    readonly truth: number;
  }[];
}

const platform = new PlatformUnderTest('case-shop');
afterAll(() => platform.stop(), 120_000);

it('estimates two policies before anybody meets them, tests them, and goes on with the better one', async () => {
  const told = (await platform.run(['demo', 'recommendation', '--rows', '20000'])).json as unknown as Told;
  expect(told.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(told.ok).toBe(true);
  const [popular, personal] = told.offPolicy;
  expect([popular!.name, personal!.name]).toEqual(['popular', 'personal']);
  expect(personal!.estimate.robust.value).toBeGreaterThan(popular!.estimate.robust.value);
  expect(personal!.truth).toBeGreaterThan(popular!.truth);
}, 400_000);
