import { DeploymentUpdated } from '#contracts';
import type { ServedRows } from '#folds';
import { MovableClock, Refused, Defect } from '#kernel';
import { NO_INFERENCE_METRICS, type InferAnswer, type InferCall, type ServedModel } from '../inference';
import { DoorCounts } from './door-counts';

const counted: [string, string, number, ServedRows][] = [];
const counts = new DoorCounts(
  {
    served: (deployment, { route, version }, rows) => void counted.push([deployment, route, version, rows]),
  },
  new MovableClock(10_000),
  NO_INFERENCE_METRICS,
);
beforeEach(() => void counted.splice(0));

const served = (route: string): ServedModel =>
  ({ route, version: '4', deployment: DeploymentUpdated.sample }) as ServedModel;
const call = { rows: 3 } as InferCall;
const answer = (route: string): InferAnswer =>
  ({ rows: 3, width: 1, values: Float32Array.of(0.25, 0.75, NaN), served: served(route) }) as InferAnswer;
const times = { beganMs: 0, totalMs: 7, inferMs: 1 };

it('counts rows, decisions and latency with the route that answered', () => {
  counts.answered(call, answer('canary'), times);
  expect(counted).toEqual([
    [
      'fraud',
      'canary',
      4,
      { appended: [9_993, 9_993, 9_993], errors: 1, decided: 2, positives: 1, scored: 2, scoreSum: 1 },
    ],
  ]);
});

it('counts nothing where the caller chose who answers', () => {
  counts.answered(call, answer('version'), times);
  counts.answered(call, answer('model'), times);
  expect(counted).toEqual([]);
});

it("counts what is the model's fault as errors, and nothing else", () => {
  counts.failed(call, new Defect('it threw'), 7, served('canary'));
  expect(counted.map(([, , , { errors, appended }]) => [errors, appended.length])).toEqual([[3, 3]]);
  counts.failed(
    call,
    new Refused('PLAYHEAD_INFERENCE_INVALID', 'two values for three rows'),
    7,
    served('canary'),
  );
  counts.failed(call, new Refused('PLAYHEAD_NOT_FOUND', 'no such model'), 7, undefined);
  expect(counted).toHaveLength(1);
});
