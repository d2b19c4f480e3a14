import {
  apply,
  checked,
  judged,
  promoteChecked,
  reportCompleted,
  review,
  rollBack,
  train,
  withModel,
} from '../../registry.testing';
import { dueByAlert } from '../../triggers/due';
import type { Input } from '../inputs';
import { raised, resolved, said, story, type Given } from './loop.testing';
import { awaitingCheck } from './promotions';
import type { RegistryState } from '../state';

const POLICY = (more = ''): string =>
  `retrain: { on: [data-drift, performance], debounce: 10m, budget: { runs: 3, per: 1d }, promote: champion${more} }`;
const ROLLBACK = ', rollback: { on: [performance], within: 1h }';
const CANARY = `rollout: { strategy: canary, steps: [10, 100], interval: 1h, abort: { metric: error_rate, above: 0.01 } }`;
const withCanary = (text: string): string =>
  text.replace(
    'spec: { model: fraud, alias: champion, threshold: 0.5 }',
    `spec:\n  model: fraud\n  threshold: 0.5\n  ${CANARY}`,
  );

type Step = readonly [minutes: number, input: Given];

/** A first champion, by hand: three inputs, versions count from 2. */
const champion = (text: string): readonly Step[] => [
  [0, apply(text)],
  [1, train()],
  [2, reportCompleted(0, 'run-0-1')],
  [3, checked(1, 'run-0-1')],
  [4, promoteChecked(1)],
];
/** What is said from the sixth input on. */
const after = (text: string, ...steps: readonly Step[]): string[][] =>
  story(...champion(text), ...steps)
    .outcomes.slice(5)
    .map(said);
/** As the clock of the registry asks. */
const clock =
  (minutes: number): ((state: RegistryState) => Input) =>
  (state) => {
    const [due] = dueByAlert(state, Date.UTC(2026, 0, 1) + minutes * 60_000);
    if (!due) throw new Error(`nothing is due ${minutes} minutes in`);
    const { request, model, cause } = due;
    return { type: 'training', value: { request, actor: 'retraining policy', model, cause } };
  };

describe('the loop of a model', () => {
  it('goes from an alert to a new champion by itself, with a reason and evidence for each step', () => {
    const { outcomes, state } = story(
      ...champion(withModel(POLICY())),
      [20, raised(0, 1)],
      [21, reportCompleted(1, 'run-0-5', 0.7)],
      [22, checked(2, 'run-0-5')],
    );
    expect(outcomes.slice(5).map(said)).toEqual([
      ['run-0-5 by data-drift'],
      ['version 2 passed'],
      ['champion is 2: promotion by retraining policy'],
    ]);
    expect(outcomes[7]!.find(({ type }) => type === 'alias-assigned')!.fact).toEqual({
      model: 'fraud',
      alias: 'champion',
      version: 2,
      previous: 1,
      cause: 'promotion',
      reason: 'version 2 of run-0-5, which data-drift asked for, passed its gates',
      policy: 'retraining',
      assigned_by: 'retraining policy',
      evidence: [
        { kind: 'alert', id: 'monitoring.alerts:0-0' },
        { kind: 'run', id: 'run-0-5' },
        { kind: 'version', id: 'registry.inputs:0-6' },
        { kind: 'gate', id: 'average_precision >= 0.1: 0.7, passed' },
        { kind: 'check', id: 'registry.inputs:0-7' },
      ],
    });
    expect(state.deployments.get('fraud')!.fact.routes).toMatchObject([{ route: 'champion', version: 2 }]);
  });

  it('has a version checked that only a check is missing for', () => {
    const { state } = story(
      ...champion(withModel(POLICY())),
      [20, raised(0, 1)],
      [21, reportCompleted(1, 'run-0-5')],
    );
    expect(awaitingCheck(state).map(({ version }) => version)).toEqual([2]);
  });

  it('moves nothing without `promote`, nor for a run that somebody asked for', () => {
    const quiet = withModel('retrain: { on: [data-drift], debounce: 10m }');
    const rest = [[21, reportCompleted(1, 'run-0-5')], [22, checked(2, 'run-0-5')]] as const; // prettier-ignore
    expect(after(quiet, [20, raised(0, 1)], ...rest)).toEqual([['run-0-5 by data-drift'], ['version 2 passed'], []]); // prettier-ignore
    expect(after(withModel(POLICY()), [20, train()], ...rest)).toEqual([['run-0-5 by ada'], ['version 2 passed'], []]); // prettier-ignore
  });

  it('gives the challenger its name only where the policy says so', () => {
    const text = withModel(POLICY().replace('promote: champion', 'promote: challenger'));
    expect(
      after(text, [20, raised(0, 1)], [21, reportCompleted(1, 'run-0-5')], [22, checked(2, 'run-0-5')])[2],
    ).toEqual(['challenger is 2: promotion by retraining policy']);
  });

  it('waits for approval and goes on by itself', () => {
    const text = withModel(POLICY(), 'approval: { required: true }');
    const { outcomes, state } = story(
      [0, apply(text)],
      [1, raised(0, 1)],
      [2, reportCompleted(0, 'run-0-1')],
      [3, checked(1, 'run-0-1')],
      [4, review(1, 'approved', undefined, 'retraining policy')],
      [5, review(1, 'approved', undefined, 'grace')],
    );
    expect(outcomes.slice(1).map(said)).toEqual([
      ['run-0-1 by data-drift'],
      ['version 1 passed', 'version 1 withheld: approval'],
      [],
      [],
      ['champion is 1: promotion by retraining policy'],
    ]);
    expect(state.versions.get('fraud@1')!.withheld).toMatchObject({
      waits: true,
      reason:
        'fraud@1 needs the approval of somebody else than retraining policy: `models approve fraud@1 --as WHO`',
    });
  });
});

