import type { RolloutDocument } from '../documents';
import { changeLine, describeRollout } from './describe-rollout';
import { overwriting } from './watch-rollout';

const NOW = Date.parse('2026-01-01T00:28:00.000Z');

const began = {
  change: 'began' as const,
  step: 0,
  share: 5,
  reason: 'champion of fraud is version 4; version 3 answered before',
  by: 'ada',
  measured: [],
  evidence: [],
  position: '0-41',
  decidedAt: '2026-01-01T00:00:00.000Z',
};

const canary: RolloutDocument = {
  deployment: 'fraud',
  model: 'fraud',
  alias: 'champion',
  routes: [
    { route: 'champion', version: 3, share: 95 },
    { route: 'canary', version: 4, share: 5 },
  ],
  salt: 'fraud/4',
  rollout: {
    status: 'running',
    strategy: 'canary',
    version: 4,
    baseline: 3,
    step: 0,
    steps: [5, 25, 100],
    share: 5,
    began: '0-41',
    since: '2026-01-01T00:00:00.000Z',
    intervalMs: 3_600_000,
    judgedAfter: '2026-01-01T01:00:00.000Z',
    abort: [{ metric: 'mean_score', above: 0.01, against: 'champion', rows: 100 }],
    position: '0-41',
    decidedAt: '2026-01-01T00:00:00.000Z',
  },
  experiment: null,
  story: [began],
};

it('shows who answers, how far the rollout is and what takes it back', () => {
  expect(describeRollout(canary, NOW).split('\n')).toEqual([
    '  route     version  share',
    '  champion  fraud@3  95 %',
    '  canary    fraud@4  5 %',
    '  canary of fraud@4 after fraud@3: step 1 of 3 at 5 % since 2026-01-01T00:00:00.000Z, judged in 32 min',
    '  taken back when mean_score is above 0.01 against the version before, of 100 rows or more',
    '  position  when                      what   share  by   why                                                        evidence',
    '  0-41      2026-01-01T00:00:00.000Z  began  5 %    ada  champion of fraud is version 4; version 3 answered before',
  ]);
});

it('says how it ended, and on what evidence', () => {
  const aborted = {
    ...began,
    change: 'aborted' as const,
    reason: 'error_rate of version 4 is 0.031, the limit is 0.01',
    by: 'rollout policy',
    evidence: [{ kind: 'verdict', id: 'monitoring.rollouts:0-4' }],
  };
  expect(changeLine(aborted)).toBe(
    '0-41 aborted at 5 % by rollout policy: error_rate of version 4 is 0.031, the limit is 0.01 (monitoring.rollouts:0-4)',
  );
  const ended = { ...canary, rollout: { ...canary.rollout!, status: 'aborted' as const } };
  expect(describeRollout(ended, NOW)).toContain('canary of fraud@4 after fraud@3: aborted');
});

it('shows the arms of a bandit', () => {
  const bandit: RolloutDocument = {
    ...canary,
    rollout: null,
    story: [],
    experiment: {
      strategy: 'bandit',
      revision: '2',
      reason: 'challenger is the best arm with probability 0.9',
      by: 'experiment policy',
      arms: [
        { route: 'champion', share: 14, trials: 480, successes: 441, best: 0.1 },
        { route: 'challenger', share: 86, trials: 120, successes: 115, best: 0.9 },
      ],
      position: '0-50',
      decidedAt: '2026-01-01T00:00:00.000Z',
    },
  };
  expect(describeRollout(bandit, NOW)).toContain('challenger  86 %   120     115        0.9');
});

it('draws each picture over the one before, no line longer than the terminal', () => {
  const written: string[] = [];
  const draw = overwriting(
    (text) => void written.push(text),
    () => 5,
  );
  draw('one\ntwo');
  draw('three lines');
  expect(written).toEqual(['\u001b[2Kone\n\u001b[2Ktwo\n\u001b[J', '\u001b[2A\u001b[2Kthre\n\u001b[J']);
});
