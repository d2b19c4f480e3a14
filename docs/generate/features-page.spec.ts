import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGGREGATES, compileProject, loadDefinitions, type CompiledFeatureService } from '#contracts';
import { AGGREGATES as ENGINE_AGGREGATES, compileView, type FeatureEvent } from '#features';

const page = readFileSync(join(__dirname, '../how-to/features.md'), 'utf8');
const yaml = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text!).join('---\n');

describe('docs/how-to/features.md', () => {
  const compiled = compileProject(loadDefinitions([{ path: 'features.md', text: yaml }]).project, '1');
  const service = compiled.find(({ key }) => key === 'FeatureService/payments')!
    .compiled as CompiledFeatureService;
  const [spend, terminals] = service.views;

  it('has an example of every aggregate, and a row of its table', () => {
    const shown = spend!.features.flatMap((feature) => ('aggregate' in feature ? [feature.aggregate] : []));
    const table = page.slice(page.indexOf('| aggregate |'), page.indexOf('`of` is a field'));
    for (const aggregate of AGGREGATES) expect(table).toContain(`\`${aggregate}\``);
    const others = ['mean', 'min', 'max', 'variance', 'last'];
    expect(new Set([...shown, ...others])).toEqual(new Set(AGGREGATES));
    expect(ENGINE_AGGREGATES).toEqual(AGGREGATES);
  });

  it('gives vectors with the names that the service has', () => {
    const engine = compileView(spend!);
    const reference = compileView(terminals!, { readAt: { behindMs: 0 } });
    expect([...engine.names, ...reference.names]).toEqual(service.features);

    const state = engine.createState();
    const pay = (time: string, amount: number, declined: boolean, terminal_id: string): FeatureEvent => ({
      payment_id: time,
      event_time: time,
      customer_id: 'c1',
      terminal_id,
      amount,
      declined,
    });
    engine.apply(state, pay('2026-03-30T10:00:00.000Z', 10, false, 't1'));
    engine.apply(state, pay('2026-03-31T10:00:00.000Z', 30, true, 't2'));
    const [d17, d41] = [2 ** (-17 / 48), 2 ** (-41 / 48)];
    const values = engine.apply(state, pay('2026-04-01T03:00:00.000Z', 20, false, 't1'));
    const vector = Object.fromEntries(values.map((value, i) => [engine.names[i]!, value]));
    expect(vector).toEqual({
      amount: 20,
      is_night: 1,
      payments_7d: 3,
      declined_7d: 1,
      amount_sum_month: 20,
      amount_std_30d: 10,
      first_amount_1d: 30,
      amounts_1: 20,
      amounts_2: 30,
      amounts_3: 10,
      amount_before: 30,
      since_last: 61_200,
      since_declined: 61_200,
      terminals_7d: 2,
      top_amounts_1: 30,
      top_amounts_2: 20,
      usual_amounts_1: 10,
      usual_amounts_2: 20,
      amount_p95_30d: 29,
      amount_p95: expect.closeTo(20, 0) as number,
      declined_rate_30d: 1 / 3,
      declined_share: 0.5,
      amount_ewma: expect.closeTo((20 + 30 * d17 + 10 * d41) / (1 + d17 + d41), 10) as number,
      payments_1y: 3,
    });
  });

  it('looks reference rows up as of the time of the trigger', () => {
    const engine = compileView(terminals!, { readAt: { behindMs: 3_600_000 } });
    const state = engine.createState();
    const say = (day: number, limit: number | null): void =>
      engine.add(state, {
        fact_id: `${day}`,
        known_at: new Date(Date.UTC(2026, 0, day)).toISOString(),
        terminal_id: 't1',
        limit,
      });
    say(1, 100);
    say(3, 300);
    expect(engine.readAt(state, 't1', Date.UTC(2026, 0, 2))).toEqual([100, 100]);
    expect(engine.readAt(state, 't1', Date.UTC(2026, 11, 31))).toEqual([300, 300]);
    say(4, null);
    expect(engine.readAt(state, 't1', Date.UTC(2026, 11, 31))).toEqual([null, 300]);
    expect(engine.readAt(state, 't2', Date.UTC(2026, 11, 31))).toEqual([null, null]);
  });
});
