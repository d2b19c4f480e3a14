import { readServiceRevision, refoldVectors, withInventedInputs } from '#replay';
import { INPUTS, LABELS, PAYMENTS, StagesWorld, VECTORS } from './stages.testing';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

interface Payment {
  readonly id: string;
  readonly at: string;
  readonly terminal_id: string | null;
}
interface Label {
  readonly known_at: string;
  readonly terminal_id: string;
  readonly fraud: boolean;
}
interface Said {
  readonly event_id: string;
  readonly values: { readonly 1: (number | null)[] };
}

it('stages over a merge by event time know every label of their time, and nothing is appended for it', async () => {
  const world = await StagesWorld.make();
  await world.begin();
  await world.stream(0, 40);
  await world.expectAllRight(40);
  await world.stop();
  const { log, namespace, compiled } = world;
  const { digest } = compiled;
  const service = await readServiceRevision({ log, namespace }, { name: 'svc', revision: '1', digest });
  const entities = compiled.stages!.map(({ entity }) => entity);
  const before = [await log.listTopics(''), (await world.records(INPUTS)).length];
  const invented = await withInventedInputs({ log, namespace, service, entities });
  const said: Said[] = [];
  await refoldVectors({
    log: invented,
    namespace,
    service,
    onVector: ({ text }) => void said.push(JSON.parse(text) as Said),
  });
  expect([await log.listTopics(''), (await world.records(INPUTS)).length]).toEqual(before);

  // Every label against every payment, whatever the order in which they stand on the log.
  const payments = new Map((await world.values<Payment>(PAYMENTS)).map((payment) => [payment.id, payment]));
  const labels = await world.values<Label>(LABELS);
  const column = (name: string): number => compiled.features.indexOf(name);
  let withLabels = 0;
  for (const { event_id, values } of said) {
    const { at, terminal_id } = payments.get(event_id)!;
    const within = (window: number): Label[] =>
      labels.filter((label) => {
        const age = Date.parse(at) - Date.parse(label.known_at);
        return label.terminal_id === terminal_id && age >= 0 && age < window;
      });
    const day = within(DAY);
    if (day.length > 0) withLabels++;
    expect(values[1][column('labels_1h')]).toBe(within(HOUR).length);
    const risk = values[1][column('risk_1d')]!;
    expect(risk).toBeCloseTo(
      day.length === 0 ? -1 : day.filter(({ fraud }) => fraud).length / day.length,
      12,
    );
  }
  expect(withLabels).toBeGreaterThan(5);

  // What is over the trigger's own stream does not depend on a merge.
  const logged = await world.values<Said>(VECTORS);
  for (const name of ['amount', 'customer_1h', 'terminal_1h', 'terminal_sum_1h'])
    expect(said.map(({ values }) => values[1][column(name)])).toEqual(
      logged.map(({ values }) => values[1][column(name)]),
    );
});
