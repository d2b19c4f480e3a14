import { AlertRaised, loadDefinitions } from '#contracts';
import { apply as applied, completed, PROJECT, reportCompleted, train } from '../../registry.testing';
import { dueBySchedule, dueByVolume, nextDue, watchedVolumes } from '../../triggers/due';
import { apply } from '../evolve';
import type { Input } from '../inputs';
import type { Outcome } from '../outcomes';
import { initialState, type RegistryState } from '../state';

const POLICY = `  retrain: { every: 7d, on: [data-drift, definition], rows: 1000, debounce: 1h, budget: { runs: 2, per: 1d } }\n`;
const withPolicy = (policy: string): string =>
  PROJECT.replace(
    '  gates: [ { metric: average_precision',
    `${policy}  gates: [ { metric: average_precision`,
  );

/** Inputs at their times, in hours; answers what followed from each and the state behind them. */
const fold = (
  ...inputs: readonly (readonly [hours: number, input: Input])[]
): { readonly state: RegistryState; readonly outcomes: readonly Outcome[][] } => {
  let state = initialState;
  const outcomes = inputs.map(([hours, input], offset) => {
    const folded = apply(state, input, {
      offset,
      time: new Date(Date.UTC(2026, 0, 1) + hours * 3_600_000).toISOString(),
    });
    state = folded.state;
    return [...folded.outcomes];
  });
  return { state, outcomes };
};

const alert = (offset: number, kind: 'feature-drift' | 'performance' = 'feature-drift'): Input => ({
  type: 'alert',
  value: { reference: `monitoring.alerts:0-${offset}`, fact: { ...AlertRaised.sample, kind } },
});
const typesOf = (outcomes: readonly Outcome[] | undefined): string[] =>
  (outcomes ?? []).map(({ type }) => type);
const triggered = (outcomes: readonly Outcome[] | undefined): unknown =>
  outcomes?.flatMap((outcome): unknown[] => {
    if (outcome.type === 'training-requested') return [{ run: outcome.fact.run, ...outcome.fact.cause }];
    return outcome.type === 'trigger-suppressed' ? [outcome.fact.code] : [];
  });

describe('an alert', () => {
  it('asks for a run where the policy listens to it, with the alert as the cause', () => {
    const { outcomes } = fold([0, applied(withPolicy(POLICY))], [2, alert(0)]);
    expect(triggered(outcomes[1])).toEqual([
      {
        run: 'run-0-1',
        trigger: 'data-drift',
        reference: 'monitoring.alerts:0-0',
        reason: AlertRaised.sample.message,
      },
    ]);
  });

  it('asks for nothing where it does not, and a copy of it changes nothing', () => {
    const { outcomes } = fold(
      [0, applied(withPolicy(POLICY))],
      [2, alert(0, 'performance')],
      [3, alert(1)],
      [30, alert(1)],
    );
    expect(outcomes.slice(1).map(typesOf)).toEqual([[], ['training-requested'], []]);
  });

  it('is a fact, too, when a run is under way, was asked for a moment ago, or the budget is spent', () => {
    const { outcomes, state } = fold(
      [0, applied(withPolicy(POLICY))],
      [1, alert(0)],
      [2, alert(1)],
      [2.1, reportCompleted(0, 'run-0-1')],
      [2.2, train()],
      [2.3, reportCompleted(1, 'run-0-4')],
      [2.4, alert(2)],
      [4, alert(3)],
      [4.1, reportCompleted(2, 'run-0-7')],
      [6, alert(4)],
      [29, alert(5)],
    );
    expect(outcomes.map(triggered)).toEqual([
      [],
      [expect.objectContaining({ run: 'run-0-1' })],
      ['under-way'],
      [],
      [{ run: 'run-0-4' }],
      [],
      ['debounced'],
      [expect.objectContaining({ run: 'run-0-7' })],
      [],
      ['budget'],
      [expect.objectContaining({ run: 'run-0-10' })],
    ]);
    expect(state.triggers.get('fraud')).toMatchObject({ position: 10, cause: { trigger: 'data-drift' } });
  });
});

describe('a changed definition', () => {
  it('asks for a run of each model that reads it', () => {
    const changed = withPolicy(POLICY).replace('window: 1d', 'window: 2d');
    const { outcomes } = fold([0, applied(withPolicy(POLICY))], [2, applied(changed)]);
    expect(triggered(outcomes[0])).toEqual([]);
    expect(triggered(outcomes[1])).toEqual([
      {
        run: 'run-0-1',
        trigger: 'definition',
        reference: 'registry.inputs:0-1',
        reason: 'FeatureService/fraud changed',
      },
    ]);
  });
});

