import { canonicalJson, type CanonicalValue } from '#kernel';
import type { FittedRun } from './fit-model';
import type { FittingRun } from './training-run';

export interface ModelFiles {
  /** SHA-256 of the ONNX file. */
  readonly artifact: string;
  /** SHA-256 of the reference profile. */
  readonly profile: string;
}

/** Law L6: everything that is needed to fit the model again, and to see what it was. Nothing in it depends on when it was written. */
export const writeManifest = (
  { request, dataset }: FittingRun,
  files: ModelFiles,
  metrics: FittedRun['metrics'],
  environment: { readonly code: string; readonly runtime: unknown },
): string => {
  const { run, model, revision, definition, task, label, split, as_of, trainer, seed, gates } = request;
  const manifest = {
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
