import { HEADERS } from '#contracts';
import { partitionOf } from '#kernel';
import { historicalFeatures, readServiceRevision, refoldVectors } from '#replay';
import { INPUTS, LABELS, PROJECT, START, StagesWorld, VECTORS } from './stages.testing';

const HOUR = 3_600_000;
const SHORTER = PROJECT.replace(
  'aggregate: mean, of: "fraud ? 1.0 : 0.0", window: 1d',
  'aggregate: mean, of: "fraud ? 1.0 : 0.0", window: 1h',
);

describe('a service with stages, folded again from observations in the recorded order', () => {
  let world: StagesWorld;
  beforeEach(async () => {
    world = await StagesWorld.make();
    await world.begin();
    await world.stream(0, 40);
    await world.expectAllRight(40);
    await world.stop();
  });

  const refold = async (revision: string): Promise<string[]> => {
    const { log, namespace, compiled } = world;
    const { digest } = compiled;
    const service = await readServiceRevision({ log, namespace }, { name: 'svc', revision, digest });
    const texts: string[] = [];
    await refoldVectors({ log, namespace, service, onVector: ({ text }) => void texts.push(text) });
    return texts;
  };

  it('gives the logged vectors, byte for byte', async () => {
    const logged = (await world.records(VECTORS)).map(({ value }) => String(value));
    expect(await refold('1')).toEqual(logged);
  });

  it('gives what a later revision would have said all along', async () => {
    const values = (texts: readonly string[], revision: string): (number | null)[][] =>
      texts.map(
        (text) => (JSON.parse(text) as { values: Record<string, (number | null)[]> }).values[revision]!,
      );
    const before = values(await refold('1'), '1');
    await world.apply('2', SHORTER);
    const after = values(await refold('2'), '2');
    const risk = world.compiled.features.indexOf('risk_1d');
    const others = (all: (number | null)[][]): (number | null)[][] =>
      all.map((each) => each.toSpliced(risk, 1));
    expect(others(after)).toEqual(others(before));
    // Within the hour there is a label exactly where one was counted there.
    const labels = world.compiled.features.indexOf('labels_1h');
    expect(after.map((each) => each[risk] === -1)).toEqual(after.map((each) => each[labels] === 0));
    expect(after).not.toEqual(before);
  });

  it('answers for a terminal at any time, by its inputs before the first later one', async () => {
    const { log, namespace, compiled } = world;
    const inputs = (await world.records(INPUTS)).map(({ partition, headers, value }) => ({
      partition,
      isLabel: headers.text(HEADERS.source) === LABELS,
      time: Date.parse(headers.text(HEADERS.time)!),
      event: JSON.parse(String(value)) as { terminal_id: string | null; amount: number },
    }));
    const terminals = ['T0', 'T1', 'T2', 'T9'];
    const rows = terminals.flatMap((terminal_id) =>
      [0, 1.5, 3, 9].map((hours) => ({ keys: { terminal_id }, time: START + hours * HOUR })),
    );
    const expected = rows.map(({ keys: { terminal_id }, time }) => {
      const own = inputs.filter(({ partition }) => partition === partitionOf(Buffer.from(terminal_id), 2));
      const later = own.findIndex((each) => each.time > time);
      const within = own
        .slice(0, later < 0 ? undefined : later)
        .filter((each) => each.event.terminal_id === terminal_id && each.time > time - HOUR);
      const paid = within.filter(({ isLabel }) => !isLabel);
      const sum = paid.reduce((cents, { event }) => cents + Math.round(event.amount * 100), 0) / 100;
      return [within.length - paid.length, paid.length, sum];
    });
    const features = ['labels_1h', 'traffic:terminal_1h', 'terminal_sum_1h'];
    const { values } = await historicalFeatures({ log, namespace, service: compiled, rows, features });
    expect(values).toEqual(expected);
    expect(expected.some(([labels, paid]) => labels! > 0 && paid! > 0)).toBe(true);
  });
});
