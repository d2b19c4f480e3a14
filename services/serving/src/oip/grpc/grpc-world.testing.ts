import { DeploymentUpdated, ModelVersionRegistered, TOPICS, type EventOf } from '#contracts';
import { ModelShelf } from '#folds';
import { trainerOf } from '#learn';
import { followDeployments } from '#runtime';
import { ServiceWorld } from '#testing';
import { InferenceDesk, ServedModels, followRegisteredModels } from '../../inference';
import { GrpcDoor } from './grpc-door';
import { inferenceMethods } from './inference-service';

/** A linear model `slope * a` of two features. */
const modelBytes = (slope: number): Uint8Array => {
  const columns = [Float64Array.of(0, 1, 2, 3, 4, 5), Float64Array.of(0, 1, 0, 1, 0, 1)];
  const labels = columns[0]!.map((value) => slope * value);
  return trainerOf('linear')
    .fit({ featureNames: ['a', 'b'], columns, labels }, { l2: 0 }, { task: 'regression', seed: 0 })
    .toOnnx();
};

export interface GrpcWorldOptions {
  readonly port?: number;
  readonly maxMessageBytes?: number;
  readonly maxQueuedRows?: number;
  /** Of the model; two by default. */
  readonly features?: readonly string[];
  readonly task?: 'regression' | 'binary';
  /** The file of a version. */
  readonly model?: (version: number) => Uint8Array;
}

/** The gRPC door on a free port, over a real desk and the log in memory: deployment `fraud` of model `fraud`. */
export class GrpcWorld extends ServiceWorld {
  desk!: InferenceDesk;
  door!: GrpcDoor;
  readonly defects: unknown[] = [];

  private constructor(private readonly options: GrpcWorldOptions) {
    super('serving');
  }

  static async make(options: GrpcWorldOptions = {}): Promise<GrpcWorld> {
    const world = new GrpcWorld(options);
    await world.topics(1, TOPICS.deployments, TOPICS.models);
    await world.deploy(2);
    await world.start((serviceLog) => {
      const control = followDeployments(serviceLog);
      const shelf = new ModelShelf({ artifacts: world.artifacts });
      const { sleep, logger, clock } = world.ports;
      const registered = followRegisteredModels(serviceLog);
      const batching = { maxQueuedRows: options.maxQueuedRows ?? 1_024 };
      const models = new ServedModels({ control, registered, shelf, batching, sleep, logger });
      world.desk = new InferenceDesk({ models, clock, nextId: () => 'made' });
      const methods = inferenceMethods(world.desk, (_, error) => void world.defects.push(error));
      const { port = 0, maxMessageBytes = 1_048_576 } = options;
      world.door = new GrpcDoor(methods, { host: '127.0.0.1', port, maxMessageBytes, logger });
      const stop = async (): Promise<void> => {
        await Promise.all([control.stop(), registered.stop()]);
        await shelf.close();
      };
      return [{ start: () => models.start(), stop }, world.door];
    });
    await world.until('the model is in memory', async () => world.isReady('fraud'));
    return world;
  }

  get address(): string {
    return `127.0.0.1:${this.door.port}`;
  }

  isReady(name: string): boolean {
    try {
      return this.desk.ready(name);
    } catch {
      return false;
    }
  }

  async deploy(version: number, overrides: Partial<EventOf<typeof DeploymentUpdated>> = {}): Promise<void> {
    const { features = ['a', 'b'], task = 'regression', model = modelBytes } = this.options;
    const artifact = await this.artifacts.put(model(version));
    const { sample } = DeploymentUpdated;
    await this.fact(TOPICS.models, ModelVersionRegistered, {
      ...ModelVersionRegistered.sample,
      model: 'fraud',
      version,
      artifact,
      task,
      service: { ...ModelVersionRegistered.sample.service, features: [...features] },
    });
    await this.fact(TOPICS.deployments, DeploymentUpdated, {
      ...sample,
      task,
      routes: [{ ...sample.routes[0]!, version, artifact, features: [...features] }],
      ...overrides,
    });
  }
}
