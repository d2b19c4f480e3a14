/**
 * The same inbox twice: once in peace, once with every service killed (-9) at random moments and the broker restarted. Nothing may
 * be lost, nothing applied twice, and every value must be the one of the quiet run. The training cut and the place where the model
 * begins to serve are the same in both, because the stream stands still there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DeploymentStarted, TOPICS, decodeEvent } from '#contracts';
import { readConservation, readTopic } from '#eventlog';
import { Rng } from '#kernel';
import { restartPart } from '#localstack';
import type { ModelVersion } from '../../cli/src/demo/control-plane';
import { simulatedFraud } from '../../cli/src/demo/fraud-source';
import type { Occurrence } from '../../cli/src/demo/fraud-simulator';
import { Life, STREAMS, type Applied } from '../support/life';

const SEED = Number(process.env.PLAYHEAD_SEED ?? 20_261_121);
const PAYMENTS = 24_000;
const SERVICES = ['ingestion', 'feature', 'training', 'registry', 'serving', 'monitoring'] as const;
type Service = (typeof SERVICES)[number];
const COMPARED = [
  ...STREAMS.map((stream) => TOPICS.observations(stream)),
  TOPICS.vectors('fraud'),
  TOPICS.predictions('fraud'),
];

/** The output whose growth shows that a service on the stream's road works again. */
const OUTPUT: Partial<Record<Service, string>> = {
  ingestion: TOPICS.observations('transactions'),
  feature: TOPICS.vectors('fraud'),
  serving: TOPICS.predictions('fraud'),
};

interface Outcome {
  readonly version: ModelVersion;
  readonly applied: Readonly<Record<string, Applied>>;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const outcomeOf = async (life: Life, version: ModelVersion): Promise<Outcome> => {
  const entries: [string, Applied][] = [];
  for (const name of COMPARED) entries.push([name, await life.applied(name)]);
  for (const stream of STREAMS)
    expect(await readConservation(life.log, life.platform.namespace, stream)).toMatchObject({
      ok: true,
      faults: [],
    });
  return { version, applied: Object.fromEntries(entries) };
};

/** Writes slowly, a slice at a time, until `busy` has ended; then the rest at once. */
const trickle = async (
  life: Life,
  occurrences: readonly Occurrence[],
  busy: Promise<void>,
): Promise<void> => {
  let done = false;
  void busy.finally(() => (done = true));
  let at = 0;
  while (!done && at < occurrences.length * 0.9) {
    await life.write(occurrences.slice(at, (at += 60)));
    await sleep(200);
  }
  await busy;
  await life.write(occurrences.slice(at));
};

describe(`kill -9 of each service and a broker restart (PLAYHEAD_SEED=${SEED})`, () => {
  const occurrences = [...(simulatedFraud(PAYMENTS).occurrences() as Iterable<Occurrence>)];
  const half = Math.floor(occurrences.length * 0.7);
  const [first, second] = [occurrences.slice(0, half), occurrences.slice(half)];
  const rng = new Rng(SEED);
  const flowAgainMs: { service: string; ms: number }[] = [];
  let kills = 0;
  let quiet: Outcome;
  let wild: Outcome;

  const killAndRestart = async (life: Life, service: Service): Promise<void> => {
    const { services } = await life.platform.status();
    process.kill(services[service]!.pid, 'SIGKILL');
    kills++;
    const output = OUTPUT[service];
    const predictions = await life.log.partitionCount(life.topic(TOPICS.predictions('fraud')));
    const watched = output !== undefined && (service !== 'serving' || predictions !== undefined);
    const before = watched ? await life.watch.count(output) : 0;
    const restarted = Date.now();
    const up = life.platform.run(['up']);
    while (watched && (await life.watch.count(output)) <= before) await sleep(20);
    if (watched) flowAgainMs.push({ service, ms: Date.now() - restarted });
    await up;
    say(`kill ${kills}: ${service}${watched ? `, output again after ${flowAgainMs.at(-1)!.ms} ms` : ''}`);
  };

  /** Kills the services in a random order, with random pauses. */
  const disturb = async (life: Life, services: readonly Service[]): Promise<void> => {
    const left = [...services];
    while (left.length > 0) {
      await sleep(500 + rng.below(2_000));
      await killAndRestart(life, left.splice(rng.below(left.length), 1)[0]!);
    }
  };

  beforeAll(async () => {
    const peace = await Life.begin('quiet');
    try {
      await peace.write(first);
      await peace.folded();
      const version = await peace.trainAndServe();
      await peace.write(second);
      await peace.folded();
      await peace.watch.scored('fraud', 'fraud', await firstScored(peace));
      quiet = await outcomeOf(peace, version);
    } finally {
      await peace.end();
    }
    const storm = await Life.begin('wild');
    try {
      await trickle(storm, first, disturb(storm, [...SERVICES, 'ingestion', 'feature']));
      await storm.folded();
      const training = storm.control.train('fraud', say);
      await sleep(rng.below(1_500));
      await killAndRestart(storm, 'training');
      const version = await training;
      await storm.serve(version);
      const middle = disturb(storm, ['serving', 'feature', 'ingestion', 'serving']).then(async () => {
        say('restarting the broker');
        await restartPart(storm.platform.dataDir, 'kafka');
      });
      await trickle(storm, second, middle);
      await storm.folded();
      await storm.watch.scored('fraud', 'fraud', await firstScored(storm));
      wild = await outcomeOf(storm, version);
      say(
        `${kills} kills; ${JSON.stringify(flowAgainMs)}; repeated on the wire: ${JSON.stringify(Object.fromEntries(Object.entries(wild.applied).map(([name, { repeated }]) => [name, repeated])))}`,
      );
    } finally {
      await storm.end();
    }
  }, 900_000);

  it('kills at least ten times, every service at least once', () => {
    expect(kills).toBeGreaterThanOrEqual(10);
  });

  it.each(COMPARED)(
    'loses nothing of %s, applies nothing twice, and every value is that of the quiet run',
    (name) => {
      expect(quiet.applied[name]!.values.length).toBeGreaterThan(1_000);
      expect(wild.applied[name]!.values).toEqual(quiet.applied[name]!.values);
    },
  );

  it('trains the same model, byte for byte, though training was killed', () => {
    expect(wild.version.artifact).toBe(quiet.version.artifact);
  });

  // Ten seconds are what we promise; the figures are printed and not asserted, since machines are shared and noisy.
  it('flows again after each restart', () => {
    for (const { service, ms } of flowAgainMs.filter(({ ms: waited }) => waited > 10_000))
      say(`!! ${service} flowed again only after ${ms} ms`);
    expect(flowAgainMs.length).toBeGreaterThanOrEqual(5);
    expect(flowAgainMs.map(({ service }) => service)).toEqual(
      expect.arrayContaining(['ingestion', 'feature', 'serving']),
    );
  });
});

/** Vectors below the first one with a prediction. */
const firstScored = async (life: Life): Promise<number> => {
  const [started] = (await readTopic(life.log, life.topic(TOPICS.servingStatus))).filter(
    ({ headers }) => headers.text('ce_type') === DeploymentStarted.type,
  );
  return decodeEvent(DeploymentStarted, started!.value).offsets.reduce((sum, offset) => sum + offset, 0);
};
