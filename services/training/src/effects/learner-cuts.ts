import type { ArtifactStore } from '#artifacts';
import { EnvelopeTemplate, TOPICS, TrainingInputLearnerCut, encodeEvent, type EventOf } from '#contracts';
import { untilAvailable, type EventLog, type LogProducer } from '#eventlog';
import { cancelledFit, learnerCut } from '#fit';
import { PlatformError, Refused, messageOf, type Clock } from '#kernel';
import type { Logger, ServiceLog, Sleep } from '#runtime';
import type { TrainingRequest } from '../domain/training-run';
import { foldLearner, momentOf } from './fold-learner';

export type LearnerCut = EventOf<typeof TrainingInputLearnerCut>;

export interface CutPorts {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/**
 * The state that a run of an online learner exports, stored before it is told (law L7); or why there is none. `caughtUp` waits until
 * what stands on the log now is routed.
 */
export const cutLearner = async (
  ports: CutPorts,
  request: TrainingRequest,
  caughtUp: (signal: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<LearnerCut> => {
  const { artifacts, sleep, logger } = ports;
  const { run, model } = request;
  const available = <T>(work: () => Promise<T>): Promise<T> =>
    untilAvailable(work, sleep, (error) => logger.warn({ run }, `${run} waits: ${error.message}`));
  try {
    const moment = momentOf(request);
    if (!(await caughtUp(signal))) throw cancelledFit();
    const { stream, range } = await available(() => foldLearner(ports, request, moment, signal));
    if (signal.aborted) throw cancelledFit();
    if (stream.learner.seen === 0)
      throw new Refused(
        'PLAYHEAD_LEARN_INVALID',
        `${model} has not learned from any label yet: ${range.topic} holds none below offset ${range.to} that meets its vector`,
      );
    const { dataset, state, manifest } = learnerCut(request, stream, range);
    await available(() => artifacts.put(state, { contentType: 'application/json' }));
    await available(() => artifacts.put(Buffer.from(manifest), { contentType: 'application/json' }));
    logger.info(
      { run, model, digest: dataset.digest, to: range.to },
      `${run} exports ${model} at ${range.to}`,
    );
    return { run, outcome: 'cut', fact: dataset };
  } catch (error) {
    if (signal.aborted) throw cancelledFit();
    logger.warn({ run, err: error }, `no state for ${run}: ${messageOf(error)}`);
    const code = error instanceof PlatformError ? error.code : 'PLAYHEAD_DEFECT';
    return { run, model, outcome: 'failed', code, message: messageOf(error) };
  }
};

/** Appends cuts to `training.inputs`. When an answer is lost the cut stands there twice; the decider takes the first. */
export class LearnerCuts {
  private producer: LogProducer | undefined;

  constructor(private readonly ports: CutPorts) {}

  async tell(cut: LearnerCut): Promise<void> {
    const { sleep, logger } = this.ports;
    await untilAvailable(
      () => this.append(cut),
      sleep,
      (error) => logger.warn({ run: cut.run }, `the cut of ${cut.run} waits: ${error.message}`),
    );
  }

  async close(): Promise<void> {
    await this.producer?.close();
  }

  private async append(cut: LearnerCut): Promise<void> {
    const { log, serviceLog, clock } = this.ports;
    const template = new EnvelopeTemplate({ type: TrainingInputLearnerCut.type, source: 'training' });
    const producer = (this.producer ??= log.producer());
    try {
      await producer.send([
        {
          topic: serviceLog.topic(TOPICS.trainingInputs),
          partition: 0,
          key: Buffer.from(cut.run),
          value: encodeEvent(TrainingInputLearnerCut, cut),
          headers: template.headers(`cut/${cut.run}`, new Date(clock.now()).toISOString()),
        },
      ]);
    } catch (error) {
      if (this.producer === producer) this.producer = undefined;
      await producer.close().catch(() => undefined);
      throw error;
    }
  }
}
