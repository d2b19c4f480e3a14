import fc from 'fast-check';
import { AlertRaised } from '#contracts';
import type { Raised } from '#folds';
import { Notifier, type AlertEvent, type AlertPolicy, type NotifierDecision } from './notifier';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const POLICY: AlertPolicy = {
  to: [{ webhook: 'http://127.0.0.1:1/hook' }],
  group: 'deployment',
  wait_ms: 10_000,
  repeat_ms: 60_000,
};
const always = (): AlertPolicy => POLICY;

const alertOf = (subject: string, changes: Partial<Raised> = {}): Raised => ({
  ...AlertRaised.sample,
  alert: `fraud/feature-drift/${subject}@2018`,
  deployment: 'fraud',
  subject,
  ...changes,
});
const raised = (subject: string, changes?: Partial<Raised>): AlertEvent => ({
  type: 'raised',
  fact: alertOf(subject, changes),
  position: '0-1',
});
const resolved = (subject: string): AlertEvent => ({
  type: 'resolved',
  alert: alertOf(subject).alert,
  message: 'over',
});
const silenced = (seconds: number, match = {}): AlertEvent => ({
  type: 'silenced',
  silence: {
    request: 'r',
    actor: 'ada',
    silence: '0-9',
    match,
    from: new Date(START).toISOString(),
    until: new Date(START + seconds * 1_000).toISOString(),
  },
});
const acknowledged = (subject: string): AlertEvent => ({
  type: 'acknowledged',
  alert: alertOf(subject).alert,
  actor: 'ada',
});
const clock: AlertEvent = { type: 'clock' };

const said = (decision: NotifierDecision): string => {
  if (decision.type === 'silenced') return `silenced ${decision.silenced.alert.split('/')[2]!.split('@')[0]}`;
  const { because, firing, resolved: ended } = decision.due;
  return `${because}: ${firing.map(({ subject }) => subject).join(' ')} | ${ended.map(({ subject }) => subject).join(' ')}`;
};

/** Each event at a second; ticks are made where the notifier asks for them, as the clock of the service does. */
const run = (
  events: readonly (readonly [second: number, event: AlertEvent])[],
  until: number,
  policy: AlertPolicy = POLICY,
  each: (notifier: Notifier) => Notifier = (notifier) => notifier,
): string[] => {
  let notifier = new Notifier();
  const lines: string[] = [];
  const tell = (event: AlertEvent, atMs: number): void => {
    notifier = each(notifier);
    for (const decision of notifier.apply(event, atMs, () => policy))
      lines.push(`${(atMs - START) / 1_000} ${said(decision)}`);
  };
  const tickTo = (limitMs: number): void => {
    for (let next = notifier.nextMs(() => policy); next !== undefined && next < limitMs;) {
      tell(clock, next);
      const after = notifier.nextMs(() => policy);
      if (after === next) throw new Error(`a tick at ${next} decides nothing and is asked for again`);
      next = after;
    }
  };
  for (const [second, event] of events) {
    tickTo(START + second * 1_000);
    tell(event, START + second * 1_000);
  }
  tickTo(START + until * 1_000);
  return lines;
};

it('gathers alerts, ranks them, repeats while something is open, and tells the end', () => {
  const events = [
    [0, raised('amount', { effect: 0.1 })],
    [4, raised('hour', { effect: 0.4 })],
    [5, raised('average_precision', { severity: 'critical', effect: null })],
    [100, resolved('amount')],
  ] as const;
  expect(run(events, 200)).toEqual([
    '10 raised: average_precision hour amount | ',
    '70 repeated: average_precision hour amount | ',
    '110 resolved: average_precision hour | amount',
    '170 repeated: average_precision hour | ',
  ]);
});

it('sends each alert by itself where nothing is grouped', () => {
  const events = [
    [0, raised('amount')],
    [1, raised('hour')],
  ] as const;
  expect(run(events, 20, { ...POLICY, group: 'none' })).toEqual([
    '10 raised: amount | ',
    '11 raised: hour | ',
  ]);
});

