import { TOPICS } from '#contracts';
import { NoControl, resumeAmong, untilAvailable, type EventLog, type FoldRunner } from '#eventlog';
import type { LearnerRequest } from '#fit';
import { Alignment } from '#folds';
import type { Clock } from '#kernel';
import type { StreamLearner } from '#learn';
import type { LogTransport, ServiceLog, Sleep, Worker } from '#runtime';
import { onLearnerInputs } from './on-learner-inputs';
import { routeLabels, routeVectors } from './to-learner-inputs';

export interface LearnerWorkerParts {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly transport: Pick<LogTransport, 'fail'>;
}

/** Vectors and labels stay so close in event time while a backlog is worked off, unless one of them is away for long. */
const ALIGN_MS = 60 * 60_000;
const ALIGN_WAIT_MS = 10_000;
const JUMP_MS = 7 * 86_400_000;
/** A snapshot after so many records, so that a restart, or a state in between, folds seconds and not days. */
const SNAPSHOT_EVERY = 50_000;

type Runner = Pick<FoldRunner<unknown, unknown>, 'start' | 'stop'>;

interface Source {
  /** Below the namespace. */
  readonly topic: string;
  readonly runner: FoldRunner<null, undefined>;
}

/** One model that learns label by label: two routers that bring vectors and labels into one order, and the fold of that order. */
export class LearnerWorker implements Worker {
  private readonly alignment: Alignment;
  private readonly sources: readonly Source[];
  private readonly fold: FoldRunner<StreamLearner, undefined>;
  private stream: StreamLearner | undefined;
  private beginning: Promise<void> = Promise.resolve();
  private readonly running: Runner[] = [];
  private routes = false;
  private stopped = false;

  constructor(
    readonly model: string,
    readonly request: LearnerRequest,
    private readonly parts: LearnerWorkerParts,
  ) {
    const { log, serviceLog, clock } = parts;
    const inputs = TOPICS.learnerInputs(model);
    const alignment = new Alignment({ log, clock, alignMs: ALIGN_MS, waitMs: ALIGN_WAIT_MS });
    const full = serviceLog.topic(inputs);
    const source = (topic: string, fold: ReturnType<typeof routeVectors>): Source => ({
      topic,
      runner: serviceLog.runner({
        fold: { ...fold, name: `${fold.name}-${model}` },
        source: topic,
        control: new NoControl(),
        // Offsets that were committed are gone after a restore; what was routed still stands.
        startAt: (partition) => resumeAmong(log, full, { topic, partition }),
        gate: alignment.gate(serviceLog.topic(topic), JUMP_MS),
      }),
    });
    this.sources = [
      source(TOPICS.vectors(request.service.name), routeVectors(request.service.name, full)),
      source(TOPICS.observations(request.label.stream), routeLabels(request, full)),
    ];
    this.alignment = alignment;
    this.fold = serviceLog.runner({
      fold: onLearnerInputs(request, (stream) => void (this.stream = stream)),
      source: inputs,
      control: new NoControl(),
      snapshotEvery: SNAPSHOT_EVERY,
    });
  }

  /** Begins once its sources are there, and keeps nobody waiting until then. */
  start(): Promise<void> {
    this.beginning = this.begin().catch((error: unknown) =>
      this.parts.transport.fail(`learner ${this.model}`, error),
    );
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.beginning;
    await Promise.all(this.running.map((runner) => runner.stop()));
  }

  status(): unknown {
    return {
      model: this.model,
      progressive: this.stream?.report() ?? null,
      ...this.stream?.sizes,
      fold: this.fold.status(),
      routers: this.sources.map(({ runner }) => runner.status()),
    };
  }

  /** Waits until everything is routed that stands on the sources now; false when it was stopped meanwhile. */
  async caughtUp(signal: AbortSignal): Promise<boolean> {
    const { log, serviceLog, sleep } = this.parts;
    const isOver = (): boolean => this.stopped || signal.aborted;
    while (!this.routes && !isOver()) await sleep(50);
    if (isOver()) return false;
    const wanted = await Promise.all(
      this.sources.map(({ topic }) => untilAvailable(() => log.ends(serviceLog.topic(topic)), sleep)),
    );
    const isRouted = ({ runner }: Source, at: number): boolean => {
      const owned = new Map(runner.status().partitions.map((each) => [each.partition, each.acked]));
      return wanted[at]!.every(({ partition, end }) => end === 0 || (owned.get(partition) ?? 0) >= end);
    };
    while (!isOver() && !this.sources.every(isRouted)) await sleep(50);
    return !isOver();
  }

  private async begin(): Promise<void> {
    const { serviceLog } = this.parts;
    await serviceLog.ensureTopics([{ name: TOPICS.learnerInputs(this.model), partitions: 1 }]);
    if (!(await this.run(this.fold))) return;
    for (const { topic } of this.sources) if (!(await this.exists(topic))) return;
    for (const { runner } of this.sources) if (!(await this.run(runner))) return;
    this.alignment.begin();
    this.routes = true;
  }

  private async run(runner: Runner): Promise<boolean> {
    if (this.stopped) return false;
    this.running.push(runner);
    await runner.start();
    return true;
  }

  private async exists(topic: string): Promise<boolean> {
    const { log, serviceLog, sleep } = this.parts;
    while (!this.stopped) {
      const partitions = await untilAvailable(() => log.partitionCount(serviceLog.topic(topic)), sleep);
      if (partitions !== undefined) return true;
      await sleep(100);
    }
    return false;
  }
}
