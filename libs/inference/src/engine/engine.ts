import { availableParallelism } from 'node:os';
import { loadModel, type LoadOptions, type OnnxModel } from '../onnx-model';
import { memoryOf } from './model-traits';
import type { ModelCost } from './model-cost';
import { ProcessModel } from './process-model';
import { Scorer, type Tried } from './scorer';
import { Trials } from './trials';

/** A model that is served, with what is known of its cost. */
export interface OpenedModel extends OnnxModel {
  /** Where its rows are scored: in this thread, or in processes of their own. */
  readonly place: 'inline' | 'processes';
  /** Undefined where it was not measured. */
  readonly cost: ModelCost | undefined;
  /** What it takes in this process and its own ones, about. */
  readonly memoryBytes: number;
}

/** @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID with the reason. */
export type OpenModel = (bytes: Uint8Array, options?: LoadOptions) => Promise<OpenedModel>;

/** Loads it here without a trial: for files that are known to be harmless. */
export const openInline: OpenModel = async (bytes, options) =>
  opened(await loadModel(bytes, options), 'inline', undefined, memoryOf(bytes.length));

export interface EngineOptions {
  /** A model is scored in this thread while a row alone costs at most so much, us. Default 300. */
  readonly inlineUs?: number;
  /** Processes of a model that costs more. Default: the processors but one, at least 1, at most 4. */
  readonly processes?: number | undefined;
  /** Files tried at the same time. Default 2. */
  readonly trialsAtOnce?: number;
  /** To load a file, try it and measure it. Default 30 s. */
  readonly loadTimeoutMs?: number;
  /** To score a batch in another process, at least. Default 5 s. */
  readonly scoreTimeoutMs?: number;
  /** Memory that a process may take while a file is tried. Default 2 GiB. */
  readonly trialMemoryBytes?: number;
  readonly onLost?: (reason: string) => void;
  /** The compiled `scorer-main`. */
  readonly script?: string;
}

/** A batch of 32 that holds the thread for longer than so many rows alone is no small model. */
const BATCH_FACTOR = 10;
/** Loading holds the thread, too. */
const INLINE_LOAD_MS = 500;

/**
 * Opens models: each file is first loaded, run and measured in a process that can be killed. A cheap one is then loaded here; one that costs
 * more than `inlineUs` for a row, takes long to load or whose cost depends on the row (If, Loop, Scan) is scored in processes of its own, which
 * end with it: that alone gives back what ONNX Runtime took.
 */
export class InferenceEngine {
  private readonly trials: Trials;

  constructor(private readonly options: EngineOptions = {}) {
    this.trials = new Trials({ ...this.limits(), atOnce: options.trialsAtOnce ?? 2, script: options.script });
  }

  readonly open: OpenModel = async (bytes, options = {}) => {
    const tried = await this.trials.of(bytes, options);
    if (this.isInline(tried))
      return opened(await loadModel(bytes, options), 'inline', tried.cost, tried.traits.memoryBytes);
    const lanes = this.options.processes ?? Math.min(4, Math.max(1, availableParallelism() - 1));
    const model = await ProcessModel.open({
      bytes,
      options,
      tried,
      lanes,
      start: () => new Scorer(this.limits(), this.options.script),
      scoreTimeoutMs: this.options.scoreTimeoutMs ?? 5_000,
      onLost: this.options.onLost,
    });
    return opened(model, 'processes', tried.cost, bytes.length + model.processBytes);
  };

  /** Models that were opened stay open. */
  close(): void {
    this.trials.close();
  }

  private isInline({ cost, loadMs, traits }: Tried): boolean {
    const inlineUs = this.options.inlineUs ?? 300;
    return (
      !traits.controlFlow &&
      cost.rowUs <= inlineUs &&
      cost.batchUs <= BATCH_FACTOR * inlineUs &&
      loadMs <= INLINE_LOAD_MS
    );
  }

  private limits(): { readonly loadTimeoutMs: number; readonly memoryBytes: number } {
    const { loadTimeoutMs = 30_000, trialMemoryBytes = 2 * 2 ** 30 } = this.options;
    return { loadTimeoutMs, memoryBytes: trialMemoryBytes };
  }
}

const opened = (
  model: OnnxModel,
  place: OpenedModel['place'],
  cost: ModelCost | undefined,
  memoryBytes: number,
): OpenedModel => Object.assign(model, { place, cost, memoryBytes });
