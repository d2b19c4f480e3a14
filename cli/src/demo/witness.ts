import { PredictionMade, TOPICS, VectorComputed, decodeEvent, qualify, type EventOf } from '#contracts';
import { readTopic } from '#eventlog';
import { timestampMs } from '#kernel';
import type { Actors } from './actors';
import { openVersion } from './open-version';
import type { LoopStory } from './story';
import type { Delivery } from './webhook';
import type { World } from './world';

/** A vector as it stands on the log. */
export interface RecordedVector {
  /** `<partition>-<offset>`. */
  readonly position: string;
  readonly time: number;
  readonly fact: EventOf<typeof VectorComputed>;
}

export interface Circumstances extends Actors {
  readonly plan: World;
  readonly story: LoopStory;
  /** What the demo's own receiver got; undefined where no definition names it. */
  readonly deliveries: readonly Delivery[] | undefined;
  /** When the first event after the drift was sent, epoch ms. */
  readonly driftedAt: number | null;
  /** The first version that served. */
  readonly first: number;
}

/** Looks at what stands on the log and in the store when a scenario is over. */
export class Witness {
  private vectorsRead: Promise<readonly RecordedVector[]> | undefined;
  private predictionsRead: Promise<readonly EventOf<typeof PredictionMade>[]> | undefined;

  constructor(readonly about: Circumstances) {}

  /** Every vector of the service, by partition and offset. */
  vectors(): Promise<readonly RecordedVector[]> {
    this.vectorsRead ??= this.topic(TOPICS.vectors(this.about.plan.service.name)).then((records) =>
      records.map(({ partition, offset, value }) => {
        const fact = decodeEvent(VectorComputed, value);
        return { position: `${partition}-${offset}`, time: timestampMs(fact.event_time), fact };
      }),
    );
    return this.vectorsRead;
  }

  predictions(): Promise<readonly EventOf<typeof PredictionMade>[]> {
    this.predictionsRead ??= this.topic(TOPICS.predictions(this.about.plan.deployment)).then((records) =>
      records.map(({ value }) => decodeEvent(PredictionMade, value)),
    );
    return this.predictionsRead;
  }

  /** When the first prediction by a version was appended, epoch ms. */
  async firstAnswerOf(version: number): Promise<number | null> {
    let first: number | null = null;
    for (const { value, timestamp } of await this.topic(TOPICS.predictions(this.about.plan.deployment)))
      if (decodeEvent(PredictionMade, value).version === version && (first === null || timestamp < first))
        first = timestamp;
    return first;
  }

  /** Event time of the first prediction by a version, epoch ms; Infinity where it made none. */
  async answersSince(version: number): Promise<number> {
    return (await this.predictions()).reduce(
      (first, prediction) =>
        prediction.version === version ? Math.min(first, timestampMs(prediction.event_time)) : first,
      Infinity,
    );
  }

  /** What a version says of vectors, whether it answered them or not; in their order. */
  async scoresOf(version: number, vectors: readonly RecordedVector[]): Promise<Float64Array> {
    const opened = await openVersion(this.about, this.about.plan.model, version);
    const width = opened.features.length;
    const matrix = new Float32Array(vectors.length * width);
    vectors.forEach(({ fact }, row) =>
      fact.values[opened.revision]!.forEach((value, column) => {
        matrix[row * width + column] = value ?? Number.NaN;
      }),
    );
    try {
      return await opened.score(matrix);
    } finally {
      await opened.close();
    }
  }

  private topic(name: string): ReturnType<typeof readTopic> {
    return readTopic(this.about.log, qualify(this.about.platform.namespace, name));
  }
}
