import { onnx } from 'onnx-proto';
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

/**
 * `100 * a` for whole numbers a from 0 to 99, but infinity at 50: an index beyond its table is an error of the runtime, not an answer. A missing
 * value is 0.
 */
export const pickyModel = (): Uint8Array => {
  const { FLOAT, INT64 } = onnx.TensorProto.DataType;
  const int = (name: string, i: number) =>
    onnx.AttributeProto.create({ name, type: onnx.AttributeProto.AttributeType.INT, i });
  const node = (opType: string, input: string[], output: string, ...attribute: onnx.AttributeProto[]) =>
    onnx.NodeProto.create({ opType, input, output: [output], attribute, name: output });
  const tensor = (name: string, columns: number) =>
    onnx.ValueInfoProto.create({
      name,
      type: {
        tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'rows' }, { dimValue: columns }] } },
      },
    });
  const table = Array.from({ length: 100 }, (_, a) => (a === 50 ? Number.POSITIVE_INFINITY : 100 * a));
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 15 }],
    graph: {
      name: 'picky',
      node: [
        node('Gather', ['input', 'first'], 'a', int('axis', 1)),
        node('IsNaN', ['a'], 'missing'),
        node('Where', ['missing', 'zero', 'a'], 'filled'),
        node('Cast', ['filled'], 'index', int('to', INT64)),
        node('Gather', ['table', 'index'], 'value', int('axis', 0)),
      ],
      initializer: [
        onnx.TensorProto.create({ name: 'first', dims: [1], dataType: INT64, int64Data: [0] }),
        onnx.TensorProto.create({ name: 'zero', dims: [1], dataType: FLOAT, floatData: [0] }),
        onnx.TensorProto.create({ name: 'table', dims: [table.length], dataType: FLOAT, floatData: table }),
      ],
      input: [tensor('input', 2)],
      output: [tensor('value', 1)],
    },
  });
  return onnx.ModelProto.encode(model).finish();
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
