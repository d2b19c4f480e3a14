import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { ReplayReport, ReplayReported } from '../registry/replays';
import { Actor } from '../shapes';

const { reported_by: actor, ...report } = ReplayReported.sample;

export const ReplayFinished = defineEvent({
  version: 1,
  topic: 'monitoring.replays',
  key: 'subject',
  owner: 'monitoring',
  type: 'monitoring.replay.finished',
  meaning:
    'A replay that was asked for at the door of monitoring has ended: what came out. `ce_id` is its id; the registry takes it over.',
  schema: Type.Object({ actor: Actor, ...ReplayReport.properties }),
  sample: { actor, ...report },
});
