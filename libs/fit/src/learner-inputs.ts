import {
  HEADERS,
  LearnerLabelRouted,
  LearnerVectorRouted,
  TOPICS,
  decodeEvent,
  fillRow,
  parseVector,
  readEnvelope,
} from '#contracts';
import { ContractViolation, Refused, timestampMs } from '#kernel';
import { StreamLearner } from '#learn';
import { learnerLimits, learnerSettings, type LearnerRequest } from './online-run';

/** A record of the log, as far as it is read. */
export interface LearnerInput {
  readonly headers: Parameters<typeof readEnvelope>[0];
  readonly value: Buffer | null;
}

export const beginLearner = (request: LearnerRequest): StreamLearner =>
  StreamLearner.begin(learnerSettings(request), learnerLimits(request));

/**
 * Folds one record of `training.inputs.<model>`. What stands there for another definition (other sources, another revision of the
 * service) is passed over.
 * @throws ContractViolation where it is no input, or its label is no class; the state is as it was.
 */
export const foldLearnerInput = (
  stream: StreamLearner,
  record: LearnerInput,
  { service, label }: LearnerRequest,
): void => {
  const { type, time } = readEnvelope(record.headers);
  const source = record.headers.text(HEADERS.source);
  if (type === LearnerVectorRouted.type) {
    if (source !== TOPICS.vectors(service.name)) return;
    const vector = parseVector(record.value);
    if (!vector.values[service.revision]) return;
    const x = new Float32Array(service.features.length);
    fillRow(vector, service, x, 0);
    stream.foldVector(vector.event_id, timestampMs(time), x);
  } else if (type === LearnerLabelRouted.type) {
    if (source !== TOPICS.observations(label.stream)) return;
    const { event_id, value } = decodeEvent(LearnerLabelRouted, record.value);
    try {
      stream.foldLabel(event_id, timestampMs(time), value);
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause;
      throw new ContractViolation('PLAYHEAD_CONTRACT_VIOLATED', cause.message, { cause });
    }
  } else throw new ContractViolation('PLAYHEAD_ENVELOPE_INVALID', `${type} is no input of a learner`);
};
