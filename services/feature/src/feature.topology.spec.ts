import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  DatasetBuilt,
  DatasetFailed,
  DefinitionApplied,
  HEADERS,
  TOPICS,
  TrainingRequested,
  compileProject,
  decodeEvent,
  loadDefinitions,
  type CompiledFeatureService,
  type EventOf,
} from '#contracts';
import type { FollowedTopic } from '#eventlog';
import { readParquetColumns } from '#runtime';
import { ServiceWorld } from '#testing';
import type { Services } from '#folds';
import { datasetWorker, featureFleet, followServices, type FeatureParts } from './feature.topology';

const VECTORS = TOPICS.vectors('fraud');
const OBSERVATIONS = TOPICS.observations('transactions');
const LABELS = TOPICS.observations('fraud-labels');
const text = readFileSync(resolve(__dirname, '../../../examples/fraud/playhead.yaml'), 'utf8');
const DAY = 86_400_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');

interface Vector {
  readonly event_id: string;
  readonly trigger: string;
  readonly values: Record<string, (number | null)[]>;
}

class FeatureWorld extends ServiceWorld {
  compiled!: CompiledFeatureService;
  services!: FollowedTopic<Services>;

  static async make(): Promise<FeatureWorld> {
    const world = new FeatureWorld('feature');
    await world.topics(1, TOPICS.definitions, TOPICS.requests);
    await world.topics(2, OBSERVATIONS, LABELS);
    await world.apply('1', text);
    return world;
  }

  async apply(revision: string, yaml: string): Promise<void> {
    const { project } = loadDefinitions([{ path: 'playhead.yaml', text: yaml }]);
    const service = compileProject(project, '1').find(({ kind }) => kind === 'FeatureService')!;
    this.compiled = service.compiled as CompiledFeatureService;
    await this.fact(TOPICS.definitions, DefinitionApplied, {
      kind: 'FeatureService',
      name: 'fraud',
      revision,
      digest: service.digest,
      spec: service.spec as unknown as Record<string, unknown>,
      compiled: service.compiled as unknown as Record<string, unknown>,
      applied_by: 'test',
    });
  }

  begin(): Promise<void> {
    return this.start((serviceLog) => {
      this.services = followServices(serviceLog);
      const parts: FeatureParts = {
        ...this.ports,
        namespace: this.namespace,
        serviceLog,
        control: this.services,
        transport: this.transport,
      };
      return [featureFleet(parts), datasetWorker(parts)];
    });
  }

  /** One payment of the customer on its partition; `n` makes ids and positions. */
  async pay(
    n: number,
    options: { customer?: string; amount?: number; time?: number; partition?: number; id?: string } = {},
  ): Promise<void> {
    const { customer = 'C1', amount = 10, time = START + n * 3_600_000, partition = 0 } = options;
    const event = {
      transaction_id: `tx-${n}`,
      event_time: new Date(time).toISOString(),
      customer_id: customer,
      terminal_id: 'T1',
      amount,
    };
    await this.raw(OBSERVATIONS, Buffer.from(JSON.stringify(event)), {
      partition,
      key: customer,
      id: options.id ?? `${partition}-${n}`,
      time: event.event_time,
    });
  }

  async label(n: number, fraud: boolean, knownAt: number, payment = n): Promise<void> {
    const event = {
      label_id: `L${n}`,
      known_at: new Date(knownAt).toISOString(),
      transaction_id: `tx-${payment}`,
      customer_id: 'C1',
      terminal_id: 'T1',
      is_fraud: fraud,
    };
    await this.raw(LABELS, Buffer.from(JSON.stringify(event)), {
      key: 'C1',
      id: `0-${n}`,
      time: event.known_at,
    });
  }

  async feature(name: string, revision = '1'): Promise<(number | null)[]> {
    const index = this.compiled.features.indexOf(name);
    return (await this.values<Vector>(VECTORS)).map(({ values }) => values[revision]![index]!);
  }
}

