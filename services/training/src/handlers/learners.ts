import { learnerDefinition } from '#fit';
import { messageOf } from '#kernel';
import type { Worker } from '#runtime';
import type { OnlineWork } from '../domain/online-work';
import type { TrainingRequest } from '../domain/training-run';
import { LearnerCuts, cutLearner, type CutPorts } from '../effects/learner-cuts';
import { LearnerWorker, type LearnerWorkerParts } from './learner-worker';

export interface LearnersOptions extends LearnerWorkerParts, CutPorts {
  /** As folded from `training.inputs` by the owner of its partition; undefined while facts are still on their way. */
  readonly work: () => OnlineWork | undefined;
}

const LOOK_EVERY_MS = 250;

interface Cutting {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/**
 * Keeps a learner at work for every model that was ever asked for, from its first request on, and cuts its state for every run that waits
 * for it. A learner whose definition changes begins anew, over the same inputs.
 */
export class Learners implements Worker {
  private readonly workers = new Map<string, { readonly key: string; readonly worker: LearnerWorker }>();
  private readonly cutting = new Map<string, Cutting>();
  private readonly cuts: LearnerCuts;
  private watching: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: LearnersOptions) {
    this.cuts = new LearnerCuts(options);
  }

  start(): Promise<void> {
    this.watching = this.watch();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const { abort } of this.cutting.values()) abort.abort();
    await this.watching;
    await Promise.all([...this.cutting.values()].map(({ done }) => done));
    await Promise.all([...this.workers.values()].map(({ worker }) => worker.stop()));
    await this.cuts.close();
  }

  status(): unknown {
    return [...this.workers.values()].map(({ worker }) => worker.status());
  }

  private async watch(): Promise<void> {
    const { work, sleep, transport } = this.options;
    try {
      while (!this.stopped) {
        const wanted = work();
        if (wanted) await this.reconcile(wanted);
        await sleep(LOOK_EVERY_MS);
      }
    } catch (error) {
      transport.fail('learners', error);
    }
  }

  private async reconcile({ models, waiting }: OnlineWork): Promise<void> {
    const wanted = new Map(models.map((request) => [request.model, request]));
    for (const [model, { key, worker }] of this.workers) {
      const request = wanted.get(model);
      if (request && learnerDefinition(request) === key) continue;
      this.workers.delete(model);
      await worker.stop();
    }
    for (const [model, request] of wanted) {
      if (this.workers.has(model)) continue;
      const worker = new LearnerWorker(model, request, this.options);
      this.workers.set(model, { key: learnerDefinition(request), worker });
      await worker.start();
    }
    const runs = new Map(waiting.map((request) => [request.run, request]));
    for (const [run, { abort }] of this.cutting) {
      if (runs.has(run)) continue;
      abort.abort();
      this.cutting.delete(run);
    }
    for (const [run, request] of runs) if (!this.cutting.has(run)) this.cut(run, request);
  }

  private cut(run: string, request: TrainingRequest): void {
    const { worker } = this.workers.get(request.model)!;
    const abort = new AbortController();
    const done = cutLearner(this.options, request, (signal) => worker.caughtUp(signal), abort.signal)
      .then((cut) => this.cuts.tell(cut))
      .catch((error: unknown) => {
        this.options.logger.info({ run }, `${run} is no longer cut here: ${messageOf(error)}`);
        this.cutting.delete(run);
      });
    this.cutting.set(run, { abort, done });
  }
}
