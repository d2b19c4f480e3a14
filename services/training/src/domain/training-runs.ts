import {
  decide,
  evolve,
  initialRun,
  type FittingRun,
  type RunFact,
  type TrainingInput,
  type TrainingRun,
} from './training-run';

/** Every run that `training.inputs` tells of, in the order in which they were first heard of. */
export class TrainingRuns {
  private readonly runs = new Map<string, TrainingRun>();

  /** Applies an input and gives what it makes known. */
  apply(input: TrainingInput): readonly RunFact[] {
    const run = this.runs.get(input.fact.run) ?? initialRun;
    this.runs.set(input.fact.run, evolve(run, input));
    return decide(run, input);
  }

  /** Runs that started and have no outcome. */
  fitting(): readonly FittingRun[] {
    return [...this.runs.values()].filter((run) => run.status === 'fitting');
  }
}
