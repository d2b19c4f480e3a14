import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { AlertRaised } from '../monitoring/alerts';
import { Cause, Reference } from '../shapes';

/** The facts of `monitoring.alerts` that may ask for a new model. */
export const AlertReported = defineEvent({
  version: 1,
  topic: 'registry.inputs',
  owner: 'registry',
  type: 'registry.input.alert-reported',
  key: 'deployment',
  meaning:
    'What monitoring said is over its limit, routed from `monitoring.alerts`; ce_id and ce_source name the position there.',
  schema: Type.Object({ reference: Reference, fact: AlertRaised.schema }),
  sample: { reference: 'monitoring.alerts:0-2', fact: AlertRaised.sample },
});

export const TriggerSuppressed = defineEvent({
  version: 1,
  topic: 'registry.requests',
  owner: 'registry',
  type: 'registry.trigger.suppressed',
  key: 'model',
  meaning: 'A run was due by the retraining policy of its model, but is not asked for: the reason says why.',
  schema: Type.Object({
    model: Type.String(),
    cause: Cause,
    code: Type.Enum(['no-policy', 'debounced', 'under-way', 'budget']),
    reason: Type.String({ description: 'one sentence for people' }),
  }),
  sample: {
    model: 'fraud',
    cause: { trigger: 'data-drift', reference: 'monitoring.alerts:0-2', reason: 'amount has drifted' },
    code: 'debounced',
    reason: 'run-0-12 was asked for 20m ago, a run each 1h at most',
  },
});
