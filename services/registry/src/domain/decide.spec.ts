import {
  apply,
  cancel,
  changedWindow,
  placeOf,
  promote,
  PROJECT,
  reportCompleted,
  reportFailed,
  review,
  rollBack,
  train,
  warmedEverywhere,
} from '../registry.testing';
import { apply as fold } from './evolve';
import type { Input } from './inputs';
import type { Outcome } from './outcomes';
import { initialState, phaseOf, versionsOf, type RegistryState } from './state';

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

const typesOf = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ type }) => type);
const refusalOf = ({ last }: Story): string | undefined =>
  last[0]?.type === 'command-refused' ? `${last[0].fact.code}: ${last[0].fact.message}` : undefined;
const deploymentOf = ({ state }: Story) => state.deployments.get('fraud')!.fact;

/** Definitions at 0, runs at 1 and 2, versions 1 and 2 at 3 and 4. */
const twoVersions: readonly Input[] = [
  apply(PROJECT),
  train(),
  train(),
  reportCompleted(0, 'run-0-1'),
  reportCompleted(1, 'run-0-2'),
];

describe('definitions', () => {
  it('become revision 1, in the order in which they name each other, and the deployment waits', () => {
    const story = given(apply(PROJECT));
    expect(
      story.last.map((outcome) =>
        outcome.type === 'definition-applied'
          ? `${outcome.fact.kind}/${outcome.fact.name}@${outcome.fact.revision}`
          : outcome.type,
      ),
    ).toEqual([
      'Stream/transactions@1',
      'Stream/fraud-labels@1',
      'FeatureView/customer-spend@1',
      'FeatureService/fraud@1',
      'Label/fraud@1',
      'Model/fraud@1',
      'Deployment/fraud@1',
      'Monitor/fraud@1',
      'deployment-updated',
    ]);
    expect(deploymentOf(story)).toMatchObject({
      state: 'waiting',
      routes: [],
      from: 'now',
      threshold: 0.5,
      service: {
        name: 'fraud',
        revision: '1',
        trigger: 'transactions',
        key: 'customer_id',
        partitions: 4,
        features: ['amount', 'tx_count_1d'],
      },
      label: {
        stream: 'fraud-labels',
        key: 'customer_id',
        partitions: 2,
        on: 'transaction_id',
        value: 'is_fraud',
        value_type: 'boolean',
        maturity_ms: 604_800_000,
      },
      monitor: {
        name: 'fraud',
        window_ms: 86_400_000,
        drift: { features: 'auto', threshold: 0.2 },
        metric: 'average_precision',
      },
    });
  });

  it('that are as they were change nothing', () => {
    expect(given(apply(PROJECT), apply(PROJECT)).last).toEqual([]);
  });

  it('give a service a new revision when a view of it changes', () => {
    const story = given(apply(PROJECT), apply(changedWindow('7d')));
    expect(
      story.last
        .filter(({ type }) => type === 'definition-applied')
        .map(({ fact }) => `${(fact as { kind: string }).kind}@${(fact as { revision: string }).revision}`),
    ).toEqual(['FeatureView@2', 'FeatureService@2']);
  });

  it('give services a new revision when the engine that computes them changes', () => {
    const story = given(apply(PROJECT), apply(PROJECT, '2'));
    expect(typesOf(story.last)).toEqual(['definition-applied', 'deployment-updated']);
  });

  it('that would break what holds are refused, whoever checked them before', () => {
    const partitions = PROJECT.replace('partitions: 4', 'partitions: 8');
    expect(refusalOf(given(apply(PROJECT), apply(partitions)))).toContain(
      '`partitions` is for ever: 4 cannot become 8',
    );
  });
});

