import { TOPICS } from '#contracts';
import type { EventLog, Section, Sections, Snapshots } from '#eventlog';
import {
  PartitionState,
  StageState,
  compileBeforehand,
  compileStage,
  sectionsOf,
  type ExpectedEvent,
  type ServiceDefinition,
  type ServiceState,
  type Vector,
} from '#folds';
import { formatPosition } from '#kernel';
import { FollowedSections } from './followed-sections';

export interface ServiceStateParts {
  readonly log: EventLog;
  readonly namespace: string;
  readonly snapshots: Pick<Snapshots, 'newest'>;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The newest record of each topic that a vector reflects: its position, or null where there is none. */
export type Reflects = Readonly<Record<string, string | null>>;

/**
 * What a feature service knows now, of the trigger's own key and in each stage, followed beside it: each revision that vectors carry, and those
 * that are warmed up to be carried later.
 */
export class FollowedService {
  private readonly own: FollowedSections;
  private readonly stages: ReadonlyMap<string, FollowedSections>;
  private readonly held: ReadonlySet<string>;
  private service!: ServiceDefinition;
  private beforehand!: ReturnType<typeof compileBeforehand>;

  constructor(service: ServiceDefinition, parts: ServiceStateParts) {
    this.own = new FollowedSections({ ...parts, ...ownFold(service), sections: all(sectionsOf(service)) });
    this.stages = new Map(
      stagesOf(service).map((entity) => [
        entity,
        new FollowedSections({
          ...parts,
          fold: 'stage',
          source: TOPICS.featureInputs(service.name, entity),
          sections: all(compileStage(entity)(service).sections),
        }),
      ]),
    );
    this.held = definitionsOf(service);
    this.adopt(service);
  }

  /** Whether all that the service needs is followed here. */
  covers(service: ServiceDefinition): boolean {
    return [...definitionsOf(service)].every((definition) => this.held.has(definition));
  }

  /** Goes on with another state of the same service that it covers: which revisions are carried. */
  adopt(service: ServiceDefinition): void {
    if (service === this.service) return;
    this.service = service;
    this.beforehand = compileBeforehand(service);
  }

  start(): void {
    for (const sections of this.all()) sections.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map((sections) => sections.stop()));
  }

  get caughtUp(): boolean {
    return this.all().every((sections) => sections.caughtUp);
  }

  /** Event time that the partition of a key has come to, epoch ms; -Infinity before its first event. */
  watermarkOf(event: ExpectedEvent): number {
    const { partition } = this.beforehand.placesOf(event);
    return this.state.own(partition).of(this.service.revisions[0]!).watermark.time;
  }

  vectorOf(event: ExpectedEvent): { readonly vector: Vector; readonly reflects: Reflects } {
    const { partition, stages } = this.beforehand.placesOf(event);
    const reflects: Record<string, string | null> = {};
    const note = (topic: string, sections: FollowedSections, at: number): void => {
      const offset = sections.reflects(at);
      reflects[topic] = offset === undefined ? null : formatPosition(at, offset);
    };
    note(ownFold(this.service).source, this.own, partition);
    for (const { entity, partition: at } of stages)
      note(TOPICS.featureInputs(this.service.name, entity), this.stages.get(entity)!, at);
    return { vector: this.beforehand.vectorOf(event, this.state), reflects };
  }

  /** Estimated bytes of all that is held; other work has its turn between two partitions. */
  async bytes(): Promise<number> {
    let bytes = 0;
    for (let partition = 0; partition < this.own.partitions; partition++) {
      bytes += this.beforehand.bytesOf(partition, this.state);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return bytes;
  }

  private readonly state: ServiceState = {
    own: (partition) => {
      const state = new PartitionState();
      for (const [definition, part] of this.own.parts(partition)) state.parts.set(definition, part as never);
      return state;
    },
    stage: (entity, partition) => {
      const state = new StageState();
      for (const [definition, part] of this.stages.get(entity)!.parts(partition))
        state.parts.set(definition, part);
      return state;
    },
  };

  private all(): readonly FollowedSections[] {
    return [this.own, ...this.stages.values()];
  }
}

const ownFold = (service: ServiceDefinition) => ({
  fold: 'vectors',
  source: TOPICS.observations(service.revisions[0]!.compiled.trigger.stream),
  primary: TOPICS.vectors(service.name),
});

const all = ({ carried, warming }: Sections): readonly Section[] => [
  ...new Map([...carried, ...warming].map((section) => [section.definition, section])).values(),
];

const live = ({ revisions, warming }: ServiceDefinition) => [...revisions, ...warming];

const stagesOf = (service: ServiceDefinition): string[] => [
  ...new Set(live(service).flatMap(({ stages }) => stages.map(({ entity }) => entity))),
];

const definitionsOf = (service: ServiceDefinition): ReadonlySet<string> =>
  new Set(live(service).map(({ digest }) => digest));
