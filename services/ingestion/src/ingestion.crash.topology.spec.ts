import { HEADERS } from '#contracts';
import { DEATHS, mortalLog, type Death } from '#testing';
import { IngestionWorld, at, customerOf, type SentRecord } from './ingestion.testing';

const event = (id: string, partition: number, members: object = {}): string =>
  JSON.stringify({ id, at: at(0), customer: customerOf(partition), amount: 1, ...members });

/** Three rounds over three partitions: good, bad, dead, duplicate, late, and in wrong partitions. */
const ROUNDS: readonly (readonly SentRecord[])[] = [0, 1, 2].map((round) =>
  [0, 1, 2].flatMap((partition) => [
    { partition, value: event(`good-${round}-${partition}`, partition) },
    { partition, value: event(`bad-${round}-${partition}`, partition, { amount: -1 }) },
    { partition, value: 'not json' },
    { partition, value: event(`good-${round}-${partition}`, partition) },
    { partition, value: event(`late-${round}-${partition}`, partition, { at: at(-3) }) },
    { partition, value: event(`moved-${round}-${partition}`, (partition + 1) % 3, { at: at(-1) }) },
    { partition, value: event(`again-${partition}`, partition, { note: String(round) }) },
  ]),
);

/** Ids of the observations, each as often as it was applied (a repeated record on the wire counts once, law L3). */
const applied = async (world: IngestionWorld): Promise<string[]> => {
  const bySource = new Map(
    (await world.observations()).map(({ headers, value }) => [
      headers.text(HEADERS.id)!,
      (JSON.parse(String(value)) as { id: string }).id,
    ]),
  );
  return [...bySource.values()].sort();
};

const EXPECTED = [0, 1, 2]
  .flatMap((partition) => [
    ...[0, 1, 2].flatMap((round) => [`good-${round}-${partition}`, `moved-${round}-${partition}`]),
    `again-${partition}`,
  ])
  .sort();

const runUntilDead = async (world: IngestionWorld, dieAt: number, death: Death): Promise<number> => {
  const { log, isDead, bury } = mortalLog(world.log, dieAt, death);
  const running = await world.start(log);
  let round = 0;
  while (round < ROUNDS.length && !isDead()) {
    await world.send(...ROUNDS[round++]!);
    await running.settled().catch(() => undefined);
  }
  await running.stop().catch(() => bury());
  expect(isDead()).toBe(true);
  return round;
};

/** Three rounds of secondaries, copies and observations, and the announcement of the snapshots when it leaves in peace. */
const SENDS_WITHOUT_DEATH = 10;

it.each(DEATHS)(
  'loses nothing and applies nothing twice when the process dies %s, at any send',
  async (death) => {
    const sends = Array.from({ length: SENDS_WITHOUT_DEATH }, (_, n) => n + 1);
    const judged = await Promise.all(
      sends.map(async (dieAt) => {
        const world = await IngestionWorld.make();
        const done = await runUntilDead(world, dieAt, death);
        const running = await world.start();
        for (const round of ROUNDS.slice(done)) {
          await world.send(...round);
          await running.settled();
        }
        await running.settled();
        await running.stop();
        const { ok, faults, moved } = await world.conservation();
        return { dieAt, ok, faults, moved, applied: await applied(world) };
      }),
    );
    expect(judged).toEqual(
      sends.map((dieAt) => ({ dieAt, ok: true, faults: [], moved: 9, applied: EXPECTED })),
    );
  },
  60_000,
);
