import type { EventOf, PartitionAdvanced } from '#contracts';
import type { ReferenceProfile } from '#drift';
import { timestampMs } from '#kernel';
import { decideAlerts, dismissAlert, type AlertFact, type Watching } from './alerts';
import { byWindow, watchedKey, type EventWindow } from '../event-window';
import { reportOf, type Gates, type Report } from './report';
import {
  WatchedWindow,
  watchedOf,
  type MeasuredFact,
  type ProfiledFact,
  type StoredWindow,
} from './watched-window';

type AdvancedFact = EventOf<typeof PartitionAdvanced>;
type Part = AdvancedFact['part'];

/** A partition so many windows behind the others is not waited for: what it says later comes in a further revision. */
const PATIENCE_WINDOWS = 2;

/** A window is forgotten so many windows after its labels have matured. */
const KEPT_WINDOWS = 30;

/** What the decider of monitoring gives because of one fact. */
export interface Decision {
  readonly report: Report;
  readonly alerts: readonly AlertFact[];
}

/** The windows of one deployment. */
interface DeploymentWindows {
  readonly windows: Map<string, WatchedWindow>;
  /** Event time that each partition has passed, by part. */
  readonly passed: Record<Part, Map<number, number>>;
}

/** Reference profiles by digest; absent where one cannot be read. */
export type References = (profile: string) => ReferenceProfile | undefined;

/**
 * Adds up the parts of each window and decides what is reported and what is an alert: a fold over `monitoring.inputs`.
 *
 * A window is reported when every partition that has given anything has passed its end, and again, with a higher revision,
 * when late rows or labels have come from all of them. The order in which partitions arrive changes no report but its revision.
 */
export class MonitorState {
  private readonly deployments = new Map<string, DeploymentWindows>();
  private readonly gates = new Map<string, Gates>();
  private readonly watching = new Map<string, Watching>();

  learnGates(model: string, version: number, gates: Gates): void {
    this.gates.set(`${model}@${version}`, gates);
  }

  addProfile(fact: ProfiledFact, reference: ReferenceProfile | undefined): void {
    this.window(fact, fact.maturity_ms)?.addProfile(fact, reference);
  }

  addPerformance(fact: MeasuredFact): void {
    this.window(fact, 0)?.addPerformance(fact);
  }

  /** A partition has given all parts up to here: reports what waited for it, the earliest window first. */
  advance(fact: AdvancedFact, references: References): Decision[] {
    const known = this.windowsOf(fact.deployment);
    const { passed, windows } = known;
    const before = passed[fact.part].get(fact.partition) ?? -Infinity;
    passed[fact.part].set(fact.partition, Math.max(before, timestampMs(fact.through)));
    const due = [...windows.values()]
      .filter((window) => isDue(window, passed))
      .sort((a, b) => byWindow(a.watched, b.watched));
    const decisions = due.map((window) => this.decide(fact.deployment, window, references));
    this.forget(known);
    return decisions;
  }

  /** An operator says that an alert is over. */
  dismiss(alert: string): void {
    dismissAlert(this.watching, alert);
  }

  private decide(deployment: string, window: WatchedWindow, references: References): Decision {
    const { model, profile } = window.about!;
    const gates = this.gates.get(`${model}@${window.watched.version}`) ?? [];
    const report = reportOf(deployment, window, references(profile), gates);
    return { report, alerts: decideAlerts(this.watching, report) };
  }

  /** Undefined for a window that is forgotten: what comes for it so late is left out. */
  private window(fact: ProfiledFact | MeasuredFact, maturityMs: number): WatchedWindow | undefined {
    const { windows, passed } = this.windowsOf(fact.deployment);
    const watched = watchedOf(fact);
    const key = watchedKey(watched);
    let window = windows.get(key);
    if (!window && !isForgotten(watched.window, maturityMs, passed)) {
      windows.set(key, (window = new WatchedWindow(watched)));
    }
    return window;
  }

  private windowsOf(deployment: string): DeploymentWindows {
    let known = this.deployments.get(deployment);
    if (!known) {
      known = { windows: new Map(), passed: { profiled: new Map(), measured: new Map() } };
      this.deployments.set(deployment, known);
    }
    return known;
  }

  private forget({ windows, passed }: DeploymentWindows): void {
    for (const [key, { watched, about }] of windows) {
      if (isForgotten(watched.window, about?.maturity_ms ?? 0, passed)) windows.delete(key);
    }
  }

  /** Digests of the reference profiles that the windows of a deployment are counted by. */
  profiles(deployment: string): ReadonlySet<string> {
    const { windows } = this.windowsOf(deployment);
    return new Set([...windows.values()].flatMap(({ about }) => about?.profile ?? []));
  }

  encode(): string {
    const stored: StoredMonitor = {
      deployments: [...this.deployments].map(([deployment, { windows, passed }]) => ({
        deployment,
        windows: [...windows.values()].map((window) => window.toJSON()),
        profiled: [...passed.profiled],
        measured: [...passed.measured],
      })),
      gates: [...this.gates],
      watching: [...this.watching],
    };
    return JSON.stringify(stored);
  }

  static decode(text: string): MonitorState {
    const stored = JSON.parse(text) as StoredMonitor;
    const state = new MonitorState();
    for (const { deployment, windows, profiled, measured } of stored.deployments) {
      const restored = windows.map((window) => WatchedWindow.fromJSON(window));
      state.deployments.set(deployment, {
        windows: new Map(restored.map((window) => [watchedKey(window.watched), window])),
        passed: { profiled: new Map(profiled), measured: new Map(measured) },
      });
    }
    for (const [version, gates] of stored.gates) state.gates.set(version, gates);
    for (const [key, watching] of stored.watching) state.watching.set(key, watching);
    return state;
  }
}

const isDue = (window: WatchedWindow, passed: DeploymentWindows['passed']): boolean => {
  if (!window.hasNews || !window.about) return false;
  const { watched } = window;
  if (!hasPassed(watched.window, passed.profiled)) return false;
  return !window.hasNewLabels || hasPassed(watched.window, passed.measured);
};

const hasPassed = ({ start, end }: EventWindow, partitions: ReadonlyMap<number, number>): boolean => {
  const times = [...partitions.values()];
  if (times.length === 0) return false;
  return times.every((time) => time >= end) || Math.max(...times) >= end + PATIENCE_WINDOWS * (end - start);
};

const isForgotten = (
  { start, end }: EventWindow,
  maturityMs: number,
  passed: DeploymentWindows['passed'],
): boolean =>
  end + maturityMs + KEPT_WINDOWS * (end - start) < Math.max(-Infinity, ...passed.profiled.values());

interface StoredMonitor {
  readonly deployments: readonly {
    readonly deployment: string;
    readonly windows: readonly StoredWindow[];
    readonly profiled: readonly (readonly [number, number])[];
    readonly measured: readonly (readonly [number, number])[];
  }[];
  readonly gates: readonly (readonly [string, Gates])[];
  readonly watching: readonly (readonly [string, Watching])[];
}
