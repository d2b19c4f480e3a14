import { perRecord, type Fold } from '#eventlog';
import { beginLearner, foldLearnerInput, learnerDefinition, learnerLimits, type LearnerRequest } from '#fit';
import { StreamLearner } from '#learn';

/** Names the snapshots of learners. */
export const LEARNER_FOLD = 'learner';

export const learnerCodec = (request: LearnerRequest) => ({
  encode: (stream: StreamLearner): Uint8Array => stream.encode(),
  decode: (bytes: Uint8Array): StreamLearner => StreamLearner.decode(bytes, learnerLimits(request)),
});

/** Learns from `training.inputs.<model>` as it comes. Gives nothing: its state, at whatever offset, is what a run exports. */
export const onLearnerInputs = (
  request: LearnerRequest,
  holds: (stream: StreamLearner) => void,
): Fold<StreamLearner, undefined> => {
  const codec = learnerCodec(request);
  return {
    name: LEARNER_FOLD,
    initial: () => {
      const stream = beginLearner(request);
      holds(stream);
      return stream;
    },
    process: perRecord((stream, record) => foldLearnerInput(stream, record, request)),
    restore: {
      from: 'source',
      snapshot: {
        encode: codec.encode,
        decode: (bytes) => {
          const stream = codec.decode(bytes);
          holds(stream);
          return stream;
        },
      },
    },
    definition: () => learnerDefinition(request),
    total: false,
    dropSeen: true,
  };
};