describe('a bad challenger', () => {
  const gated = withModel(
    POLICY(),
    'gates: [ { metric: average_precision, min: 0.1 }, { metric: average_precision, against: champion } ]',
  );
  /** Better (positive) or worse than the champion, on the same hold-out. */
  const against = (better: number): Given =>
    reportCompleted(1, 'run-0-5', 0.6, {
      measured: { 'average_precision-champion': { value: better, version: 1 } },
    });

  it('is one only where it is worse: what is better goes on', () => {
    const steps: readonly Step[] = [[20, raised(0, 1)], [21, against(0.02)], [22, checked(2, 'run-0-5')]]; // prettier-ignore
    expect(after(gated, ...steps)[2]).toEqual(['champion is 2: promotion by retraining policy']);
  });

  it.each([
    ['that fails a gate of its own', withModel(POLICY()), reportCompleted(1, 'run-0-5', 0.05)],
    ['that is worse than the champion', gated, against(-0.1)],
  ])('%s gets no alias, and the facts say why', (_name, text, report) => {
    const said = after(text, [20, raised(0, 1)], [21, report], [22, checked(2, 'run-0-5')], [23, rollBack()]);
    expect(said.slice(0, 3)).toEqual([
      ['run-0-5 by data-drift'],
      ['version 2 failed', 'version 2 withheld: gates'],
      [],
    ]);
  });

  it('that was rejected stays so, and one that cannot be served, too', () => {
    const text = withModel(POLICY(), 'approval: { required: true }');
    const rejected = after(
      text,
      [20, raised(0, 1)],
      [21, reportCompleted(1, 'run-0-5')],
      [22, review(2, 'rejected', undefined, 'grace')],
      [23, checked(2, 'run-0-5')],
    );
    expect(rejected.slice(1)).toEqual([
      ['version 2 passed', 'version 2 withheld: approval'],
      ['version 2 withheld: rejected'],
      [],
    ]);
    const broken = after(
      withModel(POLICY()),
      [20, raised(0, 1)],
      [21, reportCompleted(1, 'run-0-5')],
      [22, checked(2, 'run-0-5', 'it answers NaN')],
    );
    expect(broken[2]).toEqual(['version 2 withheld: check']);
  });

  it('that is worse in its canary is taken back, never tried again, and the alert that is still open asks once more', () => {
    const { outcomes, state } = story(
      ...champion(withCanary(withModel(POLICY()))),
      [20, raised(0, 1)],
      [21, reportCompleted(1, 'run-0-5', 0.7)],
      [22, checked(2, 'run-0-5')],
      [23, raised(1, 1, 'missing-values')],
      [40, judged('worse', 0)],
      [41, checked(2, 'run-0-5')],
      [42, clock(42)],
    );
    expect(outcomes.slice(6).map(said)).toEqual([
      ['version 2 passed'],
      ['champion is 2: promotion by retraining policy', 'rollout of 2 began'],
      ['no run: rollout-under-way'],
      ['rollout of 2 aborted', 'champion is 1: rollout by rollout policy'],
      [],
      ['run-0-11 by data-drift'],
    ]);
    expect(state.deployments.get('fraud')!.fact.routes).toMatchObject([{ route: 'champion', version: 1 }]);
  });
});

