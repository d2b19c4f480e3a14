import { TOPICS, type CompiledFeatureService } from '#contracts';
import type { EventLog, FoldRunner, FollowedTopic } from '#eventlog';
import { NoControl, resumeAmong } from '#eventlog';
import {
  Alignment,
  newest,
  onInputs,
  onSource,
  type ServiceDefinition,
  type Services,
  type StageState,
} from '#folds';
import type { Clock } from '#kernel';
import type { ServiceLog, Worker } from '#runtime';
import type { StageMeter } from './stage-meter';
import { placesOf, type WarmUpReports } from './warm-up';

export interface StageWorkerParts {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly control: FollowedTopic<Services>;
  readonly clock: Clock;
  /** How long a source is held back at most, for one that is behind it in event time. */
  readonly alignWaitMs?: number;
  readonly meter: StageMeter;
}

/** A stage of a feature service: what it is called, and what is routed to it. */
export interface StagePlan {
  readonly entity: string;
  /** The trigger first. */
  readonly streams: readonly string[];
}

/**
 * One stage of a feature service: routers that bring the streams into one order by entity, kept together in event time, and the fold of
 * that order.
 */
export class StageWorker implements Worker {
  private readonly alignment: Alignment;
  private routers: FoldRunner<null, undefined>[] = [];
  private stage: FoldRunner<StageState, Services> | undefined;

  constructor(
    private readonly service: ServiceDefinition,
    private readonly plan: StagePlan,
    private readonly parts: StageWorkerParts,
    private readonly warmUps: WarmUpReports,
  ) {
    const { log, clock, alignWaitMs = 10_000 } = parts;
    const { alignMs } = newest(service).compiled;
    this.alignment = new Alignment({ log, clock, alignMs, waitMs: alignWaitMs });
  }

  /** By how much one source is ahead of another, in ms of event time. */
  get gapMs(): number {
    return this.alignment.gapMs;
  }

  async start(): Promise<void> {
    const { serviceLog, control } = this.parts;
    const { name } = this.service;
    const { entity, streams } = this.plan;
    const trigger = streams[0]!;
    const inputs = TOPICS.featureInputs(name, entity);
    const partitions = await serviceLog.awaitTopic(TOPICS.observations(trigger));
    await serviceLog.ensureTopics([
      { name: inputs, partitions },
      { name: TOPICS.parts(name), partitions },
    ]);
    const parts = serviceLog.topic(TOPICS.parts(name));
    this.stage = serviceLog.runner({
      fold: onInputs({ service: name, entity, trigger, parts }),
      source: inputs,
      control,
      warmed: this.warmUps.of({
        service: name,
        topic: inputs,
        definitionOf: ({ digest }) => digest,
        placesOf,
      }),
    });
    await this.warmUps.start();
    await this.stage.start();

    for (const stream of streams) await serviceLog.awaitTopic(TOPICS.observations(stream));
    this.routers = streams.map((stream) => {
      const source = TOPICS.observations(stream);
      return serviceLog.runner({
        fold: onSource({
          service: name,
          entity,
          stream,
          trigger,
          inputs: { topic: serviceLog.topic(inputs), partitions },
          parts,
        }),
        source,
        control: new NoControl(),
        // Offsets that were committed are gone after a restore; what was routed still stands.
        startAt: (partition) =>
          resumeAmong(this.parts.log, serviceLog.topic(inputs), { topic: source, partition }),
        gate: this.alignment.gate(serviceLog.topic(source), jumpOf(newest(this.service).compiled, stream)),
      });
    });
    await Promise.all(this.routers.map((router) => router.start()));
    this.alignment.begin();
    this.parts.meter.add(name, entity, this);
  }

  async stop(): Promise<void> {
    this.parts.meter.remove(this);
    await Promise.all(this.routers.map((router) => router.stop()));
    await this.stage?.stop();
    await this.warmUps.stop();
  }

  status(): unknown {
    return {
      gapMs: this.gapMs,
      stage: this.stage?.status(),
      routers: this.routers.map((router) => router.status()),
    };
  }
}

/** `jump` of a stream, in ms: the largest of the service where only its trigger is of that stream. */
const jumpOf = ({ views }: CompiledFeatureService, stream: string): number => {
  const own = views.filter((view) => view.stream.name === stream);
  return Math.max(...(own.length > 0 ? own : views).map((view) => view.stream.jump));
};

/** The stages of every revision that vectors carry or will carry, each with all that is routed to it. */
export const stagePlansOf = ({ revisions, warming }: ServiceDefinition): StagePlan[] => {
  const plans = new Map<string, Set<string>>();
  for (const { compiled } of [...revisions, ...warming])
    for (const { entity, streams } of compiled.stages ?? []) {
      const known = plans.get(entity) ?? new Set();
      for (const stream of streams) known.add(stream);
      plans.set(entity, known);
    }
  return [...plans].map(([entity, streams]) => ({ entity, streams: [...streams] }));
};
