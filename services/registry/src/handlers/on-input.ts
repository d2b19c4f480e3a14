import { qualify } from '#contracts';
import { perRecord, type Fold } from '#eventlog';
import { apply } from '../domain/evolve';
import { lineageOf } from '../domain/lineage/lineage';
import { initialState, type RegistryState } from '../domain/state';
import { decodeInput, encodeLineage, encodeOutcomes } from './registry-records';

/** The newest state, held where the runner keeps it. */
interface Held {
  state: RegistryState;
}

/** Decides each input and gives its outcomes, and what they mean for lineage. State comes back by folding `registry.inputs` again, silently. */
export const onInput = (namespace: string): Fold<Held, undefined> => ({
  name: 'decider',
  initial: () => ({ state: initialState }),
  process: perRecord((held, record, round) => {
    const { input, at } = decodeInput(record);
    const { state, outcomes } = apply(held.state, input, at);
    const lineage = lineageOf(namespace, { before: held.state, after: state, input, outcomes, at });
    const qualified = (topic: string): string => qualify(namespace, topic);
    for (const output of encodeOutcomes(outcomes, record, qualified, round.controlHeader)) round.emit(output);
    for (const output of encodeLineage(lineage, record, qualified, round.controlHeader)) round.emit(output);
    held.state = state;
  }),
  restore: { from: 'source' },
  // Many inputs have no outcome, and doors and routers both write them: the domain drops what it has seen.
  total: false,
  dropSeen: false,
});