describe('the feature service', () => {
  let world: FeatureWorld;
  beforeEach(async () => {
    world = await FeatureWorld.make();
  });
  afterEach(() => world.stop());

  it('gives one vector for each observation, aligned with it, and windows count the event itself', async () => {
    for (let n = 0; n < 4; n++) await world.pay(n, { amount: n + 1 });
    await world.pay(0, { partition: 1, customer: 'C2', amount: 7 });
    await world.begin();
    const vectors = await world.untilRecords(VECTORS, 5);
    expect(vectors.map(({ partition, headers }) => [partition, headers.text(HEADERS.id)])).toEqual([
      [0, '0-0'],
      [0, '0-1'],
      [0, '0-2'],
      [0, '0-3'],
      [1, '1-0'],
    ]);
    expect(await world.feature('tx_count_1d')).toEqual([1, 2, 3, 4, 1]);
    expect(await world.feature('amount_mean_7d')).toEqual([1, 1.5, 2, 2.5, 7]);
    expect(vectors[0]!.headers.text(HEADERS.definition)).toMatch(/^1=[0-9a-f]{64}$/);
  });

  it('goes on with its windows after a restart, and drops what an earlier life has folded', async () => {
    for (let n = 0; n < 3; n++) await world.pay(n);
    await world.begin();
    await world.untilRecords(VECTORS, 3);
    await world.stop();
    await world.pay(2, { id: '0-2' });
    await world.pay(3);
    await world.begin();
    await world.untilRecords(VECTORS, 4);
    expect(await world.feature('tx_count_1d')).toEqual([1, 2, 3, 4]);
  });

  it('sets aside what is no observation, and the next one comes out', async () => {
    await world.raw(OBSERVATIONS, Buffer.from('nonsense'), { id: '0-0' });
    await world.pay(1);
    await world.begin();
    await world.untilRecords(VECTORS, 1);
    expect(
      (await world.records(TOPICS.deadLetters('feature'))).map(({ headers }) => headers.text(HEADERS.origin)),
    ).toEqual([`${OBSERVATIONS}:0-0`]);
  });

  describe('asked for a data set', () => {
    const request = (
      overrides: Partial<EventOf<typeof TrainingRequested>> = {},
    ): EventOf<typeof TrainingRequested> => ({
      ...TrainingRequested.sample,
      service: {
        ...TrainingRequested.sample.service,
        name: 'fraud',
        revision: '1',
        digest: 'a'.repeat(64),
        features: [...world.compiled.features],
      },
      label: {
        ...TrainingRequested.sample.label,
        stream: 'fraud-labels',
        on: 'transaction_id',
        value: 'is_fraud',
        maturity_ms: 7 * DAY,
      },
      split: { by: 'time', holdout_ms: DAY, gap_ms: DAY },
      ...overrides,
    });

    beforeEach(async () => {
      for (let n = 0; n < 100; n++) await world.pay(n, { time: START + n * 3_600_000, amount: n });
      for (let n = 0; n < 100; n++)
        if (n !== 5) await world.label(n, n % 10 === 0, START + n * 3_600_000 + 7 * DAY);
      // A corrected label: the latest assertion wins.
      await world.label(100, true, START + 12 * DAY, 1);
      await world.begin();
      await world.untilRecords(VECTORS, 100);
    });

    it('joins vectors with the labels known by the cut, splits by time, and says all in the manifest', async () => {
      await world.fact(TOPICS.requests, TrainingRequested, request(), { id: '0-3' });
      const [record] = await world.untilRecords(TOPICS.datasets, 1);
      const built = decodeEvent(DatasetBuilt, record!.value);
      expect(built).toMatchObject({ run: 'run-0-12', unlabelled: 1, immature: 0 });
      // Newest row at hour 99: hold-out is the last 24 hours, the 24 before it are the gap.
      expect([built.train.rows, built.holdout.rows]).toEqual([51, 24]);
      const folder = mkdtempSync(join(tmpdir(), 'playhead-dataset-spec-'));
      try {
        await world.artifacts.getToFile(built.train.artifact, join(folder, 'train.parquet'));
        const { rows, columns } = await readParquetColumns(join(folder, 'train.parquet'), [
          'amount',
          'tx_count_1d',
          'label',
        ]);
        expect(rows).toBe(51);
        expect([columns[0]![0], columns[1]![0], columns[2]![0]]).toEqual([0, 1, 1]);
        expect(Array.from(columns[2]!).filter((label) => label === 1)).toHaveLength(7);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
      const manifest = JSON.parse(String(await world.artifacts.get(built.manifest))) as {
        digest: string;
        cut: unknown[];
      };
      expect(manifest).toMatchObject({ digest: built.digest, order: 'trigger partition, offset' });
      expect(manifest.cut).toHaveLength(4);
    });

    it('gives the equal digest for equal inputs', async () => {
      await world.fact(TOPICS.requests, TrainingRequested, request(), { id: '0-3' });
      await world.fact(TOPICS.requests, TrainingRequested, request({ run: 'run-0-13' }), { id: '0-4' });
      const [first, second] = (await world.untilRecords(TOPICS.datasets, 2)).map(({ value }) =>
        decodeEvent(DatasetBuilt, value),
      );
      expect(second!.digest).toBe(first!.digest);
    });

    it('cuts at a time: nothing observed after it leaks in', async () => {
      await world.fact(
        TOPICS.requests,
        TrainingRequested,
        request({ as_of: new Date(START + 10 * DAY).toISOString() }),
        { id: '0-3' },
      );
      const built = decodeEvent(DatasetBuilt, (await world.untilRecords(TOPICS.datasets, 1))[0]!.value);
      // Mature on day 10 are the payments up to day 3: hours 0 to 72, without the one that has no label.
      expect(built.train.rows + built.holdout.rows).toBeLessThanOrEqual(72);
      expect(built.immature).toBe(27);
    });

    it('takes a time that the log has not reached for now: no row becomes mature by it', async () => {
      await world.fact(TOPICS.requests, TrainingRequested, request(), { id: '0-3' });
      const later = request({ run: 'run-0-13', as_of: '9999-12-31T23:59:59.000Z' });
      await world.fact(TOPICS.requests, TrainingRequested, later, { id: '0-4' });
      const records = await world.untilRecords(TOPICS.datasets, 2);
      const [now, future] = records.map(({ value }) => decodeEvent(DatasetBuilt, value));
      expect([future!.digest, future!.immature]).toEqual([now!.digest, now!.immature]);
    });

    it('says why there is none', async () => {
      await world.fact(
        TOPICS.requests,
        TrainingRequested,
        request({ as_of: new Date(START + DAY).toISOString() }),
        { id: '0-3' },
      );
      const [record] = await world.untilRecords(TOPICS.datasets, 1);
      expect(record!.headers.text(HEADERS.type)).toBe(DatasetFailed.type);
      expect(decodeEvent(DatasetFailed, record!.value).message).toMatch(
        /no mature labelled rows at the cut: 25 vectors, 0 labels/,
      );
    });
  });
});
