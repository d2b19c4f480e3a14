import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Actor, KindName, Revision, Sha, SAMPLE_LABEL } from '../shapes';

export const DefinitionApplied = defineEvent({
  type: 'registry.definition.applied',
  version: 1,
  topic: 'registry.definitions',
  key: '<kind>/<name>',
  owner: 'registry',
  meaning:
    'A revision of a definition holds from here on. When a view or stream changes, the services that use it get a new revision, too. Vectors carry the first revision of a service from here on, a later one once it is activated.',
  schema: Type.Object({
    kind: KindName,
    name: Type.String(),
    revision: Revision,
    digest: Sha('of the compiled form: all that decides its results'),
    spec: Type.Record(Type.String(), Type.Unknown(), {
      description: 'as it was written, with defaults applied',
    }),
    compiled: Type.Record(Type.String(), Type.Unknown(), {
      description:
        '`CompiledByKind[kind]` of contracts/definitions: resolved plain data, so that a reader of it needs no other definition',
    }),
    applied_by: Actor,
  }),
  sample: {
    kind: 'Label',
    name: 'fraud',
    revision: '1',
    digest: SAMPLE_LABEL.digest,
    spec: { stream: 'fraud-labels', on: 'transaction_id', value: 'is_fraud', maturity: '7d' },
    compiled: {
      name: 'fraud',
      digest: SAMPLE_LABEL.digest,
      stream: 'fraud-labels',
      on: 'transaction_id',
      value: 'is_fraud',
      valueType: 'boolean',
      maturityMs: 604_800_000,
    },
    applied_by: 'ada',
  },
});

export const DefinitionActivated = defineEvent({
  type: 'registry.definition.activated',
  version: 1,
  topic: 'registry.definitions',
  key: '<kind>/<name>',
  owner: 'registry',
  meaning:
    'This revision of a feature service is warm everywhere: vectors that are decided under this control position or a later one carry its values, too.',
  schema: Type.Object({
    kind: Type.Literal('FeatureService'),
    name: Type.String(),
    revision: Revision,
    digest: Sha('digest of that revision'),
  }),
  sample: { kind: 'FeatureService', name: 'fraud', revision: '2', digest: SAMPLE_LABEL.digest },
});

export const DefinitionRetired = defineEvent({
  type: 'registry.definition.retired',
  version: 1,
  topic: 'registry.definitions',
  key: '<kind>/<name>',
  owner: 'registry',
  meaning:
    'No deployment can need this revision of a feature service any more: vectors go on without its values.',
  schema: Type.Object({
    kind: Type.Literal('FeatureService'),
    name: Type.String(),
    revision: Revision,
    digest: Sha('digest of that revision'),
  }),
  sample: { kind: 'FeatureService', name: 'fraud', revision: '1', digest: SAMPLE_LABEL.digest },
});
