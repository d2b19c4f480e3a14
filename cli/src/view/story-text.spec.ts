import { storyText, type Story } from './story-text';

const STEP = {
  time: '2026-01-01T00:00:00.000Z',
  eventTime: null,
  position: 'registry.requests:0-4',
  message: 'run-0-12 of fraud is asked for',
  seconds: 0,
};
const STORY: Story = {
  id: 'registry.requests:0-4',
  model: 'fraud',
  trigger: 'data-drift',
  run: 'run-0-12',
  version: 2,
  verdict: 'kept',
  why: 'champion of fraud is version 2',
  seconds: { fromFirstEvent: 12.34, fromAlert: 4 },
  steps: [
    {
      ...STEP,
      eventTime: '2018-05-01T00:00:00.000Z',
      position: 'monitoring.alerts:0-2',
      message: 'amount has \u001b[2Jdrifted',
    },
    { ...STEP, seconds: 0.25 },
  ],
};

it('tells a story step by step, how it ended and how long it took', () => {
  expect(storyText({ deployment: 'fraud', stories: [STORY] })).toBe(
    [
      'fraud@2, by data-drift: kept',
      '  2026-01-01T00:00:00.000Z       +0.0 s  amount has \\u001b[2Jdrifted [event time 2018-05-01T00:00:00.000Z]  (monitoring.alerts:0-2)',
      '  2026-01-01T00:00:00.000Z       +0.3 s  run-0-12 of fraud is asked for  (registry.requests:0-4)',
      '  kept: champion of fraud is version 2',
      '  from the first drifted event to the new champion serving: 12.3 s',
    ].join('\n'),
  );
});

it('tells of a run without a version, and of nothing', () => {
  const refused = { ...STORY, version: null, verdict: 'refused', why: 'run-0-12 gave no model', seconds: { fromFirstEvent: null, fromAlert: null }, steps: [] }; // prettier-ignore
  expect(storyText({ deployment: 'fraud', stories: [refused] })).toBe('run-0-12, by data-drift: refused\n  refused: run-0-12 gave no model'); // prettier-ignore
  expect(storyText({ deployment: 'fraud', stories: [] })).toContain('no run was asked for');
});
