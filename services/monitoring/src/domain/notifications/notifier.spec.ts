import { AlertRaised } from '#contracts';
import { MOST_ALERTS, Notifier, type AlertPolicy, type Due, type NotifierDecision } from './notifier';

const WAIT_MS = 10_000;
const policy: AlertPolicy = {
  to: [{ email: ['people@example.org'] }],
  group: 'deployment',
  wait_ms: WAIT_MS,
  repeat_ms: 0,
} as AlertPolicy;

const raised = (alert: string, effect: number) =>
  ({ type: 'raised', position: '0-1', fact: { ...AlertRaised.sample, alert, effect } }) as const;
const dueOf = (decisions: readonly NotifierDecision[]): Omit<Due, 'notification'>[] =>
  decisions.flatMap((decision) => (decision.type === 'due' ? [decision.due] : []));

it('tells the end of each alert that a message has named, also of more than one message holds', () => {
  const notifier = new Notifier();
  const apply = (event: Parameters<Notifier['apply']>[0], atMs: number) =>
    dueOf(notifier.apply(event, atMs, () => policy));
  const named = new Set<string>();
  const over = new Set<string>();
  const note = (dues: readonly Omit<Due, 'notification'>[]): void => {
    for (const { firing, resolved, left_out } of dues) {
      for (const { alert } of firing) named.add(alert);
      for (const { alert } of resolved) over.add(alert);
      if (firing.length === 0) expect(left_out).toBe(0);
    }
  };
  // Three hundred; what hurts more comes later.
  for (let batch = 0; batch < 3; batch++) {
    const from = batch * 100_000;
    for (let i = 0; i < MOST_ALERTS; i++) note(apply(raised(`alert ${batch}/${i}`, batch), from));
    note(apply({ type: 'clock' }, from + WAIT_MS));
  }
  expect(named.size).toBe(3 * MOST_ALERTS);
  for (const alert of named) note(apply({ type: 'resolved', alert, message: 'over' }, 400_000));
  for (let tick = 1; notifier.nextMs(() => policy) !== undefined; tick++) {
    expect(tick).toBeLessThan(10);
    note(apply({ type: 'clock' }, 400_000 + tick * WAIT_MS));
  }
  expect(over).toEqual(named);
});
