import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Actor, RequestId } from '../shapes';

const input = { version: 1, topic: 'registry.inputs', key: 'webhook', owner: 'registry' } as const;
const fact = { version: 1, topic: 'registry.webhooks', key: 'webhook', owner: 'registry' } as const;

const Name = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$', description: 'of the webhook' });
const Target = {
  url: Type.String({ description: 'http or https; each fact is one POST' }),
  events: Type.Array(Type.String(), {
    minItems: 1,
    description:
      'types of facts, such as `registry.alias.assigned`; `registry.model-version.*` for all that begin so',
  }),
};
const From = Type.Integer({
  minimum: 0,
  description: 'offset in registry.inputs: facts decided there and later are sent',
});

export const WebhookSubmitted = defineEvent({
  ...input,
  type: 'registry.input.webhook-submitted',
  meaning: 'Somebody asks that facts are sent to a URL, or sent again from a position.',
  schema: Type.Object({
    request: RequestId,
    actor: Actor,
    webhook: Name,
    ...Target,
    from: Type.Optional(From),
  }),
  sample: {
    request: '0198c0de-0010',
    actor: 'ada',
    webhook: 'deployer',
    url: 'https://deployer.example/hook',
    events: ['registry.alias.assigned'],
  },
});

export const WebhookRemovalSubmitted = defineEvent({
  ...input,
  type: 'registry.input.webhook-removal-submitted',
  meaning: 'Somebody asks that nothing is sent to a webhook any more.',
  schema: Type.Object({ request: RequestId, actor: Actor, webhook: Name }),
  sample: { request: '0198c0de-0011', actor: 'ada', webhook: 'deployer' },
});

export const WebhookSet = defineEvent({
  ...fact,
  type: 'registry.webhook.set',
  meaning: 'Facts of these types are sent to this URL, those decided at `from` first.',
  schema: Type.Object({ webhook: Name, ...Target, from: From, set_by: Actor }),
  sample: {
    webhook: 'deployer',
    url: 'https://deployer.example/hook',
    events: ['registry.alias.assigned'],
    from: 12,
    set_by: 'ada',
  },
});

export const WebhookRemoved = defineEvent({
  ...fact,
  type: 'registry.webhook.removed',
  meaning: 'Nothing is sent to this webhook any more.',
  schema: Type.Object({ webhook: Name, removed_by: Actor }),
  sample: { webhook: 'deployer', removed_by: 'ada' },
});
