/** The fraud case study on few rows: a drift that the platform finds, learns and answers by itself, and what the demo says of it. */
import { PlatformUnderTest, runCommand } from '../support/platform-under-test';

interface Told {
  readonly ok: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly value: unknown }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly model: { readonly version: number };
  readonly story: readonly {
    readonly verdict: string;
    readonly seconds: { readonly fromFirstEvent: number | null };
  }[];
  readonly decisions: readonly { readonly what: string; readonly by?: string; readonly version?: number }[];
}

const platform = new PlatformUnderTest('case-fraud');
afterAll(() => platform.stop(), 120_000);

it('finds the drift, trains again and lets the new version answer, all checks green', async () => {
  const told = (await platform.run(['demo', 'fraud', '--rows', '20000'])).json as unknown as Told;
  expect(told.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(told.ok).toBe(true);
  expect(told.counts.vectors).toBe(20_000);
  expect(told.model.version).toBeGreaterThan(1);
  const hands = told.decisions.filter(({ by }) => by === 'demo');
  expect(hands.map(({ what }) => what)).toEqual(['request', 'alias']);
  const kept = told.story.filter(
    ({ verdict, seconds }) => verdict === 'kept' && seconds.fromFirstEvent !== null,
  );
  expect(kept.length).toBeGreaterThan(0);
}, 400_000);

it('refuses a demo that there is not, and lists those that there are', async () => {
  const refused = await runCommand(['demo', 'nothing', '--json'], { expectCode: 2 });
  expect(refused.json).toMatchObject({
    error: { message: expect.stringContaining('fraud, maintenance') as string },
  });
}, 30_000);
