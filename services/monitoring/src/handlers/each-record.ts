import { HEADERS } from '#contracts';
import { RecordFailure, type Fold, type LogRecord, type Round, type Slice } from '#eventlog';
import { ContractViolation, PlatformError } from '#kernel';

/**
 * `perRecord` for steps that wait for something (a profile, a vector), with the same promise: a ContractViolation dead-letters the
 * record, and a step decodes before it touches the state. What must stop the service (a hole in the log) is passed on as it is.
 *
 * The partitions of a round are folded side by side in the order of event time, each in its own order, so that a window
 * ends in all of them at about the same place of the output, also when a backlog is worked off.
 */
export const eachRecord =
  <State, Control>(
    step: (state: State, record: LogRecord, round: Round<State, Control>) => Promise<void> | void,
  ): Fold<State, Control>['process'] =>
  async (round) => {
    for (const { state, record } of sideBySide(round.slices)) {
      try {
        // Most steps have what they need: waiting for nothing would still cost a turn for each record.
        const waiting = step(state, record, round);
        if (waiting) await waiting;
      } catch (error) {
        if (error instanceof ContractViolation) round.deadLetter(record, error.code, error.message);
        else if (mustStop(error)) throw error;
        else throw new RecordFailure(record.partition, record.offset, error);
      }
    }
  };

const mustStop = (error: unknown): boolean =>
  error instanceof PlatformError && error.disposition === 'halt' && error.code !== 'PLAYHEAD_DEFECT';

/** The next record is the one with the earliest `ce_time` among the first ones of all slices; canonical times compare as text. */
export function* sideBySide<State>(
  slices: readonly Slice<State>[],
): Generator<{ readonly state: State; readonly record: LogRecord }> {
  if (slices.length === 1) {
    const [{ state, records }] = slices as [Slice<State>];
    for (const record of records) yield { state, record };
    return;
  }
  const heads = slices.map(({ state, records }) => ({ state, records, next: 0, time: timeOf(records[0]) }));
  for (;;) {
    let first: (typeof heads)[number] | undefined;
    for (const head of heads) {
      if (head.next < head.records.length && (!first || head.time < first.time)) first = head;
    }
    if (!first) return;
    yield { state: first.state, record: first.records[first.next]! };
    first.time = timeOf(first.records[++first.next]);
  }
}

const timeOf = (record: LogRecord | undefined): string => record?.headers.text(HEADERS.time) ?? '';
