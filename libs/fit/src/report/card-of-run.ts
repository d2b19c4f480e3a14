import type { GateMeasurement } from '#contracts';
import type { Task } from '#learn';
import type { ModelManifest } from '../model-manifest';
import type { EvaluationReport } from './evaluation-report';
import { cardOf, type ModelCard } from './model-card';

/** The card of a run that has just ended: before the registry has given it a version. */
export const cardOfRun = ({
  manifest,
  digest,
  measured,
  seconds,
  report,
}: {
  readonly manifest: ModelManifest;
  /** Of the manifest. */
  readonly digest: string;
  readonly measured: Readonly<Record<string, GateMeasurement>>;
  readonly seconds: number;
  readonly report: EvaluationReport;
}): ModelCard =>
  cardOf({
    model: manifest.model.name,
    task: manifest.model.task as Task,
    run: manifest.run,
    revision: manifest.model.revision,
    definition: manifest.model.definition,
    trainer: manifest.trainer.kind,
    parameters: manifest.trainer.parameters,
    seed: manifest.seed,
    files: {
      artifact: manifest.artifact,
      profile: manifest.profile,
      manifest: digest,
      ...(manifest.evaluation !== undefined && { evaluation: manifest.evaluation }),
    },
    dataset: manifest.dataset.digest,
    features: manifest.dataset.features,
    metrics: manifest.metrics,
    measured,
    seconds,
    manifest,
    report,
  });
