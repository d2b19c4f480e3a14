import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReplayFolder } from '../job/replay-folder';
import { HotPath, VECTORS } from '../replay.testing';
import type { ReplayPorts } from './hops';
import type { VerifyFindings } from './report';
import { verifyHere } from './verify';

const OPTIONS = { tolerance: 0, snapshots: true, checkpointMs: 0 };

/** The verdicts of both partitions, record by record, in a range of source offsets. */
const verdictsOf = (findings: VerifyFindings, hop: string, partition: number): [number, string][] =>
  findings.verdicts
    .filter((unit) => unit.hop === hop && unit.partition === partition)
    .flatMap(({ runs }) =>
      runs.flatMap(([first, last, verdict]) =>
        Array.from({ length: last - first + 1 }, (_, n): [number, string] => [first + n, verdict]),
      ),
    );

describe('a deployment with a changed vector', () => {
  let world: HotPath;
  let ports: ReplayPorts;
  let whole: VerifyFindings;

  beforeAll(async () => {
    world = await HotPath.make();
    await world.apply();
    await world.deploy(1);
    for (let version = 2; version < 6; version++) {
      await world.pay(30);
      await world.run(4, 5);
      world.clock.advance(60_000);
      await world.deploy(version);
    }
    const spoiled = (await world.records(VECTORS)).find(
      ({ partition, offset }) => partition === 0 && offset === 31,
    )!;
    const value = Buffer.from(String(spoiled.value).replace('"1":[', '"1":[1'));
    world.log.spoil({ topic: world.topic(VECTORS), partition: 0 }, 31, { value });
    ports = {
      log: world.log,
      artifacts: world.artifacts,
      namespace: world.namespace,
      sleep: world.ports.sleep,
      warn: () => undefined,
    };
    whole = (await verifyHere(ports, { deployment: 'risk' }, OPTIONS))!.findings;
  }, 30_000);

  it('diverges there alone', () => {
    expect(whole).toMatchObject({ ok: false, records: 240, diverged: 2 });
  });

  it('has the same verdicts in any range, from any snapshot or from zero', async () => {
    const end = fc.integer({ min: 0, max: 60 });
    const range = fc.tuple(end, end).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    await fc.assert(
      fc.asyncProperty(range, range, fc.boolean(), async (first, second, snapshots) => {
        const offsets = (at: 0 | 1) => ({
          offsets: new Map([
            [0, first[at]],
            [1, second[at]],
          ]),
        });
        const { findings } = (await verifyHere(
          ports,
          { deployment: 'risk', from: offsets(0), to: offsets(1) },
          { ...OPTIONS, snapshots },
        ))!;
        for (const hop of ['vectors', 'predictions'])
          for (const [partition, [from, to]] of [first, second].entries())
            expect(verdictsOf(findings, hop, partition)).toEqual(
              verdictsOf(whole, hop, partition).filter(([offset]) => offset >= from && offset < to),
            );
      }),
      { numRuns: 15 },
    );
  }, 30_000);

  it('is found the same, at whatever pace, however often it is stopped and gone on with', async () => {
    const stopsAt = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 8 });
    // A pace makes rounds of a quarter of a second: from one record to whole batches.
    const paces = fc.constantFrom({}, { rate: 4 }, { rate: 20 }, { rate: 100 });
    const unhurried = { ...ports, sleep: () => Promise.resolve() };
    await fc.assert(
      fc.asyncProperty(stopsAt, paces, async (stops, pace) => {
        const dataDir = mkdtempSync(join(tmpdir(), 'playhead-replay-'));
        try {
          const folder = await ReplayFolder.create(dataDir, 'verify-test', {});
          for (const stop of [...stops, Infinity]) {
            let rounds = 0;
            const outcome = await verifyHere(
              unhurried,
              { deployment: 'risk' },
              { ...OPTIONS, ...pace },
              {
                folder,
                isStopping: () => ++rounds >= stop,
              },
            );
            if (outcome) return expect(outcome.findings).toEqual(whole);
          }
          throw new Error('it was never finished');
        } finally {
          rmSync(dataDir, { recursive: true, force: true });
        }
      }),
      { numRuns: 10 },
    );
  }, 30_000);
});
