import { TRAINERS } from './trainers';
import { trainerConformance } from './trainer.conformance';

for (const trainer of Object.values(TRAINERS)) {
  for (const task of trainer.tasks) trainerConformance(trainer, task);
}

it('a trainer refuses a task that it does not know', () => {
  expect(TRAINERS.linear.faults('binary', {})).toEqual(['"linear" learns regression, not binary']);
});
