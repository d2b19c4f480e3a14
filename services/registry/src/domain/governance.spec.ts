import type { EventOf, TrainingRunCompleted } from '#contracts';
import {
  PROJECT,
  apply,
  checked,
  note,
  placeOf,
  promote,
  promoteChecked,
  removeAlias,
  reportCompleted,
  review,
  rollBack,
  train,
  withModel,
} from '../registry.testing';
import { apply as fold } from './evolve';
import type { Input } from './inputs';
import type { Outcome } from './outcomes';
import { initialState, noteOf, type RegistryState } from './state';

interface Story {
  readonly state: RegistryState;
  /** Outcomes of the last input. */
  readonly last: readonly Outcome[];
}

const given = (...inputs: readonly Input[]): Story =>
  inputs.reduce<Story>(
    ({ state }, input, offset) => {
      const applied = fold(state, input, placeOf(offset));
      return { state: applied.state, last: applied.outcomes };
    },
    { state: initialState, last: [] },
  );

const refusalOf = ({ last }: Story): string | undefined =>
  last[0]?.type === 'command-refused' ? last[0].fact.message : undefined;

type Measured = NonNullable<EventOf<typeof TrainingRunCompleted>['measured']>;

/** A version of a model with these lines in its definition, as a run of input 1 measured it. */
const version = (lines: readonly string[], value: number, measured: Measured = {}): readonly Input[] => [
  apply(withModel(...lines)),
  train(),
  reportCompleted(0, 'run-0-1', value, { measured }),
  checked(1, 'run-0-1'),
];

describe('a challenger', () => {
  const gates = (gate: string): string[] => [`gates: [ ${gate} ]`];
  it.each<[string, string[], Measured, string]>([
    [
      'worse in one slice',
      gates('{ metric: average_precision, slice: customer_id, min: 0.05 }'),
      { 'average_precision/customer_id': { value: 0.02, of: '4961', rows: 61, failed: 2 } },
      'average_precision where customer_id is 4961 is 0.02 (61 rows), at least 0.05 is wanted (2 values fail)',
    ],
    [
      'unfair',
      gates('{ metric: demographic_parity, group: customer_id, max: 0.1 }'),
      { 'demographic_parity@0.5/customer_id': { value: 0.3, of: '1, 4' } },
      'demographic_parity@0.5 by customer_id (1, 4) is 0.3, at most 0.1 is wanted',
    ],
    [
      'too slow',
      gates('{ metric: latency_p99_ms, max: 5 }'),
      { latency_p99_ms: { value: 7.5 } },
      'latency_p99_ms is 7.5, at most 5 is wanted',
    ],
    [
      'too large',
      gates('{ metric: size_bytes, max: 1000 }'),
      { size_bytes: { value: 2000 } },
      'size_bytes is 2000, at most 1000 is wanted',
    ],
    [
      'not measured',
      gates('{ metric: size_bytes, max: 1000 }'),
      {},
      'size_bytes was not measured, at most 1000 is wanted',
    ],
  ])('that is %s is refused with the reason', (_, lines, measured, reason) => {
    const story = version(lines, 0.6, measured);
    const refused = `fraud@1 did not pass its gates: ${reason}`;
    expect(refusalOf(given(...story, promoteChecked(1)))).toBe(refused);
    expect(refusalOf(given(...story, review(1, 'approved', undefined, 'grace')))).toBe(refused);
  });

  const against = gates('{ metric: average_precision, against: champion, tolerance: 0.01 }');
  const championed = [...version(against, 0.6), promoteChecked(1), train()];
  const second = (difference: number): readonly Input[] => [
    ...championed,
    reportCompleted(1, 'run-0-5', 0.59, {
      measured: { 'average_precision-champion': { value: difference, version: 1 } },
    }),
    checked(2, 'run-0-5'),
  ];

  it('passes while there is no champion, and its run is told of the champion there is', () => {
    const story = given(...championed);
    expect(story.state.versions.get('fraud@1')!.gates).toMatchObject([
      { value: 0.6, passed: true, reason: 'no champion to compare with' },
    ]);
    expect(story.last[0]!.fact).toMatchObject({ against: [{ alias: 'champion', version: 1 }] });
  });

  it('that is worse than the champion is refused, one that is not is promoted', () => {
    expect(refusalOf(given(...second(-0.02), promoteChecked(2)))).toBe(
      'fraud@2 did not pass its gates: average_precision is 0.02 worse than that of champion (version 1), at most 0.01 worse is accepted',
    );
    expect(given(...second(-0.01), promoteChecked(2)).last[0]).toMatchObject({ type: 'alias-assigned' });
  });

  it('that was compared with a champion of before is refused; the way back is not', () => {
    const both = [
      apply(withModel(...against)),
      train(),
      train(),
      reportCompleted(0, 'run-0-1', 0.6),
      reportCompleted(1, 'run-0-2', 0.7),
      promote(1),
    ];
    expect(refusalOf(given(...both, promote(2)))).toBe(
      'fraud@2 was compared with none, and champion is version 1 by now: train again',
    );
    const third = [
      ...both,
      train(),
      reportCompleted(2, 'run-0-6', 0.7, {
        measured: { 'average_precision-champion': { value: 0.1, version: 1 } },
      }),
      promote(3),
    ];
    expect(given(...third, rollBack()).last[0]).toMatchObject({ fact: { version: 1, cause: 'rollback' } });
  });
});

