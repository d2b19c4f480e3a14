import type { DeploymentFact, EventOf, NotificationDue, NotificationSilenced } from '#contracts';
import type { Raised } from '#folds';
import { timestampMs } from '#kernel';
import { silenceOf, type Silence } from '../alerts/silences';

export type Due = EventOf<typeof NotificationDue>;
export type Silenced = EventOf<typeof NotificationSilenced>;
type Notified = Due['firing'][number];

/** To whom a deployment's alerts go, and how. */
export type AlertPolicy = NonNullable<NonNullable<DeploymentFact['monitor']>['alert']>;
export type PolicyOf = (deployment: string) => AlertPolicy | undefined;

/** What `monitoring.alerts` says, as far as it matters to who is told. */
export type AlertEvent =
  | { readonly type: 'raised'; readonly fact: Raised; readonly position: string }
  | { readonly type: 'resolved'; readonly alert: string; readonly message: string }
  | { readonly type: 'acknowledged'; readonly alert: string; readonly actor: string }
  | { readonly type: 'silenced'; readonly silence: Silence }
  | { readonly type: 'unsilenced'; readonly silence: string }
  | { readonly type: 'clock' };

/** A notification without its name, which says where it was decided; or that somebody is not told. */
export type NotifierDecision =
  | { readonly type: 'due'; readonly due: Omit<Due, 'notification'> }
  | { readonly type: 'silenced'; readonly silenced: Silenced };

/** Alerts in one message: what is beyond is counted. */
export const MOST_ALERTS = 100;

/** An alert from its rise until its end was told. */
interface Entry {
  readonly fact: Raised;
  readonly position: string;
  readonly raisedMs: number;
  acknowledgedBy?: string;
  resolved?: { readonly ms: number; readonly message: string };
  /** When people were told last that it is open. */
  toldMs?: number;
  /** Some message had room for it: so must one for its end. */
  isNamed?: boolean;
  /** The silence of which a fact says that it holds the alert back. */
  heldBy?: string;
}

interface Group {
  readonly deployment: string;
  readonly name: string;
  readonly policy: AlertPolicy;
  readonly entries: readonly Entry[];
}

export interface StoredNotifier {
  readonly entries: readonly Entry[];
  readonly silences: readonly Silence[];
  readonly nowMs: number;
  readonly control: number;
}

/**
 * Decides who is told of which alerts, and when: a fold over `monitoring.alerts`, in which ticks stand where time must go on. Now is
 * the append time of the record at hand, so that the log alone says what was sent (law L5).
 *
 * A group waits `wait` from the first news on and is told of all that is open then; again after `repeat` as long as something is open that nobody
 * has acknowledged. An end is told once, also where the rise had not been told yet. A silence holds back what is open, and no end of what was told.
 */
export class Notifier {
  private readonly entries = new Map<string, Entry>();
  private readonly silences = new Map<string, Silence>();
  private nowMs = -Infinity;
  /** Control position under which the newest record was decided. */
  control = -1;

  apply(event: AlertEvent, atMs: number, policyOf: PolicyOf): NotifierDecision[] {
    this.nowMs = Math.max(this.nowMs, atMs);
    this.evolve(event, this.nowMs);
    for (const [id, { until }] of this.silences)
      if (timestampMs(until) <= this.nowMs) this.silences.delete(id);
    return this.groups(policyOf).flatMap((group) => this.decide(group));
  }

