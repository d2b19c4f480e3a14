import type { Static, TSchema } from 'typebox';
import {
  DeploymentUpdated,
  HEADERS,
  TOPICS,
  decodeEvent,
  type Deployments,
  type EventContract,
  type EventOf,
  type RouteFact,
} from '#contracts';
import type { FollowedTopic } from '#eventlog';
import { ModelShelf } from '#folds';
import { trainerOf } from '#learn';
import { followDeployments } from '#runtime';
import { ServiceWorld } from '#testing';
import { ServingStatus } from './effects/serving-status';
import { servingFleet } from './serving.topology';

export const VECTORS = TOPICS.vectors('fraud');
export const PREDICTIONS = TOPICS.predictions('fraud');
export const SHADOWS = TOPICS.shadows('fraud');

/** A linear model of two features; `slope` tells versions apart. */
export const modelBytes = (slope: number): Uint8Array => {
  const columns = [Float64Array.of(0, 1, 2, 3, 4, 5), Float64Array.of(0, 1, 0, 1, 0, 1)];
  const labels = columns[0]!.map((value) => slope * value);
  return trainerOf('linear')
    .fit({ featureNames: ['a', 'b'], columns, labels }, { l2: 0 }, { task: 'regression', seed: 0 })
    .toOnnx();
};

export interface Prediction {
  readonly version: number;
  readonly route: string;
  readonly output: { readonly value: number | null };
  readonly decision?: boolean;
  readonly vector: string;
}

export class ServingWorld extends ServiceWorld {
  control!: FollowedTopic<Deployments>;
  private readonly slopes = new Map<number, string>();

  static async make(): Promise<ServingWorld> {
    const world = new ServingWorld('serving');
    await world.topics(1, TOPICS.deployments);
    await world.topics(2, VECTORS);
    return world;
  }

  begin(instance = 'test'): Promise<void> {
    return this.start((serviceLog) => {
      this.control = followDeployments(serviceLog);
      const shelf = new ModelShelf({ artifacts: this.artifacts });
      const status = new ServingStatus({ ...this.ports, serviceLog, instance });
      return [
        status,
        servingFleet(this.control, {
          serviceLog,
          shelf,
          status,
          logger: this.ports.logger,
          transport: this.transport,
        }),
      ];
    });
  }

  /** Lets a version of slope `version` answer. */
  async deploy(version: number, overrides: Partial<EventOf<typeof DeploymentUpdated>> = {}): Promise<void> {
    const { sample } = DeploymentUpdated;
    await this.fact(TOPICS.deployments, DeploymentUpdated, {
      ...sample,
      task: 'regression',
      threshold: 5,
      from: 'beginning',
      routes: [await this.route('champion', version)],
      ...overrides,
    });
  }

  /** One of slope `version`, or of a model of its own. */
  async route(
    route: string,
    version: number,
    options: { share?: number; revision?: string; model?: Uint8Array } = {},
  ): Promise<RouteFact> {
    const { model, ...rest } = options;
    const artifact = model
      ? await this.artifacts.put(model)
      : (this.slopes.get(version) ?? (await this.artifacts.put(modelBytes(version))));
    if (!model) this.slopes.set(version, artifact);
    return {
      ...DeploymentUpdated.sample.routes[0]!,
      route,
      version,
      artifact,
      features: ['a', 'b'],
      ...rest,
    };
  }

  async vector(
    n: number,
    a: number,
    options: { partition?: number; revision?: string; id?: string; key?: string } = {},
  ): Promise<void> {
    const { partition = 0, revision = '1', key = 'C1' } = options;
    const value = {
      event_id: `tx-${n}`,
      entity: { customer_id: key },
      event_time: '2026-01-01T00:00:00.000Z',
      trigger: `${partition}-${n}`,
      values: { [revision]: [a, null] },
    };
    await this.raw(VECTORS, Buffer.from(JSON.stringify(value)), {
      partition,
      key,
      id: options.id ?? `${partition}-${n}`,
    });
  }

  predictions(): Promise<Prediction[]> {
    return this.values<Prediction>(PREDICTIONS);
  }

  /** Facts of one type on `serving.status`. */
  async told<S extends TSchema>(contract: EventContract<S>): Promise<Static<S>[]> {
    return (await this.records(TOPICS.servingStatus))
      .filter(({ headers }) => headers.text(HEADERS.type) === contract.type)
      .map(({ value }) => decodeEvent(contract, value));
  }
}
