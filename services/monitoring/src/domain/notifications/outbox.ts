import type { EventOf, NotificationDelivered, NotificationFailed } from '#contracts';
import { comparePositions, tryParsePosition, type Position } from '#kernel';
import type { Due } from './notifier';

export type Target = Due['target'];
export type Delivered = EventOf<typeof NotificationDelivered>;
export type Failed = EventOf<typeof NotificationFailed>;

/** A notification that its target has not taken yet. */
export interface Waiting {
  readonly due: Due;
  /** Offset of its fact on `monitoring.notifications`, and the append time. */
  readonly offset: number;
  readonly time: string;
  attempts: number;
  error: string | null;
}

/** For people; a chat's or a receiver's whole address may be a secret, so of those only the host is said. */
export const targetName = ({ webhook, alertmanager, slack, email }: Target): string => {
  if (webhook !== undefined) return `webhook ${hostOf(webhook)}`;
  if (alertmanager !== undefined) return `alertmanager ${hostOf(alertmanager)}`;
  if (slack !== undefined) return `slack ${hostOf(slack)}`;
  return `email ${(email ?? []).join(', ')}`;
};

export const channelOf = ({ webhook, alertmanager, slack }: Target): Channel => {
  if (webhook !== undefined) return 'webhook';
  if (alertmanager !== undefined) return 'alertmanager';
  return slack === undefined ? 'email' : 'slack';
};
export type Channel = 'webhook' | 'alertmanager' | 'slack' | 'email';

const hostOf = (url: string): string =>
  /^https?:\/\/(?:[^@/]*@)?([^/?#]+)/u.exec(url)?.[1] ?? 'an address that is none';

const keyOf = (target: Target): string => JSON.stringify(target);

/**
 * What is still to be sent, by target, in the order in which it was decided: a fold of `monitoring.notifications` from any offset below
 * which nothing waits. A notification that stands there twice is one.
 */
export class Outbox {
  private readonly queues = new Map<string, Map<string, Waiting>>();
  private next: number;
  private newest: Position | undefined;

  constructor(from: number) {
    this.next = from;
  }

  /** Names of notifications are positions that rise: what was decided again after a crash is known by its name. */
  due(due: Due, offset: number, time: string): void {
    this.passed(offset);
    const name = tryParsePosition(due.notification);
    if (name && this.newest && comparePositions(name, this.newest) <= 0) return;
    this.newest = name ?? this.newest;
    const key = keyOf(due.target);
    let queue = this.queues.get(key);
    if (!queue) this.queues.set(key, (queue = new Map()));
    if (!queue.has(due.notification))
      queue.set(due.notification, { due, offset, time, attempts: 0, error: null });
  }

  delivered(fact: Delivered, offset?: number): void {
    this.passed(offset);
    this.remove(fact);
  }

  failed(fact: Failed, offset?: number): void {
    this.passed(offset);
    if (fact.final) return this.remove(fact);
    const waiting = this.queues.get(keyOf(fact.target))?.get(fact.notification);
    if (!waiting || waiting.attempts >= fact.attempts) return;
    waiting.attempts = fact.attempts;
    waiting.error = fact.error;
  }

  /** A record that asks for nothing. */
  passed(offset: number | undefined): void {
    if (offset !== undefined) this.next = Math.max(this.next, offset + 1);
  }

  private remove({ target, notification }: Pick<Delivered, 'target' | 'notification'>): void {
    const key = keyOf(target);
    const queue = this.queues.get(key);
    queue?.delete(notification);
    if (queue?.size === 0) this.queues.delete(key);
  }

  /** Targets for which something waits. */
  targets(): string[] {
    return [...this.queues.keys()];
  }

  /** What a target is to be sent first. */
  first(target: string): Waiting | undefined {
    return this.queues.get(target)?.values().next().value;
  }

  waiting(): Waiting[] {
    return [...this.queues.values()].flatMap((queue) => [...queue.values()]);
  }

  /** Everything below is done with. */
  get settled(): number {
    return Math.min(this.next, ...this.waiting().map(({ offset }) => offset));
  }
}