describe('a schedule', () => {
  const day = 24;

  it('is due a period after the definition, and then after the last run', () => {
    const first = fold([0, applied(withPolicy(POLICY))]).state;
    expect(nextDue(first, 'fraud')).toBe('2026-01-08T00:00:00.000Z');
    const later = fold([0, applied(withPolicy(POLICY))], [3 * day, train()]).state;
    expect(nextDue(later, 'fraud')).toBe('2026-01-11T00:00:00.000Z');
  });

  it('by cron: one that came due several times is caught up once, and asked once', () => {
    const cron = withPolicy(`  retrain: { cron: "30 3 * * *" }\n`);
    const { state } = fold([0, applied(cron)]);
    const now = Date.UTC(2026, 0, 4, 12);
    expect(dueBySchedule(state, Date.UTC(2026, 0, 1, 3))).toEqual([]);
    const [due] = dueBySchedule(state, now);
    expect(due).toEqual({
      model: 'fraud',
      request: 'schedule/fraud/2026-01-04T03:30:00.000Z',
      cause: { trigger: 'schedule', reason: 'cron 30 3 * * *', due: '2026-01-04T03:30:00.000Z' },
    });
    const asked: Input = {
      type: 'training',
      value: { request: due!.request, actor: 'policy', model: 'fraud', cause: due!.cause },
    };
    const after = fold([0, applied(cron)], [84, asked], [84.1, asked]);
    expect(after.outcomes.map(typesOf).slice(1)).toEqual([['training-requested'], []]);
    expect(dueBySchedule(after.state, now)).toEqual([]);
    expect(nextDue(after.state, 'fraud')).toBe('2026-01-05T03:30:00.000Z');
  });

  it('that is no cron line is said at once, and on the log it holds up nobody', () => {
    const load = (line: string) =>
      loadDefinitions([{ path: 'p.yaml', text: withPolicy(`  retrain: { cron: "${line}" }\n`) }]);
    for (const line of ['99 99 * * *', '* * * * * *', '0 3 * *', '0 3 32 * *', '0 25 * * *'])
      expect(() => load(line)).toThrow('must be a cron line');
    for (const line of ['*/15 0-6,22 1,L JAN-MAR MON', '0 3 * * *', '5 4 31 12 7'])
      expect(load(line).definitions.length).toBeGreaterThan(0);
    const { state } = fold([0, applied(withPolicy(`  retrain: { cron: "30 3 * * *" }\n`))]);
    const known = state.definitions.get('Model/fraud')!;
    const compiled = { ...known.compiled, retrain: { cron: '99 99 * * *', debounceMs: 0 } };
    const odd = {
      ...state,
      definitions: new Map(state.definitions).set('Model/odd', { ...known, name: 'odd', compiled }),
    };
    expect(dueBySchedule(odd, Date.UTC(2026, 0, 4, 12)).map(({ model }) => model)).toEqual(['fraud']);
    expect(nextDue(odd, 'odd')).toBeUndefined();
  });

  it('that a run is in the way of is seen to: it comes again at its next time', () => {
    const text = withPolicy(`  retrain: { cron: "0 * * * *" }\n`);
    const due = { trigger: 'schedule' as const, due: '2026-01-01T01:00:00.000Z' };
    const asked: Input = {
      type: 'training',
      value: { request: 'a', actor: 'policy', model: 'fraud', cause: due },
    };
    const { outcomes, state } = fold([0, applied(text)], [0.9, train()], [1, asked]);
    expect(triggered(outcomes[2])).toEqual(['under-way']);
    expect(nextDue(state, 'fraud')).toBe('2026-01-01T02:00:00.000Z');
  });
});

it('volume counts the vectors behind the newest cut of a run', () => {
  const started: Input = {
    type: 'run',
    value: {
      reference: 'training.runs:0-0',
      type: 'training.run.started',
      fact: {
        run: 'run-0-1',
        model: 'fraud',
        dataset: 'e'.repeat(64),
        rows: { train: 1, holdout: 1 },
        trainer: 'gbdt',
        parameters: {},
        seed: 0,
        cut: [
          { topic: 'feature.vectors.fraud', partition: 0, from: 0, to: 300 },
          { topic: 'feature.vectors.fraud', partition: 1, from: 0, to: 200 },
          { topic: 'ingestion.observations.fraud-labels', partition: 0, from: 0, to: 90 },
        ],
      },
    },
  };
  const done: Input = {
    type: 'run',
    value: {
      reference: 'training.runs:0-1',
      type: 'training.run.completed',
      fact: completed('run-0-1', 0.5),
    },
  };
  const { state } = fold([0, applied(withPolicy(POLICY))], [1, train()], [2, started], [3, done]);
  const [watched] = watchedVolumes(state);
  expect(watched).toEqual({
    model: 'fraud',
    service: 'fraud',
    seen: 500,
    wanted: 1000,
    debounceMs: 3_600_000,
  });
  expect(dueByVolume(watched!, 1499, 0)).toBeUndefined();
  expect(dueByVolume(watched!, 1500, 7_200_000)).toMatchObject({
    request: 'rows/fraud/500/2',
    cause: { trigger: 'rows', reason: '1000 vectors since the last run, a run each 1000' },
  });
});