it('tells an alert that ended before its wait was over, once', () => {
  expect(
    run(
      [
        [0, raised('amount')],
        [3, resolved('amount')],
      ],
      500,
    ),
  ).toEqual(['10 resolved:  | amount']);
});

it('does not repeat what is acknowledged, until something else comes', () => {
  const events = [
    [0, raised('amount')],
    [20, acknowledged('amount')],
    [200, raised('hour')],
  ] as const;
  expect(run(events, 260)).toEqual(['10 raised: amount | ', '210 raised: amount hour | ']);
});

it('says of a silenced alert that nobody is told, and tells when the silence is over', () => {
  const events = [
    [0, silenced(100, { subject: 'am*' })],
    [1, raised('amount')],
    [2, raised('hour')],
  ] as const;
  expect(run(events, 110)).toEqual([
    '11 silenced amount',
    '12 raised: hour | ',
    '72 repeated: hour | ',
    '100 raised: amount hour | ',
  ]);
});

it('tells the end of what was told although a silence fits, and not of what was never told', () => {
  const events = [
    [0, raised('amount')],
    [20, silenced(1_000)],
    [25, raised('hour')],
    [40, resolved('amount')],
    [50, resolved('hour')],
  ] as const;
  expect(run(events, 900)).toEqual([
    '10 raised: amount | ',
    '20 silenced amount',
    '35 silenced hour',
    '50 resolved:  | amount',
  ]);
});

it('tells what was silenced as soon as the silence is taken away', () => {
  const events = [
    [0, silenced(1_000)],
    [1, raised('amount')],
    [40, { type: 'unsilenced', silence: '0-9' }],
  ] as const;
  expect(run(events, 50)).toEqual(['11 silenced amount', '40 raised: amount | ']);
});

it('sends to each target, and to nobody where nobody is named', () => {
  const two = { ...POLICY, wait_ms: 0, to: [{ slack: 'http://a' }, { email: ['a@b'] }] };
  const notifier = new Notifier();
  const decisions = notifier.apply(raised('amount'), START, () => two);
  expect(decisions.map((decision) => decision.type === 'due' && decision.due.target)).toEqual(two.to);
  expect(new Notifier().apply(raised('amount'), START, () => undefined)).toEqual([]);
});

it('counts what a message has no room for', () => {
  const notifier = new Notifier();
  for (let i = 0; i < 120; i++) notifier.apply(raised(`f${i}`), START, always);
  const [decision] = notifier.apply(clock, START + 10_000, always);
  expect(decision?.type === 'due' && [decision.due.firing.length, decision.due.left_out]).toEqual([100, 20]);
});

const anyEvent = fc.oneof(
  fc.constantFrom('a', 'b', 'c').map((subject) => raised(subject)),
  fc.constantFrom('a', 'b', 'c').map(resolved),
  fc.constantFrom('a', 'b', 'c').map(acknowledged),
  fc
    .tuple(fc.integer({ min: 1, max: 900 }), fc.constantFrom({}, { subject: 'a' }))
    .map(([seconds, match]) => silenced(seconds, match)),
  fc.constant<AlertEvent>({ type: 'unsilenced', silence: '0-9' }),
  fc.constant(clock),
);
const anyEvents = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 40 }), anyEvent), { maxLength: 25 })
  .map((steps) => {
    let second = 0;
    return steps.map(([gap, event]) => [(second += gap), event] as const);
  });

it('decides the same from its stored form, at any moment', () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const stored = (notifier: Notifier): Notifier =>
        Notifier.fromJSON(JSON.parse(JSON.stringify(notifier)) as ReturnType<Notifier['toJSON']>);
      expect(run(events, 2_000, POLICY, stored)).toEqual(run(events, 2_000));
    }),
    { numRuns: 100 },
  );
});

it('passes over no alert: each is told, or a fact says that it is silenced', () => {
  fc.assert(
    fc.property(anyEvents, (events) => {
      const lines = run(events, 3_000).join('\n');
      for (const [, event] of events)
        if (event.type === 'raised')
          expect(lines).toMatch(new RegExp(`(:|\\||silenced| ).*\\b${event.fact.subject}\\b`));
    }),
    { numRuns: 100 },
  );
});
