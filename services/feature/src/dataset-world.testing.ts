import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  DatasetBuilt,
  DefinitionApplied,
  TOPICS,
  TrainingRequested,
  compileProject,
  decodeEvent,
  loadDefinitions,
  type CompiledFeatureService,
  type EventOf,
} from '#contracts';
import { ENGINE_VERSION } from '#features';
import { partitionOf } from '#kernel';
import { rebuildDataset, type RebuildDatasetOptions, type RebuiltDataset } from '#replay';
import { ServiceWorld } from '#testing';
import { datasetWorker, featureFleet, followServices, type FeatureParts } from './feature.topology';

export const VECTORS = TOPICS.vectors('fraud');
export const OBSERVATIONS = TOPICS.observations('transactions');
export const LABELS = TOPICS.observations('fraud-labels');
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const START = Date.parse('2026-01-01T00:00:00.000Z');
export const PROJECT = readFileSync(resolve(__dirname, '../../../examples/fraud/playhead.yaml'), 'utf8');

export type Request = EventOf<typeof TrainingRequested>;

export interface Payment {
  readonly id: string;
  readonly partition: number;
  readonly customer: string;
  readonly amount: number;
  readonly time: number;
}

export interface Assertion {
  readonly payment: string;
  readonly partition: number;
  /** Null withdraws it. */
  readonly fraud: boolean | null;
  readonly knownAt: number;
}

/** The feature service with payments and labels on two partitions each. */
export class DatasetWorld extends ServiceWorld {
  compiled!: CompiledFeatureService;
  digest = '';
  private readonly counts = new Map<string, number>();
  private requests = 0;

  static async make(yaml = PROJECT): Promise<DatasetWorld> {
    const world = new DatasetWorld('feature');
    await world.topics(1, TOPICS.definitions, TOPICS.requests, TOPICS.deadLetters('feature'));
    await world.topics(2, OBSERVATIONS, LABELS);
    await world.apply('1', yaml);
    return world;
  }

  /** Where ingestion puts the observations of a customer. */
  partitionOf(customer: string): number {
    return partitionOf(Buffer.from(customer), 2);
  }

  async apply(revision: string, yaml: string): Promise<void> {
    const { project } = loadDefinitions([{ path: 'playhead.yaml', text: yaml }]);
    const service = compileProject(project, String(ENGINE_VERSION)).find(
      ({ kind }) => kind === 'FeatureService',
    )!;
    this.compiled = service.compiled as CompiledFeatureService;
    this.digest = service.digest;
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
      const control = followServices(serviceLog);
      const parts: FeatureParts = {
        ...this.ports,
        namespace: this.namespace,
        serviceLog,
        control,
        transport: this.transport,
      };
      return [featureFleet(parts), datasetWorker(parts)];
    });
  }

  /** Appends payments and waits for their vectors, with a restart of the service behind each batch. */
  async pay(payments: readonly Payment[], batch = payments.length): Promise<void> {
    for (let from = 0; from < payments.length; from += batch) {
      await this.begin();
      for (const { id, partition, customer, amount, time } of payments.slice(from, from + batch)) {
        const at = new Date(time).toISOString();
        const event = {
          transaction_id: id,
          event_time: at,
          customer_id: customer,
          terminal_id: 'T1',
          amount,
        };
        await this.observe(OBSERVATIONS, partition, event, customer, at);
      }
      await this.untilRecords(VECTORS, (await this.records(OBSERVATIONS)).length);
      await this.stop();
    }
  }

  async assert(assertions: readonly Assertion[]): Promise<void> {
    for (const { payment, partition, fraud, knownAt } of assertions) {
      const known_at = new Date(knownAt).toISOString();
      await this.observe(
        LABELS,
        partition,
        { known_at, transaction_id: payment, is_fraud: fraud },
        'C',
        known_at,
      );
    }
  }

  private observe(topic: string, partition: number, event: object, key: string, time: string): Promise<void> {
    const offset = this.counts.get(`${topic}${partition}`) ?? 0;
    this.counts.set(`${topic}${partition}`, offset + 1);
    const id = `${partition}-${offset}`;
    return this.raw(topic, Buffer.from(JSON.stringify(event)), { partition, key, id, time });
  }

  request(overrides: Partial<Request> = {}, revision = '1'): Request {
    const { sample } = TrainingRequested;
    return {
      ...sample,
      run: `run-0-${this.requests}`,
      service: {
        ...sample.service,
        revision,
        digest: this.digest,
        features: [...this.compiled.features],
      },
      label: { ...sample.label, maturity_ms: DAY },
      split: { by: 'random', holdout: 0.3, seed: 1 },
      ...overrides,
    };
  }

  /** What the service answers to a request: the fact's value, built or failed. */
  async answer(request: Request): Promise<Record<string, unknown>> {
    await this.begin();
    await this.fact(TOPICS.requests, TrainingRequested, request, { id: `0-${this.requests++}` });
    const records = await this.untilRecords(TOPICS.datasets, this.requests);
    await this.stop();
    return JSON.parse(String(records.at(-1)!.value)) as Record<string, unknown>;
  }

  async build(request: Request): Promise<EventOf<typeof DatasetBuilt>> {
    return decodeEvent(DatasetBuilt, Buffer.from(JSON.stringify(await this.answer(request))));
  }

  /** Flips a bit in the middle of a stored artifact. */
  damage(digest: string): void {
    const [, bytes] = [...this.artifacts.objects].find(([key]) => key.endsWith(digest))!;
    bytes[bytes.length >> 1]! ^= 1;
  }

  rebuild(options: Pick<RebuildDatasetOptions, 'manifest' | 'source' | 'into'>): Promise<RebuiltDataset> {
    const { log, artifacts, namespace } = this;
    return rebuildDataset({ log, artifacts, namespace, ...options });
  }
}
