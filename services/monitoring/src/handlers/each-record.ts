import { RecordFailure, type Fold, type LogRecord, type Round } from '#eventlog';
import { ContractViolation, PlatformError } from '#kernel';

/**
 * `perRecord` for steps that wait for something (a profile, a vector): one record after the other, with the same promise that a
 * ContractViolation dead-letters the record, and that a step decodes before it touches the state. What must stop the service
 * (a hole in the log) is passed on as it is.
 */
export const eachRecord =
  <State, Control>(
    step: (state: State, record: LogRecord, round: Round<State, Control>) => Promise<void>,
  ): Fold<State, Control>['process'] =>
  async (round) => {
    for (const { state, records, partition } of round.slices) {
      for (const record of records) {
        try {
          await step(state, record, round);
        } catch (error) {
          if (error instanceof ContractViolation) round.deadLetter(record, error.code, error.message);
          else if (
            error instanceof PlatformError &&
            error.disposition === 'halt' &&
            error.code !== 'PLAYHEAD_DEFECT'
          )
            throw error;
          else throw new RecordFailure(partition, record.offset, error);
        }
      }
    }
  };
