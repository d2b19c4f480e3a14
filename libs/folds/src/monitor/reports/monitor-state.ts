import type { EventOf, PartitionAdvanced } from '#contracts';
import type { ReferenceProfile } from '#drift';
import { timestampMs } from '#kernel';
import { decideAlert, decideAlerts, dismissAlert, type AlertFact, type Watching } from './alerts';
import { DeploymentWindows, type StoredWindows } from './deployment-windows';
import {
  concludedDetections,
  decideDetection,
  freshnessVerdict,
  type DetectedFact,
  type FreshnessFact,
} from './happenings';
import type { Gates } from './limits';
import { reportOf, type Report } from './report';
import type { MeasuredFact, ProfiledFact, WatchedWindow } from './watched-window';

type AdvancedFact = EventOf<typeof PartitionAdvanced>;

/** What the decider of monitoring gives because of one fact. */
export interface Decision {
  /** Absent where it is not about a window. */
  readonly report?: Report;
  readonly alerts: readonly AlertFact[];
}

/** Reference profiles by digest; absent where one cannot be read. */
export type References = (profile: string) => ReferenceProfile | undefined;

/**
 * Adds up the parts of each window and decides what is reported and what is an alert: a fold over `monitoring.inputs`.
 *
 * A window is reported when every partition that has given anything has passed its end, and again, with a higher revision,
 * when late rows or labels have come from all of them. The order in which partitions arrive changes no report but its revision. A window
 * by count is closed by the order in which its parts stand on `monitoring.inputs`.
 */
export class MonitorState {
  private readonly deployments = new Map<string, DeploymentWindows>();
  private readonly gates = new Map<string, Gates>();
  private readonly watching = new Map<string, Watching>();

  learnGates(model: string, version: number, gates: Gates): void {
    this.gates.set(`${model}@${version}`, gates);
  }

  addProfile(fact: ProfiledFact, profile: ReferenceProfile | undefined): void {
    this.windowsOf(fact.deployment).addProfile(fact, profile);
  }

  addPerformance(fact: MeasuredFact): void {
    this.windowsOf(fact.deployment).addPerformance(fact);
  }

  /** A partition has given all parts up to here: reports what waited for it, the earliest window first. */
  advance(fact: AdvancedFact, references: References): Decision[] {
    const windows = this.windowsOf(fact.deployment);
    windows.advance(fact.part, fact.partition, timestampMs(fact.through));
    const decisions: Decision[] = [];
    windows.reportDue((window) => decisions.push(this.decide(fact.deployment, window, references)));
    windows.forget();
    return decisions;
  }

  /** A detector fired: told at once, since no window is needed to see it. */
  detect(fact: DetectedFact): Decision[] {
    const alerts = decideDetection(this.watching, fact);
    return alerts.length === 0 ? [] : [{ alerts }];
  }

  checkFreshness(fact: FreshnessFact): Decision[] {
    const { deployment, model, version, newest, now, span } = fact;
    const window = { start: newest, end: now };
    const about = { deployment, model, version, window, report: 1, sources: [span] };
    return [{ alerts: decideAlert(this.watching, about, freshnessVerdict(fact)) }];
  }

  /** An operator says that an alert is over. */
  dismiss(alert: string): void {
    dismissAlert(this.watching, alert);
  }

  private decide(deployment: string, window: WatchedWindow, references: References): Decision {
    const { model, profile: digest, monitor } = window.about!;
    const gates = this.gates.get(`${model}@${window.watched.version}`) ?? [];
    const profile = references(digest);
    const reference = this.windowsOf(deployment).referenceOf(window, profile);
    const report = reportOf(deployment, window, { profile, reference, gates });
    return {
      report,
      alerts: [
        ...decideAlerts(this.watching, report, monitor),
        ...concludedDetections(this.watching, report, monitor),
      ],
    };
  }

  private windowsOf(deployment: string): DeploymentWindows {
    let known = this.deployments.get(deployment);
    if (!known) this.deployments.set(deployment, (known = new DeploymentWindows()));
    return known;
  }

  /** Digests of the reference profiles that the windows of a deployment are counted by. */
  profiles(deployment: string): ReadonlySet<string> {
    return new Set(this.windowsOf(deployment).profiles);
  }

  encode(): string {
    const stored: StoredMonitor = {
      deployments: [...this.deployments].map(([deployment, windows]) => [deployment, windows.toJSON()]),
      gates: [...this.gates],
      watching: [...this.watching],
    };
    return JSON.stringify(stored);
  }

  static decode(text: string): MonitorState {
    const stored = JSON.parse(text) as StoredMonitor;
    const state = new MonitorState();
    for (const [deployment, windows] of stored.deployments)
      state.deployments.set(deployment, DeploymentWindows.fromJSON(windows));
    for (const [version, gates] of stored.gates) state.gates.set(version, gates);
    for (const [key, watching] of stored.watching) state.watching.set(key, watching);
    return state;
  }
}

interface StoredMonitor {
  readonly deployments: readonly (readonly [string, StoredWindows])[];
  readonly gates: readonly (readonly [string, Gates])[];
  readonly watching: readonly (readonly [string, Watching])[];
}
