import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { AlertRaised, AlertResolved } from '../monitoring/alerts';
import { Cause, Evidence, Reference, SAMPLE_EVIDENCE } from '../shapes';

/** The facts of `monitoring.alerts` that may ask for a new model, or take one back. */
export const AlertReported = defineEvent({
  version: 1,
  topic: 'registry.inputs',
  owner: 'registry',
  type: 'registry.input.alert-reported',
  key: 'deployment',
  meaning:
    'What monitoring said is over its limit, or within it again, routed from `monitoring.alerts`; ce_id and ce_source name the position there.',
  schema: Type.Union([
    Type.Object({
      reference: Reference,
      type: Type.Literal('monitoring.alert.resolved'),
      fact: AlertResolved.schema,
    }),
    Type.Object({
      reference: Reference,
      type: Type.Optional(
        Type.Literal('monitoring.alert.raised', { description: 'meant where it is not said' }),
      ),
      fact: AlertRaised.schema,
    }),
  ]),
  sample: { reference: 'monitoring.alerts:0-2', type: 'monitoring.alert.raised', fact: AlertRaised.sample },
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
    code: Type.Enum([
      'no-policy',
      'debounced',
      'under-way',
      'budget',
      'rollout-under-way',
      'settling',
      'replaced',
      'resolved',
    ]),
    reason: Type.String({ description: 'one sentence for people' }),
  }),
  sample: {
    model: 'fraud',
    cause: { trigger: 'data-drift', reference: 'monitoring.alerts:0-2', reason: 'amount has drifted' },
    code: 'debounced',
    reason: 'run-0-12 was asked for 20m ago, a run each 1h at most',
  },
});

export const PromotionWithheld = defineEvent({
  version: 1,
  topic: 'registry.models',
  owner: 'registry',
  type: 'registry.promotion.withheld',
  key: 'model',
  meaning:
    'A version of a run by policy is not promoted by it, for now or for good: the reason says why. Said again when the reason is another.',
  schema: Type.Object({
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    alias: Type.String(),
    run: Type.String(),
    code: Type.Enum(['gates', 'rejected', 'outdated', 'check', 'obstacle', 'approval', 'rollout-under-way']),
    waits: Type.Boolean({ description: 'it is promoted once the reason is gone' }),
    reason: Type.String({ description: 'one sentence for people' }),
    evidence: Type.Optional(Type.Array(Evidence, { description: 'what it was decided on' })),
  }),
  sample: {
    model: 'fraud',
    version: 4,
    alias: 'champion',
    run: 'run-0-12',
    code: 'approval',
    waits: true,
    reason:
      'fraud@4 needs the approval of somebody else than retraining policy: `models approve fraud@4 --as WHO`',
    evidence: SAMPLE_EVIDENCE,
  },
});
