import type { RuntimeFingerprint } from '#inference';
import { PlatformError, canonicalJson, type CanonicalValue } from '#kernel';
import type { FittedRun } from './fit-model';
import type { Dataset, PreparedRun, TrainingRequest } from './prepared-run';

export interface ModelFiles {
  /** SHA-256 of the ONNX file. */
  readonly artifact: string;
  /** SHA-256 of the reference profile. */
  readonly profile: string;
}

/** What may decide the bytes of a model beside its inputs. */
export interface FitEnvironment {
  /** Version of the platform. */
  readonly code: string;
  readonly runtime: RuntimeFingerprint & { readonly node: string };
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
      readonly service: { readonly name: string; readonly revision: string; readonly definition: string };
    };
  readonly trainer: TrainingRequest['trainer'];
  readonly seed: number;
  readonly gates: TrainingRequest['gates'];
  readonly metrics: FittedRun['metrics'];
}

export const writeManifest = (
  { request, dataset }: PreparedRun,
  files: ModelFiles,
  metrics: FittedRun['metrics'],
  environment: FitEnvironment,
): string => {
  const { run, model, revision, definition, task, label, split, as_of, trainer, seed, gates } = request;
  const manifest: ModelManifest = {
    version: 1,
    run,
    model: { name: model, revision, definition, task },
    ...files,
    dataset: {
      digest: dataset.digest,
      manifest: dataset.manifest,
      service: { name: dataset.service, revision: dataset.revision, definition: dataset.definition },
      features: dataset.features,
      label,
      split,
      ...(as_of === undefined ? {} : { as_of }),
      cut: dataset.cut,
      train: dataset.train,
      holdout: dataset.holdout,
    },
    trainer,
    seed,
    gates,
    metrics,
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
