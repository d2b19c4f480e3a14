import {
  AlertRaised,
  AlertResolved,
  AliasAssigned,
  HEADERS,
  ModelVersionRegistered,
  RolloutChanged,
  TOPICS,
  TrainingRequested,
  TrainingRunCancelled,
  TrainingRunFailed,
  TrainingRunRejected,
  TriggerSuppressed,
  decodeEvent,
  qualify,
  type EventOf,
} from '#contracts';
import { readRecords, type EventLog, type LogRecord } from '#eventlog';
import { formatPosition } from '#kernel';

/** A decision of the platform, as it stands on the log. */
export interface Step {
  readonly what:
    'alert' | 'resolved' | 'request' | 'suppressed' | 'run-ended' | 'version' | 'alias' | 'rollout';
  /** `<topic>:<partition>-<offset>`. */
  readonly position: string;
  /** Append time, epoch ms. */
  readonly at: number;
  /** One sentence for people. */
  readonly says: string;
  readonly version?: number;
  readonly run?: string;
  /** Of an alert. */
  readonly kind?: string;
  readonly subject?: string;
  /** Of an alert: the window of event time that made it. */
  readonly window?: { readonly start: string; readonly end: string };
  /** Of an alias or a rollout: who decided. */
  readonly by?: string;
  readonly change?: string;
  readonly alias?: string;
  readonly passed?: boolean;
  /** Of a request: what it goes back to. */
  readonly cause?: { readonly trigger: string; readonly reference?: string };
}

const FOLLOWED = [TOPICS.alerts, TOPICS.requests, TOPICS.runs, TOPICS.models, TOPICS.rolloutChanges] as const;

const ROLLOUT_IS_OVER = new Set(['completed', 'aborted', 'superseded']);