describe('a check', () => {
  const trained = [apply(PROJECT), train(), reportCompleted(0, 'run-0-1')];

  it('comes before a promotion by the rules of today; a version that does not load is refused with the reason', () => {
    expect(refusalOf(given(...trained, promoteChecked(1)))).toBe(
      'fraud@1 is not checked yet: whether it loads and answers; ask again in a moment',
    );
    const broken = [...trained, checked(1, 'run-0-1', 'ONNX Runtime cannot load it')];
    const reason = 'fraud@1 cannot be served: ONNX Runtime cannot load it';
    expect(refusalOf(given(...broken, promoteChecked(1)))).toBe(reason);
    expect(refusalOf(given(...broken, review(1, 'approved')))).toBe(reason);
    const mended = given(...broken, checked(1, 'run-0-1'), promoteChecked(1));
    expect(mended.last[0]!.type).toBe('alias-assigned');
  });

  it('of another file says nothing', () => {
    const other = given(...trained, checked(1, 'run-0-9'));
    expect([other.last, other.state.versions.get('fraud@1')!.check]).toEqual([[], undefined]);
  });

  it('is evidence of the decision, with the run, the gates and the approval', () => {
    const story = given(
      ...version(['approval: { rule: four-eyes }'], 0.6),
      review(1, 'approved', undefined, 'grace'),
      promoteChecked(1),
    );
    expect(story.last[0]!.fact).toMatchObject({
      evidence: [
        { kind: 'run', id: 'run-0-1' },
        { kind: 'version', id: 'registry.inputs:0-2' },
        { kind: 'gate', id: 'average_precision >= 0.1: 0.6, passed' },
        { kind: 'check', id: 'registry.inputs:0-3' },
        { kind: 'approval', id: 'registry.inputs:0-4' },
      ],
    });
  });
});

describe('approval', () => {
  const four = version(['approval: { required: true, rule: four-eyes }'], 0.6);

  it('by four eyes needs somebody else than who asked for the run', () => {
    expect(refusalOf(given(...four, promoteChecked(1)))).toBe(
      'fraud@1 needs the approval of somebody else than ada: `models approve fraud@1 --as WHO`',
    );
    expect(refusalOf(given(...four, review(1, 'approved')))).toBe(
      'ada asked for fraud@1: by four eyes somebody else approves it',
    );
    for (const same of ['Ada', ' ada', 'a\u00adda'])
      expect(refusalOf(given(...four, review(1, 'approved', undefined, same)))).toContain('by four eyes');
    expect(refusalOf(given(...four, review(1, 'approved', undefined, 'anonymous')))).toContain(
      'needs a name',
    );
    const approved = given(...four, review(1, 'approved', undefined, 'grace'));
    expect(approved.last[0]!.fact).toMatchObject({ reviewed_by: 'grace', policy: 'four-eyes' });
    const story = given(...four, review(1, 'approved', undefined, 'grace'), promoteChecked(1));
    expect(story.last[0]!.type).toBe('alias-assigned');
  });

  it('by four eyes needs to know who asked for the run', () => {
    const nobodys = four.map((input): Input =>
      input.type === 'training' ? { type: 'training', value: { ...input.value, actor: 'anonymous' } } : input,
    );
    expect(refusalOf(given(...nobodys, review(1, 'approved', undefined, 'grace')))).toBe(
      'nobody knows who asked for fraud@1, so nobody can be somebody else: train it with --as',
    );
  });

  it('by one may be given by who asked for the run', () => {
    const one = version(['approval: { rule: one }'], 0.6);
    expect(refusalOf(given(...one, promoteChecked(1)))).toContain('needs the approval of somebody:');
    expect(given(...one, review(1, 'approved'), promoteChecked(1)).last[0]!.type).toBe('alias-assigned');
  });

  it('given under a policy that was tightened since does not count any more', () => {
    const story = [
      ...version(['approval: { rule: one }'], 0.6),
      review(1, 'approved'),
      apply(withModel('approval: { rule: four-eyes }')),
    ];
    expect(refusalOf(given(...story, promoteChecked(1)))).toBe(
      'the approval of fraud@1 does not count any more: ada asked for fraud@1: by four eyes somebody else approves it',
    );
  });

  it('is taken back by a rejection', () => {
    const story = [
      ...four,
      review(1, 'approved', undefined, 'grace'),
      review(1, 'rejected', undefined, 'eve'),
    ];
    expect(refusalOf(given(...story, promoteChecked(1)))).toBe('fraud@1 was rejected by eve');
  });
});

