import { EnvelopeTemplate, ReplayFinished, TOPICS, encodeEvent } from '#contracts';
import { untilAvailable, type EventLog } from '#eventlog';
import { Refused, messageOf, type Clock } from '#kernel';
import {
  ReplayFolder,
  createVerifyJob,
  listReplays,
  openReplayPorts,
  readFinished,
  runVerifyJob,
  type FinishedReplay,
  type JobStatus,
  type RangeRequest,
  type ReplayPlace,
  type VerifyJob,
} from '#replay';
import type { Logger, ServiceLog, Sleep, Worker } from '#runtime';

export interface ReplayJobsOptions {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  /** Log and store, as the processes of a replay open them. */
  readonly place: ReplayPlace;
  /** Requests and checkpoints lie below `replays` in it; `./playhead replay list` reads the same in a data folder. */
  readonly directory: string;
  /** Processes that work on one replay. */
  readonly workers: number;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

export interface ReplayRequest extends RangeRequest {
  readonly deployment: string;
  /** Source records a second at most. */
  readonly rate?: number;
}

/** A replay as the door shows it. */
export interface ReplayView {
  readonly replay: string;
  readonly deployment: string;
  readonly created: string;
  readonly status: JobStatus['status'] | 'waiting';
  /** Records read by this process, of those in the range over all hops. */
  readonly done: number;
  readonly total: number;
  readonly seconds: number;
  readonly ok?: boolean;
  readonly summary?: Readonly<Record<string, unknown>>;
  readonly report?: string;
  readonly error?: string;
}

interface Turn {
  readonly stop: AbortController;
  done: number;
  hasBegun: boolean;
}

const CHECKPOINT_MS = 10_000;

/**
 * Verifications that are asked for at a door, one after the other, in processes of their own with a low priority of what they may read
 * (`rate`). Each leaves checkpoints: what is paused, or was ended with the service, can be gone on with. What comes out is a fact on
 * `monitoring.replays`.
 */
export class ReplayJobs implements Worker {
  private readonly turns = new Map<string, Turn>();
  private line: Promise<void> = Promise.resolve();
  private readonly template = new EnvelopeTemplate({ type: ReplayFinished.type, source: 'monitoring' });

  constructor(private readonly options: ReplayJobsOptions) {}

  async start(): Promise<void> {
    await this.options.serviceLog.ensureTopics([{ name: TOPICS.monitoringReplays, partitions: 1 }]);
  }

  async stop(): Promise<void> {
    for (const { stop } of this.turns.values()) stop.abort();
    await this.line;
  }

  status(): unknown {
    return { replays: [...this.turns.keys()] };
  }

  /** Plans a verification and puts it in line. */
  async begin({ deployment, rate, ...range }: ReplayRequest, actor: string): Promise<ReplayView> {
    const { directory, workers } = this.options;
    const ports = this.open();
    try {
      const { job, folder } = await createVerifyJob(
        ports,
        directory,
        { deployment, ...range },
        { tolerance: 0, snapshots: true, checkpointMs: CHECKPOINT_MS, ...(rate !== undefined && { rate }) },
        workers,
      );
      this.enqueue(job, folder, actor);
      return await this.view(job.id);
    } finally {
      await ports.close();
    }
  }

  async resume(id: string, actor: string): Promise<ReplayView> {
    const { status } = await this.view(id);
    if (status === 'finished') throw new Refused('PLAYHEAD_CONFLICT', `${id} has ended; begin another`);
    if (!this.turns.has(id)) {
      const folder = ReplayFolder.find(this.options.directory, id);
      this.enqueue((await folder.readJson<VerifyJob>('request.json'))!, folder, actor);
    }
    return this.view(id);
  }

  /** Takes checkpoints and ends; one that only waits leaves the line. */
  async pause(id: string): Promise<ReplayView> {
    const view = await this.view(id);
    const turn = this.turns.get(id);
    if (!turn)
      throw new Refused('PLAYHEAD_CONFLICT', `${id} is ${view.status}; there is nothing to pause here`);
    turn.stop.abort();
    return view;
  }

