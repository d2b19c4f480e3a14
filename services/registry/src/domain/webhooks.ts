import type { Command, InputPosition } from './inputs';
import type { Outcome } from './outcomes';
import { refuse } from './refusals';
import type { RegistryState } from './state';

/** Sends what comes from here on, or from an earlier position again. */
export const setWebhook = (
  state: RegistryState,
  command: Extract<Command, { type: 'webhook' }>,
  at: InputPosition,
): Outcome[] => {
  const { webhook, url, events, from = at.offset + 1, actor } = command.value;
  if (!isWebAddress(url))
    return refuse(
      command,
      'PLAYHEAD_REQUEST_INVALID',
      `"${url}" is no URL that begins with http:// or https://`,
    );
  if (from > at.offset + 1)
    return refuse(
      command,
      'PLAYHEAD_POSITION_INVALID',
      `0-${from} is beyond 0-${state.position}, the last input of the registry`,
    );
  return [{ type: 'webhook-set', fact: { webhook, url, events, from, set_by: actor } }];
};

export const removeWebhook = (
  state: RegistryState,
  command: Extract<Command, { type: 'webhook-removal' }>,
): Outcome[] => {
  const { webhook, actor } = command.value;
  if (!state.webhooks.has(webhook))
    return refuse(command, 'PLAYHEAD_NOT_FOUND', `there is no webhook ${webhook}`);
  return [{ type: 'webhook-removed', fact: { webhook, removed_by: actor } }];
};

// The parser of the platform is no part of a pure fold: its mind may change with a release of Node.
const isWebAddress = (url: string): boolean => /^https?:\/\/[^\s/?#@]+([/?#]\S*)?$/i.test(url);

/** Whether a webhook wants facts of a type. */
export const wants = (events: readonly string[], type: string): boolean =>
  events.some((wanted) => (wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : wanted === type));