/** Follows what the platform decides by itself, as any outside program can: from the log. */
export class LoopStory {
  readonly steps: Step[] = [];
  private readonly read = new Map<string, number>();
  private readonly underWay = new Set<string>();
  private rolling = false;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly namespace: string,
    private readonly model: string,
    private readonly deployment: string,
    private readonly onStep: (step: Step) => void = () => undefined,
  ) {}

  /** Takes in what has been decided since; one look at a time. */
  async look(): Promise<void> {
    this.asking ??= this.lookOnce().finally(() => (this.asking = undefined));
    await this.asking;
  }

  /** Whether a run or a rollout is under way. */
  get isBusy(): boolean {
    return this.isTraining || this.rolling;
  }

  /** Whether a run has been asked for that has not ended. */
  get isTraining(): boolean {
    return this.underWay.size > 0;
  }

  /** Whether the newest version is one by policy that passed its gates and has not been promoted yet. */
  get isPromoting(): boolean {
    const newest = this.steps.findLast((step) => step.what === 'version');
    if (!newest?.passed || newest.version! <= (this.champion() ?? 0)) return false;
    return this.of('request').some(({ run, by }) => run === newest.run && by === 'retraining policy');
  }

  /** The version that the alias names, as far as has been seen. */
  champion(alias = 'champion'): number | undefined {
    return this.steps.findLast((step) => step.what === 'alias' && step.alias === alias)?.version;
  }

  of(what: Step['what']): Step[] {
    return this.steps.filter((step) => step.what === what);
  }

  private async lookOnce(): Promise<void> {
    const found: Step[] = [];
    for (const name of FOLLOWED) {
      const topic = qualify(this.namespace, name);
      if ((await this.log.partitionCount(topic)) === undefined) continue;
      for (const { partition, start, end } of await this.log.ends(topic)) {
        const key = `${topic}:${partition}`;
        for await (const record of readRecords(
          this.log,
          topic,
          partition,
          this.read.get(key) ?? start,
          end,
        )) {
          const step = this.stepOf(record, `${name}:${formatPosition(partition, record.offset)}`);
          if (step) found.push(step);
        }
        this.read.set(key, end);
      }
    }
    for (const step of found.sort((a, b) => a.at - b.at)) {
      this.steps.push(step);
      this.onStep(step);
    }
  }

  private stepOf(record: LogRecord, position: string): Step | undefined {
    const told = this.told(record);
    return told && { position, at: record.timestamp, ...told };
  }

  private told({ headers, value }: LogRecord): Omit<Step, 'position' | 'at'> | undefined {
    switch (headers.text(HEADERS.type)) {
      case AlertRaised.type:
        return this.alert('alert', decodeEvent(AlertRaised, value));
      case AlertResolved.type:
        return this.alert('resolved', decodeEvent(AlertResolved, value));
      case TrainingRequested.type:
        return this.request(decodeEvent(TrainingRequested, value));
      case TriggerSuppressed.type: {
        const { model, reason } = decodeEvent(TriggerSuppressed, value);
        return model === this.model ? { what: 'suppressed', says: `no run: ${reason}` } : undefined;
      }
      case TrainingRunFailed.type:
        return this.ended('failed', decodeEvent(TrainingRunFailed, value));
      case TrainingRunRejected.type:
        return this.ended('rejected', decodeEvent(TrainingRunRejected, value));
      case TrainingRunCancelled.type:
        return this.ended('cancelled', {
          message: 'somebody asked for it',
          ...decodeEvent(TrainingRunCancelled, value),
        });
      case ModelVersionRegistered.type:
        return this.version(decodeEvent(ModelVersionRegistered, value));
      case AliasAssigned.type: {
        const { model, alias, version, assigned_by: by, cause } = decodeEvent(AliasAssigned, value);
        const says = `${alias} is ${model}@${version} (${cause} by ${by})`;
        return model === this.model ? { what: 'alias', alias, version, by, says } : undefined;
      }
      case RolloutChanged.type:
        return this.rollout(decodeEvent(RolloutChanged, value));
      default:
        return undefined;
    }
  }

  private alert(
    what: 'alert' | 'resolved',
    { deployment, kind, subject, window, version, message }: EventOf<typeof AlertRaised>,
  ): Omit<Step, 'position' | 'at'> | undefined {
    if (deployment !== this.deployment) return undefined;
    return { what, kind, subject, window, version, says: message };
  }

  private request({
    model,
    run,
    cause,
    requested_by: by,
  }: EventOf<typeof TrainingRequested>): Omit<Step, 'position' | 'at'> | undefined {
    if (model !== this.model) return undefined;
    this.underWay.add(run);
    const says = `${run} is asked for by ${by}${cause?.reason === undefined ? '' : `: ${cause.reason}`}`;
    return { what: 'request', run, by, ...(cause && { cause }), says };
  }

  private ended(
    how: string,
    { model, run, message }: { readonly model: string; readonly run: string; readonly message: string },
  ): Omit<Step, 'position' | 'at'> | undefined {
    if (model !== this.model) return undefined;
    this.underWay.delete(run);
    return { what: 'run-ended', run, says: `${run} ${how}: ${message}` };
  }

  /** A completed run is under way until it is a version. */
  private version({
    model,
    run,
    version,
    passed,
    gates,
  }: EventOf<typeof ModelVersionRegistered>): Omit<Step, 'position' | 'at'> | undefined {
    if (model !== this.model) return undefined;
    this.underWay.delete(run);
    const failed = gates.filter((gate) => !gate.passed).map(({ metric, value }) => `${metric} ${value}`);
    const verdict = passed ? 'passes its gates' : `does not pass: ${failed.join(', ')}`;
    return { what: 'version', run, version, passed, says: `${model}@${version} ${verdict}` };
  }

  private rollout({
    deployment,
    change,
    reason,
    changed_by: by,
    rollout: { version },
  }: EventOf<typeof RolloutChanged>): Omit<Step, 'position' | 'at'> | undefined {
    if (deployment !== this.deployment) return undefined;
    this.rolling = !ROLLOUT_IS_OVER.has(change);
    return { what: 'rollout', change, by, version, says: `${change}: ${reason}` };
  }
}