  /** When a tick would decide something, as things stand; undefined where nothing waits for time. */
  nextMs(policyOf: PolicyOf): number | undefined {
    const times = this.groups(policyOf).flatMap((group) => this.timesOf(group));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  private evolve(event: AlertEvent, nowMs: number): void {
    switch (event.type) {
      case 'raised':
        this.entries.set(event.fact.alert, {
          fact: event.fact,
          position: event.position,
          raisedMs: nowMs,
        });
        return;
      case 'resolved': {
        const entry = this.entries.get(event.alert);
        if (entry) entry.resolved ??= { ms: nowMs, message: event.message };
        return;
      }
      case 'acknowledged': {
        const entry = this.entries.get(event.alert);
        if (entry) entry.acknowledgedBy = event.actor;
        return;
      }
      case 'silenced':
        this.silences.set(event.silence.silence, event.silence);
        return;
      case 'unsilenced':
        this.silences.delete(event.silence);
        return;
      case 'clock':
    }
  }

  /** Those that somebody is told of, in the order of their first alert. */
  private groups(policyOf: PolicyOf): Group[] {
    const groups = new Map<string, Group & { readonly entries: Entry[] }>();
    for (const [alert, entry] of this.entries) {
      const { deployment } = entry.fact;
      const policy = policyOf(deployment);
      if (!policy) {
        if (entry.resolved) this.entries.delete(alert);
        continue;
      }
      const name = policy.group === 'deployment' ? deployment : alert;
      const group = groups.get(name);
      if (group) group.entries.push(entry);
      else groups.set(name, { deployment, name, policy, entries: [entry] });
    }
    return [...groups.values()];
  }

  private decide(group: Group): NotifierDecision[] {
    const { policy, deployment, name, entries } = group;
    const decisions: NotifierDecision[] = [];
    for (const entry of entries) {
      const silence = this.holding(entry);
      if (!silence) continue;
      if (entry.heldBy !== silence.silence && newsMs(entry) + policy.wait_ms <= this.nowMs) {
        entry.heldBy = silence.silence;
        const { alert } = entry.fact;
        decisions.push({
          type: 'silenced',
          silenced: { deployment, group: name, alert, silence: silence.silence, until: silence.until },
        });
      }
      if (entry.resolved && entry.heldBy === silence.silence) this.entries.delete(entry.fact.alert);
    }
    const because = this.reason(group);
    if (!because) return decisions;
    const loud = entries.filter((entry) => !this.holding(entry));
    const firing = loud.filter(({ resolved }) => !resolved).sort(byEffect);
    const ended = loud.filter(({ resolved }) => resolved).sort(byNamed);
    const silenced = entries.filter((entry) => !entry.resolved && this.holding(entry)).length;
    for (const entry of firing) entry.toldMs = this.nowMs;
    const told = { firing: firing.slice(0, MOST_ALERTS), resolved: ended.slice(0, MOST_ALERTS) };
    for (const entry of told.firing) entry.isNamed = true;
    // What is named and has no room here goes with a message of its own, at the next record or tick.
    for (const [i, { fact, isNamed }] of ended.entries())
      if (i < MOST_ALERTS || !isNamed) this.entries.delete(fact.alert);
    const due = {
      deployment,
      group: name,
      because,
      firing: told.firing.map(notified),
      resolved: told.resolved.map(notified),
      repeat_ms: policy.repeat_ms,
      left_out: firing.length - told.firing.length,
      silenced,
    };
    return [
      ...decisions,
      ...policy.to.map((target): NotifierDecision => ({ type: 'due', due: { ...due, target } })),
    ];
  }

  private reason({ policy, entries }: Group): Due['because'] | undefined {
    const loud = entries.filter((entry) => !this.holding(entry));
    const news = loud.filter(isNews);
    if (news.some((entry) => newsMs(entry) + policy.wait_ms <= this.nowMs))
      return news.some(({ resolved }) => !resolved) ? 'raised' : 'resolved';
    const again = repeatMs(loud, policy);
    return again !== undefined && again <= this.nowMs ? 'repeated' : undefined;
  }

  private timesOf({ policy, entries }: Group): number[] {
    const loud = entries.filter((entry) => !this.holding(entry));
    const held = entries.flatMap((entry) => {
      const silence = this.holding(entry);
      if (!silence) return [];
      return [
        entry.heldBy === silence.silence || !isNews(entry)
          ? timestampMs(silence.until)
          : newsMs(entry) + policy.wait_ms,
      ];
    });
    const again = repeatMs(loud, policy);
    return [
      ...loud.filter(isNews).map((entry) => newsMs(entry) + policy.wait_ms),
      ...held,
      ...(again === undefined ? [] : [again]),
    ];
  }

  /** The silence that holds an alert back; none holds back the end of what people were told of. */
  private holding(entry: Entry): Silence | undefined {
    if (entry.resolved && entry.toldMs !== undefined) return undefined;
    return silenceOf(this.silences.values(), entry.fact, this.nowMs);
  }

  toJSON(): StoredNotifier {
    const { entries, silences, nowMs, control } = this;
    return {
      entries: [...entries.values()],
      silences: [...silences.values()],
      nowMs: nowMs === -Infinity ? 0 : nowMs,
      control,
    };
  }

  static fromJSON({ entries, silences, nowMs, control }: StoredNotifier): Notifier {
    const notifier = new Notifier();
    for (const entry of entries) notifier.entries.set(entry.fact.alert, { ...entry });
    for (const silence of silences) notifier.silences.set(silence.silence, silence);
    notifier.nowMs = nowMs;
    notifier.control = control;
    return notifier;
  }
}

/** Nobody was told of its rise, or of its end. */
const isNews = ({ toldMs, resolved }: Entry): boolean => toldMs === undefined || resolved !== undefined;

const newsMs = ({ raisedMs, toldMs, resolved }: Entry): number =>
  resolved && toldMs !== undefined ? resolved.ms : raisedMs;

/** When a group is told again that something is open; never where all of it is acknowledged. */
const repeatMs = (entries: readonly Entry[], { repeat_ms }: AlertPolicy): number | undefined => {
  const told = entries.filter(({ toldMs, resolved }) => toldMs !== undefined && !resolved);
  if (repeat_ms === 0 || told.every(({ acknowledgedBy }) => acknowledgedBy !== undefined)) return undefined;
  return Math.max(...told.map(({ toldMs }) => toldMs!)) + repeat_ms;
};

const RANK = { critical: 0, warning: 1 } as const;

/** Critical before warning, then what hurts most; what nobody can say of comes last. */
const byEffect = ({ fact: a }: Entry, { fact: b }: Entry): number =>
  RANK[a.severity ?? 'warning'] - RANK[b.severity ?? 'warning'] ||
  (b.effect ?? -1) - (a.effect ?? -1) ||
  (a.alert < b.alert ? -1 : 1);

/** Ends of what no message has named come last. */
const byNamed = (a: Entry, b: Entry): number =>
  Number(b.isNamed ?? false) - Number(a.isNamed ?? false) || byEffect(a, b);

const notified = ({ fact, position, raisedMs, acknowledgedBy, resolved }: Entry): Notified => ({
  ...fact,
  raised_at: iso(raisedMs),
  position,
  ...(resolved && { resolved_at: iso(resolved.ms), resolution: resolved.message }),
  ...(acknowledgedBy !== undefined && { acknowledged_by: acknowledgedBy }),
});

const iso = (ms: number): string => new Date(ms).toISOString();