  /** Newest first. */
  async list(): Promise<ReplayView[]> {
    const ids = await listReplays(this.options.directory);
    return Promise.all(ids.reverse().map((id) => this.view(id)));
  }

  async view(id: string): Promise<ReplayView> {
    const folder = ReplayFolder.find(this.options.directory, id);
    const job = (await folder.readJson<VerifyJob>('request.json'))!;
    const status = await folder.readJson<JobStatus>('status.json');
    const finished = await readFinished(folder);
    const turn = this.turns.get(id);
    const total = job.plan.units.reduce((sum, { from, to }) => sum + to - from, 0);
    return {
      replay: id,
      deployment: job.deployment,
      created: job.created,
      status: statusOf(turn, status),
      done: finished ? total : (turn?.done ?? 0),
      total,
      seconds: status?.seconds ?? 0,
      ...(finished && { ok: finished.findings.ok, summary: summaryOf(finished), report: finished.report }),
      ...(status?.error !== undefined && { error: status.error }),
    };
  }

  private enqueue(job: VerifyJob, folder: ReplayFolder, actor: string): void {
    const turn: Turn = { stop: new AbortController(), done: 0, hasBegun: false };
    this.turns.set(job.id, turn);
    this.line = this.line
      .then(() => this.run(job, folder, turn, actor))
      .catch((error: unknown) =>
        this.options.logger.error({ err: error, replay: job.id }, `a replay failed: ${messageOf(error)}`),
      )
      .finally(() => this.turns.delete(job.id));
  }

  private async run(job: VerifyJob, folder: ReplayFolder, turn: Turn, actor: string): Promise<void> {
    if (turn.stop.signal.aborted) return;
    turn.hasBegun = true;
    const ports = this.open();
    try {
      const finished = await runVerifyJob(ports, job, folder, {
        place: this.options.place,
        signal: turn.stop.signal,
        onRecords: (_, records) => (turn.done += records),
      });
      if (finished) await this.announce(job, finished, actor);
    } finally {
      await ports.close();
    }
  }

  /** The report lies in the store already (law L7). */
  private async announce(job: VerifyJob, finished: FinishedReplay, actor: string): Promise<void> {
    const { log, serviceLog, clock, sleep } = this.options;
    const { report, text, seconds, findings } = finished;
    const value = encodeEvent(ReplayFinished, {
      actor,
      replay: job.id,
      kind: job.kind,
      subject: job.deployment,
      ok: findings.ok,
      summary: summaryOf(finished),
      report,
      text,
      seconds,
    });
    const headers = this.template.headers(job.id, new Date(clock.now()).toISOString());
    const topic = serviceLog.topic(TOPICS.monitoringReplays);
    const producer = log.producer();
    try {
      const record = { topic, partition: 0, key: Buffer.from(job.deployment), value, headers };
      await untilAvailable(() => producer.send([record]), sleep);
    } finally {
      await producer.close();
    }
  }

  private open(): ReturnType<typeof openReplayPorts> {
    const { place, logger } = this.options;
    return openReplayPorts(place, (message) => logger.warn({}, message));
  }
}

/** What a killed process left as running is paused: its checkpoints are there. */
const statusOf = (turn: Turn | undefined, status: JobStatus | undefined): ReplayView['status'] => {
  if (turn) return turn.hasBegun ? 'running' : 'waiting';
  if (!status) return 'paused';
  return status.status === 'running' && status.pid === process.pid ? 'paused' : status.status;
};

const summaryOf = ({ findings }: FinishedReplay): Record<string, unknown> => {
  const { range, records, bitExact, withinTolerance, diverged, engine } = findings;
  return { range, records, bitExact, withinTolerance, diverged, engine };
};
