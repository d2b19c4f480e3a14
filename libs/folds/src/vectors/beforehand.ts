import { canonicalKey, partitionOf } from '#kernel';
import type { FeatureEvent } from '#features';
import type { Part } from '../stages/part';
import { compileStage, type Stage } from '../stages/stage';
import type { StageState } from '../stages/on-inputs';
import { PartitionState } from './partition-state';
import type { ServiceDefinition } from './services';
import { compileVectorFold, stagesOf, type Vector } from './vector';

/** An event that is not on the log: an observation's value as it would stand there. */
export interface ExpectedEvent {
  readonly value: Buffer;
  readonly fields: FeatureEvent;
  /** Canonical text of its key. */
  readonly key: string;
  /** Event time, epoch ms. */
  readonly time: number;
}

/** The state of a service as it is now: what its folds remember of a partition. */
export interface ServiceState {
  own(partition: number): PartitionState;
  stage(entity: string, partition: number): StageState;
}

/** Where the state stands that decides the vector of an event: the trigger's partition, and one of each stage. */
export interface StatePlaces {
  readonly partition: number;
  readonly stages: readonly {
    readonly entity: string;
    readonly key: string | null;
    readonly partition: number;
  }[];
}

/**
 * The vector that an event would have if it came now, to the bit: the folds of the stream themselves, over a copy of what they
 * remember of the entities that it names. Nothing is folded into the state. The vector's trigger is the empty text: it has no position.
 */
export const compileBeforehand = (service: ServiceDefinition) => {
  const { trigger } = service.revisions[0]!.compiled;
  const fold = compileVectorFold(service);
  const stages = stagesOf(service).map((entity): readonly [string, Stage] => [
    entity,
    compileStage(entity)(service),
  ]);

  const placesOf = ({ fields, key }: ExpectedEvent): StatePlaces => {
    const partition = partitionOf(Buffer.from(key), trigger.partitions);
    return {
      partition,
      stages: stages.map(([entity]) => {
        const name = canonicalKey(fields[entity]);
        // As the router sends it: a trigger that names no entity stays in the number of its partition.
        const at = name === null ? partition : partitionOf(Buffer.from(name), trigger.partitions);
        return { entity, key: name, partition: at };
      }),
    };
  };

  const partOf = (
    stage: Stage,
    state: StageState,
    key: string | null,
    event: ExpectedEvent,
  ): Part['values'] => {
    const fields = stage.read(trigger.stream, event);
    const values: Record<string, readonly (number | null)[]> = {};
    for (const { definition, revisions, fold: stageFold } of stage.definitions) {
      const copy = stageFold.copyOf(state.of(definition), key);
      const own = stageFold.values(copy, fields, key, event.time);
      for (const revision of revisions) values[revision] = own;
    }
    return values;
  };

  const vectorOf = (event: ExpectedEvent, state: ServiceState): Vector => {
    const { partition, stages: places } = placesOf(event);
    const parts = new Map<string, Part>();
    places.forEach(({ entity, key, partition: at }, i) =>
      parts.set(entity, {
        trigger: { partition, offset: 0, k: 0 },
        stage: entity,
        values: partOf(stages[i]![1], state.stage(entity, at), key, event),
      }),
    );
    const own = state.own(partition);
    const copy = new PartitionState();
    for (const revision of service.revisions)
      copy.parts.set(revision.digest, revision.engine.copyOf(own.of(revision), event.key));
    return fold(copy, event.value, '', parts);
  };

  /** Estimated bytes of what is held of one partition. */
  const bytesOf = (partition: number, state: ServiceState): number => {
    const own = state.own(partition);
    let bytes = 0;
    for (const { digest, engine } of new Map(service.revisions.map((each) => [each.digest, each])).values())
      bytes += engine.stats(own.parts.get(digest) ?? engine.createState()).approximateBytes;
    for (const [entity, { definitions }] of stages)
      for (const { definition, fold: stageFold } of definitions)
        bytes += stageFold.bytes(state.stage(entity, partition).of(definition));
    return bytes;
  };

  return { stages: stages.map(([entity]) => entity), placesOf, vectorOf, bytesOf };
};
