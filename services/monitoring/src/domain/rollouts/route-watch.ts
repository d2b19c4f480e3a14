import {
  trialOf,
  type DeploymentFact,
  type EventOf,
  type ExperimentMeasured,
  type RolloutJudged,
  type RouteLabelled,
  type RouteMeasured,
} from '#contracts';
import { BinaryPerformance, type BinaryPerformanceData } from '#drift';
import { judgeLimit, messageOf, type Rollout, type Seen } from './judge';
import { RouteCounts, type StoredCounts } from './route-counts';

type RouteReport = EventOf<typeof RouteMeasured>;
type Labels = EventOf<typeof RouteLabelled>;
export type Judged = EventOf<typeof RolloutJudged>;
export type Measured = EventOf<typeof ExperimentMeasured>;

export type Verdict =
  { readonly type: 'judged'; readonly fact: Judged } | { readonly type: 'measured'; readonly fact: Measured };

/** What a version did before a rollout is remembered for so long, by the minute. */
const REMEMBERED_MINUTES = 60;

const MINUTE_MS = 60_000;

/** A step of a rollout as it is watched. */
interface Step {
  /** Tells it from every other step: a step that was begun anew is another. */
  readonly name: string;
  readonly next: RouteCounts;
  readonly before: RouteCounts;
  /** Of the new version and the one before, by their last reports. */
  readonly sources: Record<'next' | 'before' | 'labels', string | null>;
  /** Intervals that were judged. */
  judged: number;
  isBroken: boolean;
}

/**
 * What is known of the routes of one deployment while they are in a rollout or a bandit. A pure fold: the time is that of the reports, and
 * which rollout is watched is what the deployment said at the control position that a report was routed under.
 */
export class RouteWatch {
  /** What each version answered lately, by the minute: what a new one is measured by where the one before answers nobody any more. */
  private readonly lately = new Map<number, Map<number, RouteCounts>>();
  /** Newest control position that was seen: what is routed under an earlier one comes too late to go back there. */
  control = -1;
  /** The rollout or bandit that is watched. */
  private trial: string | null = null;
  /** By `<trial>#<route>/<version>`. */
  private readonly labels = new Map<string, BinaryPerformance>();
  private labelSource: string | null = null;
  /** What the version before answered up to the rollout and since. */
  private baseline = new RouteCounts();
  private step: Step | null = null;
  private bandit: { since: string; trials: number } | null = null;

  /** `at`: when the report was appended, epoch ms. */
  onReport(report: RouteReport, at: number, fact: DeploymentFact): Verdict[] {
    this.enter(fact);
    const started = at - (Date.parse(report.to) - Date.parse(report.from));
    const { rollout } = fact;
    if (rollout && report.route !== 'shadow') this.count(report, rollout, started, at);
    if (report.route !== 'shadow') this.remember(report, at);
    return [...(rollout ? this.judge(fact, rollout, at) : []), ...this.measureArms(fact, at)];
  }

  onLabels(labels: Labels, source: string, fact: DeploymentFact): Verdict[] {
    this.enter(fact);
    const key = labelsKey(labels.trial, labels);
    const counts = BinaryPerformance.fromJSON(labels.counts);
    const known = this.labels.get(key);
    // Decisions at another threshold cannot be added to: they are counted anew.
    if (known?.threshold === counts.threshold) known.merge(counts);
    else this.labels.set(key, counts);
    if (labels.trial !== this.trial) return [];
    this.labelSource = source;
    if (this.step) this.step.sources.labels = source;
    return fact.rollout ? this.judge(fact, fact.rollout, -Infinity) : [];
  }

  /** Another rollout, another step, or none. */
  private enter(fact: DeploymentFact): void {
    const { rollout } = fact;
    const trial = trialOf(fact) ?? null;
    if (trial !== this.trial) {
      this.trial = trial;
      for (const key of this.labels.keys()) if (!key.startsWith(`${trial}#`)) this.labels.delete(key);
      this.labelSource = null;
      this.bandit = null;
      this.baseline = new RouteCounts();
      if (rollout)
        for (const counts of this.lately.get(rollout.baseline)?.values() ?? []) this.baseline.merge(counts);
    }
    if (!rollout) {
      this.step = null;
      return;
    }
    const name = `${rollout.began}/${rollout.step}/${rollout.since}`;
    if (this.step?.name === name) return;
    const sources = { next: null, before: this.step?.sources.before ?? null, labels: this.labelSource };
    this.step = {
      name,
      next: new RouteCounts(),
      before: new RouteCounts(),
      sources,
      judged: 0,
      isBroken: false,
    };
  }

  private count(report: RouteReport, rollout: Rollout, started: number, at: number): void {
    const step = this.step!;
    const since = Date.parse(rollout.since);
    if (report.version === rollout.version) {
      // What lies across the beginning of the rollout may be of an earlier try of the version.
      if (at <= since || (rollout.step === 0 && started < since)) return;
      step.next.add(report);
      step.sources.next = report.reference;
    }
    if (report.version === rollout.baseline) {
      this.baseline.add(report);
      if (at > since) step.before.add(report);
      step.sources.before = report.reference;
    }
  }

