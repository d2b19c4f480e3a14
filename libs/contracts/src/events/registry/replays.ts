import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { Actor, Sha, SAMPLE_SHA } from '../shapes';

export const ReplayReport = Type.Object({
  replay: Type.String({ description: 'id that whoever ran it gave' }),
  kind: Type.Enum(['verify', 'rebuild', 'what-if', 'retrain', 'state']),
  subject: Type.String({ description: 'deployment, model version or service that was played again' }),
  ok: Type.Boolean({ description: 'as recorded' }),
  summary: Type.Record(Type.String(), Type.Unknown(), { description: 'its figures, by the kind' }),
  report: Sha('the whole report, JSON'),
  text: Type.Optional(Sha('the same for a person, Markdown')),
  seconds: Type.Number({ minimum: 0, description: 'of work, on whatever machine' }),
});

export const ReplayReported = defineEvent({
  type: 'registry.replay.reported',
  version: 1,
  topic: 'registry.replays',
  key: 'subject',
  owner: 'registry',
  meaning: 'Something of the past was played again: what came out, and where its report lies.',
  schema: Type.Object({ ...ReplayReport.properties, reported_by: Actor }),
  sample: {
    replay: 'verify-20260101T120000-a1b2c3',
    kind: 'verify',
    subject: 'fraud',
    ok: true,
    summary: { records: 1745590, bitExact: 1745590, withinTolerance: 0, diverged: 0 },
    report: SAMPLE_SHA.manifest,
    seconds: 24.5,
    reported_by: 'ada',
  },
});