describe('training', () => {
  it('says everything that decides the result', () => {
    const { last } = given(apply(PROJECT), train());
    expect(last).toMatchObject([
      {
        type: 'training-requested',
        fact: {
          run: 'run-0-1',
          model: 'fraud',
          task: 'binary',
          service: { name: 'fraud', revision: '1' },
          label: { on: 'transaction_id' },
          split: { by: 'time', holdout_ms: 604_800_000, gap_ms: 604_800_000 },
          trainer: { kind: 'gbdt', parameters: { trees: 10 } },
          seed: 0,
          gates: [{ metric: 'average_precision', min: 0.1 }],
          requested_by: 'ada',
        },
      },
    ]);
  });

  it('of an unknown model is refused', () => {
    expect(refusalOf(given(apply(PROJECT), train('spam')))).toBe(
      'PLAYHEAD_NOT_FOUND: there is no model spam',
    );
  });

  it('gives versions 1 to n in the order of completion', () => {
    const { state } = given(
      apply(PROJECT),
      train(),
      train(),
      reportCompleted(0, 'run-0-2'),
      reportCompleted(1, 'run-0-1'),
    );
    expect(versionsOf(state, 'fraud').map(({ version, run }) => [version, run])).toEqual([
      [1, 'run-0-2'],
      [2, 'run-0-1'],
    ]);
    expect(state.runs.get('run-0-2')).toMatchObject({ status: 'completed', version: 1 });
  });

  it('that failed gives none, and can no longer be cancelled', () => {
    const story = given(apply(PROJECT), train(), reportFailed(0, 'run-0-1'), cancel('run-0-1'));
    expect(story.state.latest.get('fraud')).toBeUndefined();
    expect(refusalOf(story)).toBe('PLAYHEAD_CONFLICT: run-0-1 has ended: it is failed');
  });

  it('is cancelled by asking once', () => {
    const story = given(apply(PROJECT), train(), cancel('run-0-1'));
    expect(typesOf(story.last)).toEqual(['cancellation-requested']);
    expect(given(apply(PROJECT), train(), cancel('run-0-1'), cancel('run-0-1')).last).toEqual([]);
  });
});

describe('promotion', () => {
  it('gives the alias, and the deployment the route with all digests', () => {
    const story = given(...twoVersions, promote(2));
    expect(typesOf(story.last)).toEqual(['alias-assigned', 'deployment-updated']);
    expect(story.last[0]!.fact).toEqual({
      model: 'fraud',
      alias: 'champion',
      version: 2,
      previous: null,
      cause: 'promotion',
      assigned_by: 'ada',
    });
    const version = story.state.versions.get('fraud@2')!;
    expect(deploymentOf(story)).toMatchObject({
      state: 'active',
      routes: [
        {
          route: 'champion',
          version: 2,
          artifact: version.artifact,
          profile: version.profile,
          revision: '1',
          definition: version.service.digest,
          features: ['amount', 'tx_count_1d'],
        },
      ],
    });
  });

  it.each([
    [0.08, 'fraud@1 did not pass its gates: average_precision is 0.08, at least 0.1 is wanted'],
    [null, 'fraud@1 did not pass its gates: average_precision was not measured, at least 0.1 is wanted'],
  ])('of a version with average precision %s is refused with the reason', (value, reason) => {
    const story = given(apply(PROJECT), train(), reportCompleted(0, 'run-0-1', value), promote(1));
    expect(refusalOf(story)).toBe(`PLAYHEAD_CONFLICT: ${reason}`);
    expect(deploymentOf(story).state).toBe('waiting');
  });

  it.each([
    [promote(3), 'PLAYHEAD_NOT_FOUND: there is no fraud@3; the newest is fraud@2'],
    [rollBack(), 'PLAYHEAD_NOT_FOUND: fraud has no alias champion'],
  ])('of what is not there is refused', (input, reason) => {
    expect(refusalOf(given(...twoVersions, input))).toBe(reason);
  });

  it('of a rejected version is refused', () => {
    expect(refusalOf(given(...twoVersions, review(2, 'rejected'), promote(2)))).toBe(
      'PLAYHEAD_CONFLICT: fraud@2 was rejected by ada',
    );
  });

  it('of the version that has the alias changes nothing', () => {
    expect(given(...twoVersions, promote(2), promote(2)).last).toEqual([]);
  });
});

describe('rollback', () => {
  it('names the version before, and only once', () => {
    const story = given(...twoVersions, promote(1), promote(2), rollBack());
    expect(typesOf(story.last)).toEqual(['alias-assigned', 'deployment-updated']);
    expect(deploymentOf(story).routes[0]!.version).toBe(1);
    expect(refusalOf(given(...twoVersions, promote(1), promote(2), rollBack(), rollBack()))).toBe(
      'PLAYHEAD_CONFLICT: champion of fraud has named no other version than 1',
    );
  });

  it('steps over a version that was rejected since', () => {
    const story = given(
      ...twoVersions,
      train(),
      reportCompleted(2, 'run-0-5'),
      promote(1),
      promote(2),
      promote(3),
      review(2, 'rejected'),
      rollBack(),
    );
    expect(story.state.aliases.get('fraud@champion')!.history).toEqual([1]);
  });

  it('comes before the rejection of a champion', () => {
    expect(refusalOf(given(...twoVersions, promote(2), review(2, 'rejected')))).toBe(
      'PLAYHEAD_CONFLICT: fraud@2 is champion: roll back or promote another version first',
    );
  });
});

