import { qualify } from '#contracts';
import { SeenPositions, admitted, readRecords, type EventLog } from '#eventlog';
import { beginLearner, foldLearnerInput, type LearnerRequest, type ModelManifest } from '#fit';
import { ContractViolation, PlatformError, sha256, type Digest } from '#kernel';

export interface RefoldedLearner {
  readonly request: LearnerRequest;
  readonly state: Uint8Array;
  readonly digest: Digest;
}

/**
 * The state that an online learner had at the offset of its manifest, folded again from the first record of `training.inputs.<model>`,
 * whatever snapshots there are.
 * @throws PlatformError PLAYHEAD_LOG_HOLE where its inputs no longer stand on the log.
 */
export const refoldLearner = async (
  {
    log,
    namespace,
    signal,
  }: { readonly log: EventLog; readonly namespace: string; readonly signal?: AbortSignal },
  { model, trainer, seed, dataset }: ModelManifest,
): Promise<RefoldedLearner> => {
  const { service, features, label } = dataset;
  const request = {
    task: model.task,
    trainer,
    seed,
    label,
    service: {
      name: service.name,
      revision: service.revision,
      digest: service.definition,
      features: [...features],
    },
  };
  const [range] = dataset.cut;
  const topic = qualify(namespace, range!.topic);
  const [ends] = await log.ends(topic);
  if (!ends || ends.start > 0 || ends.end < range!.to)
    throw new PlatformError(
      'PLAYHEAD_LOG_HOLE',
      'halt',
      `${range!.topic} holds offsets ${ends?.start ?? 0} to ${ends?.end ?? 0}, the learner folded 0 to ${range!.to}`,
    );
  const stream = beginLearner(request);
  const seen = new SeenPositions();
  for await (const record of readRecords(log, topic, 0, 0, range!.to)) {
    if (signal?.aborted)
      throw new PlatformError('PLAYHEAD_LEARN_CANCELLED', 'halt', 'the rebuild was stopped');
    if (!admitted(seen, record)) continue;
    try {
      foldLearnerInput(stream, record, request);
    } catch (error) {
      if (!(error instanceof ContractViolation)) throw error;
    }
  }
  const state = stream.encodeModel();
  return { request, state, digest: sha256(state) };
};