describe('an alert about what the policy has promoted', () => {
  const text = withModel(POLICY(ROLLBACK));
  const promoted: readonly Step[] = [
    [20, raised(0, 1)],
    [21, reportCompleted(1, 'run-0-5', 0.7)],
    [22, checked(2, 'run-0-5')],
  ];

  it('takes it back to the version before, once', () => {
    expect(
      after(
        text,
        ...promoted,
        [50, raised(1, 2, 'performance')],
        [51, raised(2, 2, 'fairness')],
        [52, promoteChecked(2)],
        [53, raised(3, 2, 'slice-performance')],
      ).slice(3),
    ).toEqual([
      ['champion is 1: rollback by retraining policy'],
      ['no run: replaced'],
      ['champion is 2: promotion by ada'],
      ['run-0-11 by performance'],
    ]);
  });

  it('takes nothing back when it is of another kind, about another version, or too late: then it asks for a run', () => {
    const last = (...steps: readonly Step[]): string[] => after(text, ...promoted, ...steps).at(-1)!;
    expect(last([50, raised(1, 2, 'score-drift')])).toEqual([]);
    expect(last([50, raised(1, 2, 'feature-drift')])).toEqual(['run-0-8 by data-drift']);
    expect(last([50, raised(1, 1, 'performance')])).toEqual(['no run: replaced']);
    expect(last([83, raised(1, 2, 'performance')])).toEqual(['run-0-8 by performance']);
  });

  it('takes a rollout back, and counts from its end', () => {
    const canary = withCanary(text);
    const last = (...steps: readonly Step[]): string[] => after(canary, ...promoted, ...steps).at(-1)!;
    expect(last([300, raised(1, 2, 'performance')])).toEqual([
      'champion is 1: rollback by retraining policy',
      'rollout of 2 aborted',
    ]);
    const through: readonly Step[] = [[90, judged('fine', 0)], [160, judged('fine', 1)]]; // prettier-ignore
    expect(last(...through, [200, raised(1, 2, 'performance')])).toEqual([
      'champion is 1: rollback by retraining policy',
    ]);
    expect(last(...through, [221, raised(1, 2, 'performance')])).toEqual(['run-0-10 by performance']);
  });
});

describe('an alert that stays open', () => {
  const text = withModel(POLICY());
  const due = (minutes: number, ...steps: readonly Step[]): string[] =>
    dueByAlert(story(...champion(text), ...steps).state, Date.UTC(2026, 0, 1) + minutes * 60_000).map(
      ({ request }) => request,
    );

  it('asks again when what was in its way is over: the run, the debounce', () => {
    const early: readonly Step[] = [[5, raised(0, 1)]];
    expect(after(text, ...early)).toEqual([['no run: debounced']]);
    expect(due(10, ...early)).toEqual([]);
    expect(due(11, ...early)).toEqual(['alert/fraud/monitoring.alerts:0-0/0-5']);
    expect(after(text, ...early, [11, clock(11)])[1]).toEqual(['run-0-6 by data-drift']);
  });

  it('asks again when its run gave nothing that helps, until the budget is spent', () => {
    const bad = (offset: number, run: string): Given => reportCompleted(offset, run, 0.01);
    const steps: readonly Step[] = [
      [20, raised(0, 1)],
      [21, bad(1, 'run-0-5')],
      [30, clock(30)],
      [31, bad(2, 'run-0-7')],
      [40, clock(40)],
      [41, bad(3, 'run-0-9')],
    ];
    expect(after(text, ...steps).filter((_, i) => i % 2 === 0)).toEqual([
      ['run-0-5 by data-drift'],
      ['run-0-7 by data-drift'],
      ['run-0-9 by data-drift'],
    ]);
    expect(due(60, ...steps)).toEqual([]);
    expect(due(20 + 24 * 60, ...steps)).toHaveLength(1);
  });

  it('asks for nothing once it is over, another version answers, or a version waits for somebody', () => {
    const early: readonly Step[] = [[5, raised(0, 1)]];
    expect(due(60, ...early, [6, resolved(1, 1)])).toEqual([]);
    const done: readonly Step[] = [
      [20, raised(0, 1)],
      [21, reportCompleted(1, 'run-0-5', 0.7)],
    ];
    expect(due(60, ...done, [22, checked(2, 'run-0-5')])).toEqual([]);
    expect(due(60, ...done)).toEqual([]);
  });

  it('waits as long as `after` says, so that labels are there', () => {
    const patient = withModel(POLICY(', after: 30m'));
    const open: readonly Step[] = [[20, raised(0, 1)]];
    expect(after(patient, ...open)).toEqual([['no run: settling']]);
    expect(after(patient, ...open, [50, clock(50)])[1]).toEqual(['run-0-6 by data-drift']);
    expect(() => after(patient, ...open, [49, clock(49)])).toThrow('nothing is due');
  });
});
