import { DeploymentUpdated, TOPICS, type Deployments, type EventOf } from '#contracts';
import type { EventLog, FollowedTopic, LogProducer } from '#eventlog';
import { ModelShelf } from '#folds';
import { TransientFailure } from '#kernel';
import { trainerOf } from '#learn';
import { followDeployments } from '#runtime';
import { ServiceWorld } from '#testing';
import { InferenceDesk, ServedModels, followRegisteredModels } from '../inference';
import { AnsweredRequests, type AnsweredRequestsOptions } from './answered-requests';

export const REQUESTS = TOPICS.servingRequests('fraud');

/** A linear model of two features. */
const modelBytes = (slope: number): Uint8Array => {
  const columns = [Float64Array.of(0, 1, 2, 3, 4, 5), Float64Array.of(0, 1, 0, 1, 0, 1)];
  const labels = columns[0]!.map((value) => slope * value);
  return trainerOf('linear')
    .fit({ featureNames: ['a', 'b'], columns, labels }, { l2: 0 }, { task: 'regression', seed: 0 })
    .toOnnx();
};

/** A desk with the log of its requests, over the log in memory; the log can be away, or slow. */
export class RequestsWorld extends ServiceWorld {
  desk!: InferenceDesk;
  requests!: AnsweredRequests;
  control!: FollowedTopic<Deployments>;
  /** Every send is refused while it is true. */
  isAway = false;
  /** A send waits for it. */
  gate: Promise<void> = Promise.resolve();
  sends = 0;
  private ids = 0;

  /** The log as its producers see it. */
  private reached(): EventLog {
    const view = Object.create(this.log) as EventLog;
    view.producer = (): LogProducer => {
      const inner = this.log.producer();
      return {
        send: async (records) => {
          await this.gate;
          if (this.isAway) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the broker is away');
          this.sends += 1;
          return inner.send(records);
        },
        close: () => inner.close(),
      };
    };
    return view;
  }

  static async make(
    deployment: Partial<EventOf<typeof DeploymentUpdated>>,
    options: Partial<AnsweredRequestsOptions> = {},
  ): Promise<RequestsWorld> {
    const world = new RequestsWorld('serving');
    await world.topics(1, TOPICS.deployments, TOPICS.models);
    await world.deploy(deployment);
    await world.start((serviceLog) => {
      world.control = followDeployments(serviceLog);
      const shelf = new ModelShelf({ artifacts: world.artifacts });
      const { sleep, logger, clock, metrics } = world.ports;
      const { control } = world;
      const registered = followRegisteredModels(serviceLog);
      const models = new ServedModels({ control, registered, shelf, batching: {}, sleep, logger });
      world.requests = new AnsweredRequests({
        log: world.reached(),
        serviceLog,
        ...{ control, clock, sleep, logger, metrics },
        instance: 'test',
        maxQueuedBytes: 1_000_000,
        durableWaitMs: 200,
        retentionMs: 0,
        ...options,
      });
      world.desk = new InferenceDesk({
        models,
        clock,
        nextId: () => `made-${world.ids++}`,
        requestLog: world.requests,
      });
      const stop = async (): Promise<void> => {
        await Promise.all([control.stop(), registered.stop()]);
        await shelf.close();
      };
      return [{ start: () => models.start(), stop }, world.requests];
    });
    return world;
  }

  async deploy(overrides: Partial<EventOf<typeof DeploymentUpdated>>): Promise<void> {
    const artifact = await this.artifacts.put(modelBytes(2));
    const { sample } = DeploymentUpdated;
    await this.fact(TOPICS.deployments, DeploymentUpdated, {
      ...sample,
      task: 'regression',
      routes: [{ ...sample.routes[0]!, version: 1, artifact, features: ['a', 'b'] }],
      ...overrides,
    });
  }
}
