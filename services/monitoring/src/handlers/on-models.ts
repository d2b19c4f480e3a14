import {
  GatesLearned,
  ModelVersionRegistered,
  TOPICS,
  decodeEvent,
  isAbsolute,
  readEnvelope,
  type Deployments,
} from '#contracts';
import { perRecord, type Fold } from '#eventlog';
import { outputsOf } from './outputs';

export interface ModelsHandler {
  /** Full name of `monitoring.inputs`. */
  readonly parts: string;
}

/** Routes the gates that a version passed, of those that a window can be held against, to where its realised performance is judged. Keeps no state. */
export const onModels = ({ parts }: ModelsHandler): Fold<null, Deployments> => {
  const learned = outputsOf(GatesLearned, { topic: parts, source: TOPICS.models });
  return {
    name: 'gates',
    initial: () => null,
    restore: { from: 'none' },
    total: false,
    dropSeen: true,
    process: perRecord((_, record, round) => {
      const { type, time } = readEnvelope(record.headers);
      if (type !== ModelVersionRegistered.type) return;
      const { model, version, gates } = decodeEvent(ModelVersionRegistered, record.value);
      const place = { partition: 0, key: model, time, control: round.controlHeader };
      round.emit(learned(record, { model, version, gates: gates.filter(isAbsolute) }, place));
    }),
  };
};
