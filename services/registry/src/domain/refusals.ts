import type { ErrorCode } from '#kernel';
import { INPUT_CONTRACTS, type Command } from './inputs';
import type { Outcome } from './outcomes';
import { applied } from './references';
import type { RegistryState } from './state';

/** A request that does not fit what holds: nothing follows but that it is said. */
export const refuse = (command: Command, code: ErrorCode, message: string): Outcome[] => {
  const { request, actor } = command.value;
  return [
    {
      type: 'command-refused',
      fact: { request, actor, command: INPUT_CONTRACTS[command.type].type, code, message },
    },
  ];
};

/** Why there is no such version. */
export const missingVersion = (state: RegistryState, model: string, version: number): string => {
  const latest = state.latest.get(model) ?? 0;
  if (latest === 0)
    return applied(state, 'Model', model)
      ? `${model} has no version yet; train it`
      : `there is no model ${model}`;
  return `there is no ${model}@${version}; the newest is ${model}@${latest}`;
};
