import { perRecord, type Fold } from '#eventlog';
import { encodeRouted } from './training-records';

/**
 * Takes what the registry and feature say about runs into `training.inputs`, where it gets its place in the order of decisions
 * (law L1). A copy that a crash leaves there keeps the source's position and is dropped by the decider (law L3).
 */
export const toInputs = (source: string, inputs: string): Fold<null, undefined> => ({
  name: 'router',
  initial: () => null,
  process: perRecord((_, record, round) => {
    const output = encodeRouted(record, source, inputs);
    if (output) round.emit(output);
  }),
  restore: { from: 'none' },
  total: false,
  dropSeen: true,
});
