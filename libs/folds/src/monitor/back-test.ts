import type { ReferenceProfile } from '#drift';
import { partitionOf } from '#kernel';
import { isoTime, isoWindow } from './event-window';
import { identityOf } from './identity';
import { LabelJoin, type JoinedLabel } from './parts/label-join';
import type { MeasuredTask } from './parts/performance-part';
import { ProfileState, type Passed } from './parts/profile-state';
import type { MeasuredPart } from './parts/measured-part';
import type { Prediction } from './prediction';
import type { AlertFact } from './reports/alerts';
import type { Gates } from './reports/limits';
import { MonitorState, type Decision } from './reports/monitor-state';
import type { Report } from './reports/report';
import { compileRoutedPrediction, readRoutedPrediction } from './routed-prediction';
import { compileSliceValues, type SliceValues } from './slice-values';
import type { Watch } from './watch';

/** A prediction of the past, with what it was made from. */
export interface PastPrediction {
  /** Its place on the log. */
  readonly partition: number;
  readonly offset: number;
  readonly prediction: Prediction;
  /** As it stands on the log. */
  readonly value: Buffer | null;
  /** What the version read, in its order. */
  readonly values: ArrayLike<number | null>;
  /** Value of the trigger event, where the watch needs it. */
  readonly observation: Buffer | null;
}

export interface BackTestOptions {
  readonly deployment: string;
  readonly model: string;
  /** Undefined: its labels cannot be compared with one number. */
  readonly task: MeasuredTask | undefined;
  readonly partitions: number;
}

/**
 * All folds of monitoring at once over predictions and labels of the past, in the order in which they are given: what a monitor would have
 * reported and raised. It runs the code that runs live; only that nothing is written between the folds.
 */
export class MonitorBackTest {
  private state = new MonitorState();
  private readonly profiles = new Map<number, ProfileState>();
  private readonly joins = new Map<number, LabelJoin>();
  private readonly references = new Map<string, ReferenceProfile | undefined>();
  private readonly compiled = new WeakMap<Watch, Compiled>();
  private readonly newest = new Map<string, Report>();
  private readonly happened: AlertFact[] = [];

  constructor(private readonly options: BackTestOptions) {}

  learnGates(version: number, gates: Gates): void {
    this.state.learnGates(this.options.model, version, gates);
  }

  /** Whether the trigger event of a prediction under this watch must be given. */
  needsObservation(watch: Watch): boolean {
    return this.compiledOf(watch).slices?.needsObservation ?? false;
  }

  predict(past: PastPrediction, watch: Watch, reference: ReferenceProfile | undefined): void {
    const { deployment, partitions } = this.options;
    const { partition, offset, prediction, values, observation } = past;
    const { eventId, time, score, decision, route } = prediction;
    this.references.set(watch.profile, reference);
    const { slices: sliced, render } = this.compiledOf(watch);
    const slices = sliced?.of(values, observation);
    const identity = watch.monitor?.quality?.duplicates === undefined ? undefined : identityOf(past.value);
    const row = { offset, time, score: score ?? null, decision, route, values, identity, slices };
    let state = this.profiles.get(partition);
    if (!state) this.profiles.set(partition, (state = ProfileState.empty()));
    const { chunk, passed } = state.fold(row, watch, reference, partition);
    if (passed) {
      for (const part of passed.parts)
        this.state.addProfile(part.toFact(`serving.predictions.${deployment}`, partition), reference);
      this.advance('profiled', partition, passed.through);
    }
    if (score === undefined || !this.options.task) return;
    const home = partitionOf(Buffer.from(eventId), partitions);
    const { joined } = readRoutedPrediction(Buffer.from(render(prediction, score, { chunk, slices })));
    const join = this.joinOf(home, this.options.task);
    this.measured(home, join, join.foldPrediction(eventId, joined), offset);
  }

  label(eventId: string, label: JoinedLabel): void {
    const { task, partitions } = this.options;
    if (!task) return;
    const home = partitionOf(Buffer.from(eventId), partitions);
    const join = this.joinOf(home, task);
    this.measured(home, join, join.foldLabel(eventId, label), label.offset);
  }

  /** Tells what labels changed since windows were passed. */
  tick(): void {
    for (const [partition, join] of this.joins) this.measured(partition, join, join.tick(), 0);
  }

  /** Goes on from the snapshots of all folds, as after a restart. */
  restart(): void {
    this.state = MonitorState.decode(this.state.encode());
    for (const [partition, profile] of this.profiles)
      this.profiles.set(partition, ProfileState.decode(profile.encode()));
    for (const [partition, join] of this.joins)
      this.joins.set(partition, LabelJoin.decode(join.encode(), join.task));
  }

  /** Newest revision of each window, in order. */
  get reports(): Report[] {
    return [...this.newest.values()].sort(
      (a, b) => compareText(a.window.start, b.window.start) || a.version - b.version,
    );
  }

  /** Raised and resolved, as they came. */
  get alerts(): readonly AlertFact[] {
    return this.happened;
  }

  private measured(
    partition: number,
    join: LabelJoin,
    passed: Passed<MeasuredPart> | undefined,
    offset: number,
  ): void {
    const { deployment, model } = this.options;
    const topic = `monitoring.inputs.${deployment}`;
    for (const { eventId, time, window, ...detection } of join.takeDetections()) {
      const span = { topic, partition, from: offset, to: offset + 1 };
      const about = {
        deployment,
        model,
        event_id: eventId,
        event_time: isoTime(time),
        window: isoWindow(window),
      };
      this.take(this.state.detect({ ...about, ...detection, span }));
    }
    if (!passed) return;
    for (const part of passed.parts) this.state.addPerformance(part.toFact(deployment));
    this.advance('measured', partition, passed.through);
  }

  private advance(part: 'profiled' | 'measured', partition: number, through: number): void {
    const { deployment } = this.options;
    const fact = { deployment, part, partition, through: isoTime(through) };
    this.take(this.state.advance(fact, (digest) => this.references.get(digest)));
  }

  private take(decisions: readonly Decision[]): void {
    for (const { report, alerts } of decisions) {
      this.happened.push(...alerts);
      if (report)
        this.newest.set(
          `${report.number ?? `${report.window.start}/${report.window.end}`}/${report.version}/${report.threshold}`,
          report,
        );
    }
  }

  private joinOf(partition: number, task: MeasuredTask): LabelJoin {
    let join = this.joins.get(partition);
    if (!join) this.joins.set(partition, (join = new LabelJoin(task)));
    return join;
  }

  private compiledOf(watch: Watch): Compiled {
    let compiled = this.compiled.get(watch);
    if (!compiled) {
      compiled = { slices: compileSliceValues(watch), render: compileRoutedPrediction(watch) };
      this.compiled.set(watch, compiled);
    }
    return compiled;
  }
}

interface Compiled {
  readonly slices: SliceValues | undefined;
  readonly render: ReturnType<typeof compileRoutedPrediction>;
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
