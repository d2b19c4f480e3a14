import fc from 'fast-check';
import { LineageReported, TrainingRunStarted, checkEvent } from '#contracts';
import {
  apply as submit,
  cancel,
  completed,
  promote,
  PROJECT,
  reportCompleted,
  reportFailed,
  rollBack,
  train,
} from '../../registry.testing';
import { apply } from '../evolve';
import type { Input } from '../inputs';
import { initialState } from '../state';
import { lineageOf } from './lineage';
import { uuidOf, type RunEvent } from './run-event';

const reportStarted = (offset: number, run: string): Input => ({
  type: 'run',
  value: {
    reference: `training.runs:0-${offset}`,
    type: 'training.run.started',
    fact: { ...TrainingRunStarted.sample, run, dataset: completed(run, 0.6).dataset },
  },
});
const reportCancelled = (offset: number, run: string): Input => ({
  type: 'run',
  value: {
    reference: `training.runs:0-${offset}`,
    type: 'training.run.cancelled',
    fact: { run, model: 'fraud' },
  },
});

/** The lineage of a log of inputs, a minute apart. */
const lineageOfLog = (inputs: readonly Input[]): RunEvent[] => {
  let state = initialState;
  return inputs.flatMap((input, offset) => {
    const at = { offset, time: new Date(Date.UTC(2026, 0, 1) + offset * 60_000).toISOString() };
    const before = state;
    const { state: after, outcomes } = apply(before, input, at);
    state = after;
    return lineageOf('playhead', { before, after, input, outcomes, at });
  });
};

const told = (events: readonly RunEvent[]): string[] =>
  events.map(({ eventType, job, inputs, outputs }) =>
    [eventType, job.name, inputs.map(({ name }) => name), '->', outputs.map(({ name }) => name)]
      .flat()
      .join(' '),
  );

it('tells the life of a model', () => {
  const events = lineageOfLog([
    submit(PROJECT),
    train(),
    reportStarted(0, 'run-0-1'),
    reportCompleted(1, 'run-0-1'),
    promote(1),
    train(),
    reportCompleted(2, 'run-0-5'),
    promote(2),
  ]);
  const build = 'datasets.fraud feature.vectors.fraud ingestion.observations.fraud-labels ->';
  const scoring = 'serving.fraud feature.vectors.fraud models/fraud -> serving.predictions.fraud';
  expect(told(events)).toEqual([
    `START ${build}`,
    `COMPLETE ${build} datasets/fraud`,
    'START training.fraud datasets/fraud ->',
    'COMPLETE training.fraud datasets/fraud -> models/fraud',
    `START ${scoring}`,
    `START ${build}`,
    `COMPLETE ${build} datasets/fraud`,
    'START training.fraud datasets/fraud ->',
    'COMPLETE training.fraud datasets/fraud -> models/fraud',
    `COMPLETE ${scoring}`,
    `START ${scoring}`,
  ]);
  expect(events[1]!.inputs[0]!.facets['playhead_dataset']!['ranges']).toEqual([
    { partition: 0, from: 0, to: 100 },
  ]);
  expect(events[3]!.outputs[0]!.facets['version']!['datasetVersion']).toBe('1');
  expect(events[9]!.run.runId).toBe(events[4]!.run.runId);
});

it('tells how a run ended that gave no model', () => {
  expect(told(lineageOfLog([submit(PROJECT), train(), reportFailed(0, 'run-0-1')])).at(-1)).toBe(
    'FAIL datasets.fraud ->',
  );
  const begun = [submit(PROJECT), train(), reportStarted(0, 'run-0-1')];
  const failed = lineageOfLog([...begun, reportFailed(1, 'run-0-1')]).at(-1)!;
  expect(told([failed])).toEqual(['FAIL training.fraud ->']);
  expect(failed.run.facets['errorMessage']).toMatchObject({
    message: expect.stringMatching(/^\w+: /) as unknown,
  });
  expect(told(lineageOfLog([...begun, reportCancelled(1, 'run-0-1')])).at(-1)).toBe(
    'ABORT training.fraud ->',
  );
});

const input = fc
  .tuple(
    fc.integer({ min: 1, max: 12 }).map((n) => `run-0-${n}`),
    fc.integer({ min: 1, max: 3 }),
    fc.nat(30),
    fc.constantFrom(
      'train',
      'train',
      'started',
      'started',
      'completed',
      'completed',
      'failed',
      'cancelled',
      'promote',
      'rollback',
      'cancel',
    ),
  )
  .map(([run, version, offset, kind]) => {
    if (kind === 'train') return train();
    if (kind === 'started') return reportStarted(offset, run);
    if (kind === 'completed') return reportCompleted(offset, run);
    if (kind === 'failed') return reportFailed(offset, run);
    if (kind === 'cancelled') return reportCancelled(offset, run);
    if (kind === 'promote') return promote(version);
    return kind === 'cancel' ? cancel(run) : rollBack();
  });

it('begins each run once and ends it at most once, whatever is reported, and says the same again', () => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 40 }), (inputs) => {
      const log = [submit(PROJECT), ...inputs];
      const events = lineageOfLog(log);
      const lives = new Map<string, string>();
      for (const event of events) {
        checkEvent(LineageReported, event);
        lives.set(event.run.runId, `${lives.get(event.run.runId) ?? ''} ${event.eventType}`);
      }
      for (const life of lives.values()) expect(life).toMatch(/^ START( COMPLETE| FAIL| ABORT)?$/);
      expect(lineageOfLog(log)).toEqual(events);
    }),
  );
});

it('makes UUIDs of version 8', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(uuidOf(a)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(uuidOf(a) === uuidOf(b)).toBe(a === b);
    }),
  );
});
