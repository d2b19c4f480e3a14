import type { RuntimeFingerprint } from '#inference';
import { PlatformError, canonicalJson, sha256, type CanonicalValue } from '#kernel';
import type { FittedRun } from './fit-model';
import type { Dataset, PreparedRun, Searched, TrainingRequest } from './prepared-run';

export interface ModelFiles {
  /** SHA-256 of the ONNX file. */
  readonly artifact: string;
  /** SHA-256 of the reference profile. */
  readonly profile: string;
  /** SHA-256 of the evaluation report. */
  readonly evaluation?: string;
  /** SHA-256 of what contributions of features to the answers need beside the file (`openExplainer` of libs/learn). */
  readonly explanation?: string;
}

/** What may decide the bytes of a model beside its inputs. */
export interface FitEnvironment {
  /** Version of the platform. */
  readonly code: string;
  readonly runtime: RuntimeFingerprint & { readonly node: string };
  /** Of a command trainer: versions of the program and its libraries, as it said them. */
  readonly program?: Readonly<Record<string, string>>;
}

/** What the program of a command trainer left beside the model. */
export interface LeftByCommand {
  /** Metrics by its own account. */
  readonly claimed: Readonly<Record<string, number | null>>;
  /** SHA-256 of its other files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** What was changed in its model file to fit the task. */
  readonly changes: readonly string[];
  readonly warnings: readonly string[];
}

/** Law L6: everything that is needed to fit the model again, and to see what it was. Nothing in it depends on when it was written. */
export interface ModelManifest extends ModelFiles, FitEnvironment {
  readonly version: 1;
  readonly run: string;
  readonly model: {
    readonly name: string;
    readonly revision: string;
    readonly definition: string;
    readonly task: TrainingRequest['task'];
  };
  readonly dataset: Pick<TrainingRequest, 'label' | 'split' | 'as_of'> &
    Pick<Dataset, 'digest' | 'manifest' | 'features' | 'cut' | 'train' | 'holdout'> & {
      readonly service: {
        readonly name: string;
        readonly revision: string;
        readonly definition: string;
        /** The name of the entity. */
        readonly key?: string;
      };
      readonly query?: string;
    };
  readonly trainer: TrainingRequest['trainer'];
  /** How `trainer` was found: to fit it again, nobody searches again. */
  readonly search?: SearchTrace;
  readonly seed: number;
  readonly gates: TrainingRequest['gates'];
  readonly evaluate?: TrainingRequest['evaluate'];
  readonly metrics: FittedRun['metrics'];
  readonly command?: LeftByCommand;
}

/** What a search was asked for, and what it came to. */
export interface SearchTrace {
  readonly asked: TrainingRequest['trainer'];
  /** How many there were. */
  readonly trials: number;
  /** Of the canonical list of all trials: number, trainer, parameters, resource, value. */
  readonly digest: string;
  /** `trial` is counted from 1. */
  readonly best: { readonly trial: number; readonly metric: string; readonly value: number };
}

const traceOf = ({ asked, metric, best, trials }: Searched): SearchTrace => ({
  asked,
  trials: trials.length,
  digest: sha256(canonicalJson(trials as unknown as CanonicalValue)),
  best: { trial: best.number + 1, metric, value: best.value },
});

export const writeManifest = (
  { request, dataset, searched }: PreparedRun,
  files: ModelFiles,
  metrics: FittedRun['metrics'],
  environment: FitEnvironment,
  command?: LeftByCommand,
): string => {
  const { run, model, revision, definition, task, label, split, as_of, trainer, seed, gates } = request;
  const { query, evaluate, service } = request;
  const manifest: ModelManifest = {
    version: 1,
    run,
    model: { name: model, revision, definition, task },
    ...files,
    dataset: {
      digest: dataset.digest,
      manifest: dataset.manifest,
      service: {
        name: dataset.service,
        revision: dataset.revision,
        definition: dataset.definition,
        key: service.key,
      },
      ...(query === undefined ? {} : { query }),
      features: dataset.features,
      label,
      split,
      ...(as_of === undefined ? {} : { as_of }),
      cut: dataset.cut,
      train: dataset.train,
      holdout: dataset.holdout,
    },
    trainer,
    ...(searched && { search: traceOf(searched) }),
    seed,
    gates,
    ...(evaluate && { evaluate }),
    metrics,
    ...(command && { command }),
    ...environment,
  };
  return canonicalJson(manifest as unknown as CanonicalValue);
};

/** @throws PlatformError PLAYHEAD_CONTRACT_VIOLATED where the bytes are no manifest that this version reads. */
export const readManifest = (bytes: Buffer): ModelManifest => {
  const value = parsed(bytes);
  const { version, trainer, dataset } = (value ?? {}) as Partial<ModelManifest>;
  if (version !== 1 || trainer === undefined || dataset === undefined)
    throw new PlatformError(
      'PLAYHEAD_CONTRACT_VIOLATED',
      'halt',
      `the bytes are no model manifest of version 1 (version ${String(version)})`,
    );
  return value as ModelManifest;
};

const parsed = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
};