describe('a revision of a feature service', () => {
  const SEVEN = changedWindow('7d');
  const seven = warmedEverywhere('2', SEVEN);
  const revision = ({ state }: Story, n: number) => state.revisions.get(`FeatureService/fraud@${n}`)!;
  const phase = (story: Story, n: number) => phaseOf(revision(story, n));

  it('that is the first is active at once; a later one is once every partition is warm, whoever says so how often', () => {
    expect(phase(given(apply(PROJECT)), 1)).toBe('active');
    const almost = [apply(PROJECT), apply(SEVEN), ...seven.slice(0, 3), seven[0]!];
    expect(typesOf(given(...almost).last)).toEqual([]);
    expect(revision(given(...almost), 2)).toMatchObject({ activated: null, places: 4 });
    expect(revision(given(...almost), 2).warm).toHaveLength(3);
    const story = given(...almost, seven[3]!);
    expect(story.last).toEqual([
      {
        type: 'definition-activated',
        fact: { kind: 'FeatureService', name: 'fraud', revision: '2', digest: revision(story, 2).digest },
      },
      // Nobody reads the first one, and there is another now.
      {
        type: 'definition-retired',
        fact: { kind: 'FeatureService', name: 'fraud', revision: '1', digest: revision(story, 1).digest },
      },
    ]);
    expect(revision(story, 2).activated).toEqual({ position: 6, time: placeOf(6).time });
    expect(story.state.definitions.get('FeatureService/fraud')).toEqual(revision(story, 2));
    expect(given(...almost, seven[3]!, seven[2]!).last).toEqual([]);
  });

  it('is not activated by what is said of another definition, of none, or of a retired one', () => {
    const [first] = warmedEverywhere('2', changedWindow('3d'));
    expect(given(apply(PROJECT), ...seven).last).toEqual([]);
    expect(revision(given(apply(PROJECT), apply(SEVEN), first!), 2).warm).toEqual([]);
    const passedOver = given(apply(PROJECT), apply(SEVEN), apply(changedWindow('3d')), ...seven);
    expect([passedOver.last, phase(passedOver, 2), phase(passedOver, 3)]).toEqual([[], 'retired', 'warming']);
    expect(phase(passedOver, 1)).toBe('active');
  });

  it('can be trained on before vectors carry it, and gets an alias once they do', () => {
    const trained = [
      ...twoVersions,
      promote(1),
      apply(SEVEN),
      train(),
      reportCompleted(2, 'run-0-7'),
      seven[0]!,
    ];
    expect(given(...trained).state.versions.get('fraud@3')?.service.revision).toBe('2');
    expect(refusalOf(given(...trained, promote(3)))).toBe(
      'PLAYHEAD_CONFLICT: fraud@3 reads revision 2 of feature service fraud, which no vector carries yet: it is warm on 1 of 4 partitions; promote when it is active',
    );
    const promoted = given(...trained, ...seven.slice(1), promote(3));
    expect(typesOf(promoted.last)).toEqual(['alias-assigned', 'deployment-updated']);
    expect(deploymentOf(promoted).routes[0]).toMatchObject({ version: 3, revision: '2' });
    expect(phase(promoted, 1)).toBe('active');
  });

  it('lives as long as a champion, the one before it or a run reads it', () => {
    const running = given(apply(PROJECT), train(), apply(SEVEN), ...seven);
    expect(phase(running, 1)).toBe('active');
    const champion = given(...twoVersions, promote(1), apply(SEVEN), ...seven);
    expect(phase(champion, 1)).toBe('active');
    expect(deploymentOf(champion).service.revision).toBe('1');
    const next = [...twoVersions, promote(1), apply(SEVEN), train(), train(), ...seven];
    const both = [...next, reportCompleted(2, 'run-0-7'), reportCompleted(3, 'run-0-8'), promote(3)];
    expect(phase(given(...both), 1)).toBe('active');
    const after = given(...both, promote(4));
    expect(after.last.at(-1)).toMatchObject({
      type: 'definition-retired',
      fact: { kind: 'FeatureService', name: 'fraud', revision: '1' },
    });
    expect([phase(after, 1), phase(after, 2)]).toEqual(['retired', 'active']);
  });

  it('that is retired brings no version back', () => {
    const changed = [...twoVersions, apply(SEVEN)];
    expect(typesOf(given(...changed, promote(2)).last)).toEqual(['alias-assigned', 'deployment-updated']);
    const later = [...changed, train(), reportCompleted(2, 'run-0-6'), ...seven];
    expect(refusalOf(given(...later, promote(2)))).toBe(
      'PLAYHEAD_CONFLICT: fraud@2 reads revision 1 of feature service fraud, which is retired: train again',
    );
  });
});
