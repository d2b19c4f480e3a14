import {
  CancellationRequested,
  DatasetBuilt,
  DatasetFailed,
  TrainingInputFitReported,
  TrainingRequested,
} from '#contracts';
import { TrainingRuns } from './training-runs';
import type { RunFact, TrainingInput } from './training-run';

const requested: TrainingInput = { type: 'requested', fact: TrainingRequested.sample };
const built: TrainingInput = { type: 'dataset-built', fact: DatasetBuilt.sample };
const notBuilt: TrainingInput = { type: 'dataset-failed', fact: DatasetFailed.sample };
const cancellation: TrainingInput = { type: 'cancellation-requested', fact: CancellationRequested.sample };
const fitted: TrainingInput = { type: 'fit-reported', fact: TrainingInputFitReported.sample };
const failed: TrainingInput = {
  type: 'fit-reported',
  fact: { run: 'run-0-12', outcome: 'failed', code: 'PLAYHEAD_LEARN_INVALID', message: 'all labels are 0' },
};

const given = (...inputs: TrainingInput[]) => ({
  when: (input: TrainingInput): readonly RunFact[] => {
    const runs = new TrainingRuns();
    for (const before of inputs) runs.apply(before);
    return runs.apply(input);
  },
});

const identity = { run: 'run-0-12', model: 'fraud' };
const described = {
  ...identity,
  dataset: DatasetBuilt.sample.digest,
  rows: { train: 80, holdout: 20 },
  trainer: 'gbdt',
  parameters: { trees: 100, depth: 6 },
  seed: 0,
};
const started: RunFact = {
  type: 'started',
  fact: { ...described, dataset_manifest: DatasetBuilt.sample.manifest, cut: DatasetBuilt.sample.cut },
};

describe('a training run', () => {
  it('is known once it is requested', () => {
    expect(given().when(requested)).toEqual([{ type: 'requested', fact: identity }]);
  });

  it('starts when its data set is there, in whichever order the two come', () => {
    expect(given(requested).when(built)).toEqual([started]);
    expect(given(built).when(requested)).toEqual([{ type: 'requested', fact: identity }, started]);
  });

  it('is rejected when its data set cannot be built, in whichever order the two come', () => {
    const { code, message } = DatasetFailed.sample;
    const rejected: RunFact = { type: 'rejected', fact: { ...identity, code, message } };
    expect(given(requested).when(notBuilt)).toEqual([rejected]);
    expect(given(notBuilt).when(requested)).toEqual([{ type: 'requested', fact: identity }, rejected]);
  });

  it('completes with what its fit reported', () => {
    const { artifact, profile, manifest, metrics, seconds } = TrainingInputFitReported.sample as Extract<
      typeof TrainingInputFitReported.sample,
      { outcome: 'completed' }
    >;
    expect(given(requested, built).when(fitted)).toEqual([
      {
        type: 'completed',
        fact: { ...described, task: 'binary', artifact, profile, manifest, metrics, seconds },
      },
    ]);
  });

  it('fails with the reason that its fit reported', () => {
    expect(given(requested, built).when(failed)).toEqual([
      { type: 'failed', fact: { ...identity, code: 'PLAYHEAD_LEARN_INVALID', message: 'all labels are 0' } },
    ]);
  });

  it('is cancelled while it waits or is fitted', () => {
    const cancelled: RunFact[] = [{ type: 'cancelled', fact: identity }];
    expect(given(requested).when(cancellation)).toEqual(cancelled);
    expect(given(requested, built).when(cancellation)).toEqual(cancelled);
    expect(
      given(requested, built).when({ type: 'fit-reported', fact: { run: 'run-0-12', outcome: 'cancelled' } }),
    ).toEqual(cancelled);
  });

  it.each([
    ['completed', fitted],
    ['failed', failed],
    ['cancelled', cancellation],
  ])('changes no more once it is %s', (_, end) => {
    for (const late of [requested, built, notBuilt, cancellation, fitted, failed])
      expect(given(requested, built, end).when(late)).toEqual([]);
  });

  it('hears nothing of a fit that never started, nor twice of one request', () => {
    expect(given(requested).when(fitted)).toEqual([]);
    expect(given().when(cancellation)).toEqual([]);
    expect(given(requested).when(requested)).toEqual([]);
    expect(given(requested, built).when(built)).toEqual([]);
  });
});

it('the runs to be fitted are those that started and have no outcome, oldest first', () => {
  const of = (input: TrainingInput, run: string): TrainingInput =>
    ({ ...input, fact: { ...input.fact, run } }) as TrainingInput;
  const runs = new TrainingRuns();
  for (const run of ['b', 'a', 'c']) for (const input of [requested, built]) runs.apply(of(input, run));
  runs.apply(of(requested, 'waits'));
  runs.apply(of(fitted, 'a'));
  expect(runs.work().map(({ id }) => id)).toEqual(['b', 'c']);
});
