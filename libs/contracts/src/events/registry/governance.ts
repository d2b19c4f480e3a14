import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Actor, RequestId, Sha, SAMPLE_SHA } from '../shapes';

/** What is said of a model or a version beside its run, and whether its file runs: inputs of the registry and their facts. */
const input = { version: 1, topic: 'registry.inputs', owner: 'registry', key: 'model' } as const;
const fact = { version: 1, topic: 'registry.models', owner: 'registry', key: 'model' } as const;

const Subject = {
  model: Type.String(),
  version: Type.Optional(Type.Integer({ minimum: 1, description: 'of the model itself without one' })),
};

const Note = {
  tags: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
      description: 'those that are said are set, null takes one away; the others stay',
    }),
  ),
  description: Type.Optional(Type.Union([Type.String(), Type.Null()], { description: 'null takes it away' })),
};

export const NoteSubmitted = defineEvent({
  ...input,
  type: 'registry.input.note-submitted',
  meaning: 'Somebody sets tags or the description of a model or of one of its versions.',
  schema: Type.Object({ request: RequestId, actor: Actor, ...Subject, ...Note }),
  sample: { request: '0198c0de-0008', actor: 'ada', model: 'fraud', version: 3, tags: { team: 'risk' } },
});

export const ModelNoted = defineEvent({
  ...fact,
  type: 'registry.model.noted',
  meaning: 'Tags or the description of a model or a version changed.',
  schema: Type.Object({ ...Subject, ...Note, noted_by: Actor }),
  sample: { model: 'fraud', version: 3, tags: { team: 'risk', draft: null }, noted_by: 'ada' },
});

export const AliasRemovalSubmitted = defineEvent({
  ...input,
  type: 'registry.input.alias-removal-submitted',
  meaning: 'Somebody asks that an alias names nothing any more.',
  schema: Type.Object({ request: RequestId, actor: Actor, model: Type.String(), alias: Type.String() }),
  sample: { request: '0198c0de-0009', actor: 'ada', model: 'fraud', alias: 'candidate' },
});

export const AliasRemoved = defineEvent({
  ...fact,
  type: 'registry.alias.removed',
  meaning: 'An alias names nothing from here on.',
  schema: Type.Object({
    model: Type.String(),
    alias: Type.String(),
    previous: Type.Integer({ minimum: 1 }),
    removed_by: Actor,
  }),
  sample: { model: 'fraud', alias: 'candidate', previous: 3, removed_by: 'ada' },
});

/** The outcome of loading a version's file as serving would, and of asking it about vectors that were recorded. */
const Check = {
  model: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  artifact: Sha('the ONNX file that was loaded'),
  ok: Type.Boolean(),
  rows: Type.Integer({
    minimum: 0,
    description: 'recorded vectors that it answered; 0 while none carries the revision that it reads',
  }),
  answers: Type.Optional(Sha('of the answers, float32 little-endian in the order of the vectors')),
  reason: Type.Optional(Type.String({ description: 'why it cannot be served' })),
  runtime: Type.Optional(
    Type.String({ description: 'runtime, version, platform and instruction sets that answered' }),
  ),
};

const SAMPLE_CHECK = {
  model: 'fraud',
  version: 3,
  artifact: SAMPLE_SHA.artifact,
  ok: true,
  rows: 256,
  answers: SAMPLE_SHA.profile,
  runtime: 'onnxruntime-node 1.22.0 linux-x64 avx2 fma',
};

export const CheckSubmitted = defineEvent({
  ...input,
  type: 'registry.input.version-checked',
  meaning:
    'The registry has loaded a version in the runtime that serves, and asked it about recorded vectors.',
  schema: Type.Object({ request: RequestId, actor: Actor, ...Check }),
  sample: { request: 'check/fraud@3/0-36', actor: 'registry', ...SAMPLE_CHECK },
});

export const ModelVersionChecked = defineEvent({
  ...fact,
  type: 'registry.model-version.checked',
  meaning: 'Whether a version loads and answers in the runtime that serves; one that does not gets no alias.',
  schema: Type.Object(Check),
  sample: SAMPLE_CHECK,
});
