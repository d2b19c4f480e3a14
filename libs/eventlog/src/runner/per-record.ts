import { ContractViolation, isTransient } from '#kernel';
import { RecordFailure, type Fold, type Round, type Section } from './fold';
import type { LogRecord } from '../port';

/**
 * A `process` that handles one record after the other. A step decodes before it touches the state: a ContractViolation it throws
 * dead-letters the record and leaves the state as it was.
 */
export const perRecord =
  <State, Control>(
    step: (state: State, record: LogRecord, round: Round<State, Control>) => void,
  ): Fold<State, Control>['process'] =>
  (round) => {
    for (const { state, records, partition } of round.slices) {
      for (let i = 0; i < records.length; i++) {
        const record = records[i]!;
        try {
          step(state, record, round);
        } catch (error) {
          if (error instanceof ContractViolation) round.deadLetter(record, error.code, error.message);
          else if (isTransient(error)) throw error;
          else throw new RecordFailure(partition, record.offset, error);
        }
      }
    }
  };

/** The same for a section: a record that breaks its contract was given up by the fold, and is passed over. */
export const perSectionRecord =
  <Part>(step: (part: Part, record: LogRecord) => void): Section<Part>['fold'] =>
  (part, records) => {
    for (let i = 0; i < records.length; i++) {
      const record = records[i]!;
      try {
        step(part, record);
      } catch (error) {
        if (error instanceof ContractViolation) continue;
        throw isTransient(error) ? error : new RecordFailure(record.partition, record.offset, error);
      }
    }
  };