describe('environments', () => {
  const lines = ['environments: [dev, staging, production]'];

  it('are gone through one after the other; gates count from staging on', () => {
    const story = version(lines, 0.02);
    expect(given(...story, promoteChecked(1, 'dev')).last[0]!.type).toBe('alias-assigned');
    expect(refusalOf(given(...story, promoteChecked(1, 'dev'), promoteChecked(1, 'staging')))).toContain(
      'did not pass its gates',
    );
    const good = version(lines, 0.6);
    expect(refusalOf(given(...good, promoteChecked(1, 'dev'), promoteChecked(1, 'production')))).toBe(
      'fraud@1 was not in staging; `models promote fraud@1 --to staging` comes before production',
    );
    const all = [promoteChecked(1, 'dev'), promoteChecked(1, 'staging'), promoteChecked(1, 'production')];
    expect(given(...good, ...all).last[0]).toMatchObject({ fact: { alias: 'production', version: 1 } });
  });

  it('are served by deployments that name them', () => {
    const served = withModel(...lines).replace('alias: champion', 'alias: production');
    const story = given(
      apply(served),
      train(),
      reportCompleted(0, 'run-0-1'),
      promote(1, 'dev'),
      promote(1, 'staging'),
      promote(1, 'production'),
    );
    expect(story.state.deployments.get('fraud')!.fact).toMatchObject({
      state: 'active',
      alias: 'production',
    });
  });

  it('that a version was rolled back from do not count as gone through', () => {
    const story = [
      ...version(lines, 0.6),
      train(),
      reportCompleted(1, 'run-0-4', 0.7),
      promote(1, 'dev'),
      promote(1, 'staging'),
      promote(2, 'dev'),
      promote(2, 'staging'),
      rollBack('staging'),
    ];
    expect(refusalOf(given(...story, promote(2, 'production')))).toContain('was not in staging');
    expect(given(...story, promote(1, 'production')).last[0]!.type).toBe('alias-assigned');
  });
});

describe('aliases and notes', () => {
  const story = version([], 0.6);

  it('are taken away, but not while a deployment answers with them', () => {
    const named = [...story, promote(1), promote(1, 'candidate')];
    const removed = given(...named, removeAlias('candidate'));
    expect(removed.last).toMatchObject([
      { type: 'alias-removed', fact: { alias: 'candidate', previous: 1 } },
    ]);
    expect([...removed.state.aliases.values()].map(({ alias }) => alias)).toEqual(['champion']);
    expect(refusalOf(given(...named, removeAlias('champion')))).toContain(
      'deployment fraud answers with champion',
    );
    expect(refusalOf(given(...named, removeAlias('none')))).toBe('fraud has no alias none');
  });

  it('say something of a model or a version, one by one; what is as it was is no fact', () => {
    const noted = [
      ...story,
      note(undefined, { owner: 'ada' }, 'finds fraud'),
      note(1, { team: 'risk', draft: 'yes' }),
      note(1, { draft: null, reviewed: 'no' }),
    ];
    const { state } = given(...noted);
    expect(noteOf(state, 'fraud')).toEqual({ tags: { owner: 'ada' }, description: 'finds fraud' });
    expect(noteOf(state, 'fraud', 1)).toEqual({ tags: { reviewed: 'no', team: 'risk' }, description: null });
    expect(given(...noted, note(1, { team: 'risk', draft: null })).last).toEqual([]);
    expect(given(...noted, note(undefined, {}, null)).last).toMatchObject([{ fact: { description: null } }]);
    expect(refusalOf(given(...noted, note(7, {})))).toBe('there is no fraud@7; the newest is fraud@1');
    const many = Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`t${index}`, '']));
    expect(refusalOf(given(...noted, note(undefined, many)))).toContain('at most 200 fit');
  });
});
