import { perRecord, type Fold } from '#eventlog';
import { TrainingRuns } from '../domain/training-runs';
import { decodeInput, encodeRunFact } from './training-records';

export interface InputHandler {
  /** Full name of `training.runs`. */
  readonly runs: string;
  /** Told of the state that is folded from now on: a new one each time the partition is taken. */
  readonly holds: (state: TrainingRuns) => void;
}

/** Decides each input and gives the facts that it makes known. State comes back by folding `training.inputs` again, silently. */
export const onInput = ({ runs, holds }: InputHandler): Fold<TrainingRuns, undefined> => ({
  name: 'runs',
  initial: () => {
    const state = new TrainingRuns();
    holds(state);
    return state;
  },
  process: perRecord((state, record, round) => {
    const facts = state.apply(decodeInput(record));
    facts.forEach((fact, k) => round.emit(encodeRunFact(fact, k, record, runs)));
  }),
  restore: { from: 'source' },
  total: false,
  dropSeen: true,
});
