import { ModelVersionRegistered, TOPICS, type EventOf } from '#contracts';
import { HotPath, compiledOf, modelBytes, projectOf } from '../replay.testing';

const LABELS = TOPICS.observations('fraud-labels');

/** The hot path with versions in the registry and labels that came later. */
export class JudgedHotPath extends HotPath {
  private told = 0;

  static override make(): Promise<JudgedHotPath> {
    return JudgedHotPath.prepare(new JudgedHotPath('feature'));
  }

  static async prepare(world: JudgedHotPath): Promise<JudgedHotPath> {
    await world.topics(1, TOPICS.definitions, TOPICS.deployments, TOPICS.servingStatus, TOPICS.models);
    await world.topics(1, TOPICS.deadLetters('feature'), TOPICS.deadLetters('serving'));
    await world.topics(
      2,
      TOPICS.observations('payments'),
      TOPICS.vectors('spend'),
      TOPICS.predictions('risk'),
    );
    await world.topics(4, LABELS);
    return world;
  }

  /** `slope` of its model: the version, unless another is said. */
  async register(
    version: number,
    over: Partial<EventOf<typeof ModelVersionRegistered>> = {},
    slope = version,
  ): Promise<void> {
    const { sample } = ModelVersionRegistered;
    const { digest, compiled } = compiledOf(projectOf());
    await this.fact(TOPICS.models, ModelVersionRegistered, {
      ...sample,
      model: 'risk',
      version,
      task: 'regression',
      artifact: await this.artifacts.put(modelBytes(slope)),
      service: { ...sample.service, name: 'spend', revision: '1', digest, features: [...compiled.features] },
      ...over,
    });
  }

  /** A label of payment `p-<n>`, known at a time; a later one about the same payment corrects it. */
  async label(n: number, value: number | boolean | null, knownAt: string): Promise<void> {
    const event = {
      label_id: `l-${this.told}`,
      known_at: knownAt,
      transaction_id: `p-${n}`,
      is_fraud: value,
    };
    const partition = n % 4;
    await this.raw(LABELS, Buffer.from(JSON.stringify(event)), {
      type: 'ingestion.observation.recorded',
      partition,
      id: `${partition}-${this.told++}`,
      time: knownAt,
    });
  }
}