  private judge({ deployment }: DeploymentFact, rollout: Rollout, at: number): Verdict[] {
    const step = this.step!;
    const measured = rollout.abort.map((limit) => {
      const next = { counts: step.next, labels: this.labelsOf(rollout.version) };
      const inStep = judgeLimit(limit, next, this.before(rollout, step.before));
      return inStep.verdict === 'undecided'
        ? judgeLimit(limit, next, this.before(rollout, this.baseline))
        : inStep;
    });
    const said = (verdict: Judged['verdict']): Verdict[] => [
      {
        type: 'judged',
        fact: {
          deployment,
          version: rollout.version,
          baseline: rollout.baseline,
          began: rollout.began,
          step: rollout.step,
          since: rollout.since,
          verdict,
          measured,
          message: messageOf(rollout, verdict, measured),
          sources: Object.values(step.sources).filter((source) => source !== null),
        },
      },
    ];
    if (measured.some(({ verdict }) => verdict === 'worse')) {
      if (step.isBroken) return [];
      step.isBroken = true;
      return said('worse');
    }
    const passed = Math.floor((at - Date.parse(rollout.since)) / rollout.interval_ms);
    if (passed <= step.judged || step.isBroken) return [];
    step.judged = passed;
    if (rollout.paused) return [];
    return said(measured.some(({ verdict }) => verdict === 'undecided') ? 'undecided' : 'fine');
  }

  private before({ baseline }: Rollout, counts: RouteCounts): Seen {
    return { counts, labels: this.labelsOf(baseline) };
  }

  /** Labels of all routes of a version. */
  private labelsOf(version: number): BinaryPerformance | undefined {
    const parts = [...this.labels]
      .filter(([key]) => key.startsWith(`${this.trial}#`) && key.endsWith(`/${version}`))
      .map(([, counts]) => counts);
    const [first] = parts;
    if (!first || parts.length === 1) return first;
    const whole = new BinaryPerformance(first.threshold);
    for (const part of parts) if (part.threshold === first.threshold) whole.merge(part);
    return whole;
  }

  /** Once for each time that shares were decided, when the interval is over and labels have come. */
  private measureArms({ deployment, bandit, routes }: DeploymentFact, at: number): Verdict[] {
    if (!bandit || at - Date.parse(bandit.since) < bandit.interval_ms) return [];
    const arms = routes
      .filter(({ route }) => route !== 'shadow')
      .map(({ route, version }) => {
        const report = this.labels.get(labelsKey(this.trial, { route, version }))?.report();
        const { truePositives = 0, falseNegatives = 0, trueNegatives = 0 } = report?.decisions ?? {};
        const successes = truePositives + (bandit.reward === 'label' ? falseNegatives : trueNegatives);
        return { route, version, trials: report?.rows ?? 0, successes };
      });
    const trials = arms.reduce((sum, arm) => sum + arm.trials, 0);
    if (this.bandit?.since === bandit.since || trials === (this.bandit?.trials ?? 0)) return [];
    this.bandit = { since: bandit.since, trials };
    const sources = this.labelSource === null ? [] : [this.labelSource];
    return [{ type: 'measured', fact: { deployment, since: bandit.since, arms, sources } }];
  }

  private remember(report: RouteReport, at: number): void {
    const minute = Math.floor(at / MINUTE_MS);
    let minutes = this.lately.get(report.version);
    if (!minutes) this.lately.set(report.version, (minutes = new Map()));
    let counts = minutes.get(minute);
    if (!counts) minutes.set(minute, (counts = new RouteCounts()));
    counts.add(report);
    for (const [version, known] of this.lately) {
      for (const key of known.keys()) if (key <= minute - REMEMBERED_MINUTES) known.delete(key);
      if (known.size === 0) this.lately.delete(version);
    }
  }

  toJSON(): StoredWatch {
    const { control, trial, labelSource, baseline, step, bandit } = this;
    return {
      control,
      lately: [...this.lately].map(([version, minutes]) => [
        version,
        [...minutes].map(([minute, counts]) => [minute, counts.toJSON()]),
      ]),
      trial,
      labels: [...this.labels].map(([key, counts]) => [key, counts.toJSON()]),
      labelSource,
      baseline: baseline.toJSON(),
      step: step && { ...step, next: step.next.toJSON(), before: step.before.toJSON() },
      bandit,
    };
  }

  static fromJSON({
    control,
    lately,
    trial,
    labels,
    labelSource,
    baseline,
    step,
    bandit,
  }: StoredWatch): RouteWatch {
    const watch = new RouteWatch();
    watch.control = control;
    for (const [version, minutes] of lately)
      watch.lately.set(
        version,
        new Map(minutes.map(([minute, counts]) => [minute, RouteCounts.fromJSON(counts)])),
      );
    for (const [key, counts] of labels) watch.labels.set(key, BinaryPerformance.fromJSON(counts));
    watch.trial = trial;
    watch.labelSource = labelSource;
    watch.baseline = RouteCounts.fromJSON(baseline);
    watch.step = step && {
      ...step,
      sources: { ...step.sources },
      next: RouteCounts.fromJSON(step.next),
      before: RouteCounts.fromJSON(step.before),
    };
    watch.bandit = bandit && { ...bandit };
    return watch;
  }
}

const labelsKey = (trial: string | null, { route, version }: Pick<Labels, 'route' | 'version'>): string =>
  `${trial}#${route}/${version}`;

export interface StoredWatch {
  readonly control: number;
  readonly lately: readonly (readonly [number, readonly (readonly [number, StoredCounts])[]])[];
  readonly trial: string | null;
  readonly labels: readonly (readonly [string, BinaryPerformanceData])[];
  readonly labelSource: string | null;
  readonly baseline: StoredCounts;
  readonly step:
    (Omit<Step, 'next' | 'before'> & { readonly next: StoredCounts; readonly before: StoredCounts }) | null;
  readonly bandit: { readonly since: string; readonly trials: number } | null;
}
