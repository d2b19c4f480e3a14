import fc from 'fast-check';
import { Facts } from './facts.testing';
import { chainsOf } from './story';
import { storyDocument } from './story-document';
import { Timeline } from './timeline';

const timelineOf = (records: Facts['records']): Timeline => {
  const timeline = new Timeline((topic) => topic);
  timeline.onRecords(records, (_, error) => {
    throw error;
  });
  return timeline;
};
const storiesOf = (facts: Facts) => chainsOf(timelineOf(facts.records).all(), 'fraud');

/** A champion, and an alert about it that asks for a run. */
const drifted = (): { readonly facts: Facts; readonly alert: string } => {
  const facts = new Facts();
  facts.deployed(0, ['champion', 1]);
  facts.taken(1, ['champion', 1, 100]);
  const alert = facts.alert(10, 1);
  facts.suppressed(11, alert);
  facts.requested(12, 'run-0-9', alert);
  return { facts, alert };
};

const promoted = (): Facts => {
  const { facts } = drifted();
  facts.completed(15, 'run-0-9');
  facts.registered(16, 'run-0-9', 2);
  facts.named(18, 2, 1);
  facts.rollout(18, 2, 'began');
  facts.deployed(18, ['champion', 1, 90], ['canary', 2, 10]);
  facts.taken(20, ['champion', 1, 90], ['canary', 2, 10]);
  return facts;
};

const kept = (): Facts => {
  const facts = promoted();
  facts.rollout(28, 2, 'completed');
  facts.deployed(28, ['champion', 2]);
  facts.taken(30, ['champion', 2, 100]);
  return facts;
};

it('tells how an alert became a new champion, from the first event on, with the seconds between', () => {
  const [chain] = storiesOf(kept());
  const first = { position: 'ingestion.observations.tx:0-7', eventTime: '2018-05-01T00:00:03.000Z', time: '2026-01-01T00:00:05.000Z' }; // prettier-ignore
  const story = storyDocument(chain!, first);
  expect(story).toMatchObject({
    deployment: 'fraud',
    trigger: 'data-drift',
    run: 'run-0-9',
    version: 2,
    verdict: 'kept',
    alert: { kind: 'feature-drift', subject: 'amount', firstEvent: first },
    began: '2026-01-01T00:00:05.000Z',
    servingSince: '2026-01-01T00:00:30.000Z',
    seconds: { fromFirstEvent: 25, fromAlert: 20, fromRequest: 18 },
  });
  expect(story.steps.map(({ type, seconds, sinceStart }) => [type, seconds, sinceStart])).toEqual([
    ['ingestion.observation.recorded', 0, 0],
    ['monitoring.alert.raised', 5, 5],
    ['registry.trigger.suppressed', 1, 6],
    ['registry.training.requested', 1, 7],
    ['training.run.completed', 3, 10],
    ['registry.model-version.registered', 1, 11],
    ['registry.alias.assigned', 2, 13],
    ['registry.rollout.changed', 0, 13],
    ['registry.deployment.updated', 0, 13],
    ['serving.routes.taken', 2, 15],
    ['registry.rollout.changed', 8, 23],
    ['registry.deployment.updated', 0, 23],
    ['serving.routes.taken', 2, 25],
  ]);
});

describe('how a story ended', () => {
  const verdicts = (facts: Facts): string[] =>
    storiesOf(facts).map(({ verdict, why }) => `${verdict}: ${why}`);

  it('refused, where the run gave no model or a gate failed', () => {
    const { facts } = drifted();
    facts.failed(15, 'run-0-9');
    expect(verdicts(facts)).toEqual([
      'refused: run-0-9 gave no model: all 80000 labels are 0; a binary task needs both classes',
    ]);
    const bad = drifted().facts;
    bad.registered(16, 'run-0-9', 2, false);
    expect(verdicts(bad)).toEqual([
      'refused: fraud@2 did not pass its gates: average_precision >= 0.1: 0.05, failed',
    ]);
    bad.withheld(16, 'run-0-9', 2, 'gates');
    expect(verdicts(bad)).toEqual(['refused: fraud@2: gates']);
  });

  it('waiting, where somebody must approve or promote', () => {
    const { facts } = drifted();
    facts.registered(16, 'run-0-9', 2);
    expect(verdicts(facts)).toEqual(['waiting: fraud@2 passed its gates; nobody has promoted it']);
    facts.withheld(16, 'run-0-9', 2, 'approval');
    expect(verdicts(facts)).toEqual(['waiting: fraud@2: approval']);
  });

  it('under way, while the run or the rollout is', () => {
    expect(verdicts(drifted().facts)).toEqual(['under-way: run-0-9 is under way']);
    expect(verdicts(promoted())).toEqual([
      'under-way: rollout of version 2 on fraud began at 5 %: because began',
    ]);
  });

  it('rolled back, from the canary or later', () => {
    const facts = promoted();
    facts.rollout(25, 2, 'aborted');
    facts.named(25, 1, 2, 'rollout');
    expect(verdicts(facts)).toEqual([
      'rolled-back: rollout of version 2 on fraud aborted at 5 %: because aborted',
    ]);
    const late = kept();
    late.alert(40, 2);
    late.named(41, 1, 2, 'rollback');
    const [story] = storiesOf(late);
    expect(story!.verdict).toBe('rolled-back');
    expect(story!.entries.slice(-2).map(({ type }) => type)).toEqual([
      'monitoring.alert.raised',
      'registry.alias.assigned',
    ]);
  });

  it('suppressed, where an alert asked and no run was asked for', () => {
    const facts = new Facts();
    facts.deployed(0, ['champion', 1]);
    facts.alert(5, 1);
    facts.suppressed(6, facts.alert(6, 1));
    expect(verdicts(facts)).toEqual(['suppressed: no run of fraud: too soon']);
  });

  it('kept until the next one: each request is a story of its own', () => {
    const facts = kept();
    facts.requested(40, 'run-0-20');
    facts.registered(45, 'run-0-20', 3);
    facts.named(46, 3, 2);
    expect(storiesOf(facts).map(({ run, trigger, verdict }) => [run, trigger, verdict])).toEqual([
      ['run-0-9', 'data-drift', 'kept'],
      ['run-0-20', 'operator', 'kept'],
    ]);
  });
});

it('is the same in whatever order topics are read', () => {
  const { records } = kept();
  const wanted = chainsOf(timelineOf(records).all(), 'fraud');
  fc.assert(
    fc.property(fc.shuffledSubarray(records, { minLength: records.length }), (shuffled) => {
      expect(chainsOf(timelineOf([...shuffled, ...shuffled.slice(0, 3)]).all(), 'fraud')).toEqual(wanted);
    }),
    { numRuns: 30 },
  );
});

it('lists by deployment, time and kind', () => {
  const timeline = timelineOf(kept().records);
  const list = (query: Parameters<Timeline['list']>[0]) =>
    timeline.list(query).map(({ position }) => position);
  expect(list({ deployment: 'fraud' })).toHaveLength(timeline.all().length);
  expect(list({ deployment: 'other' })).toEqual([]);
  expect(list({ deployment: 'fraud', kinds: ['alias'] })).toEqual(['registry.models:0-1']);
  const [from, to] = [10, 12].map((seconds) => Date.UTC(2026, 0, 1) + seconds * 1_000) as [number, number];
  expect(list({ from, to })).toEqual(['monitoring.alerts:0-0', 'registry.requests:0-0']);
});
