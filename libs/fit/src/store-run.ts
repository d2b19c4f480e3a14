import type { ArtifactStore } from '#artifacts';
import type { GateMeasurement } from '#contracts';
import type { RuntimeFingerprint } from '#inference';
import type { Task } from '#learn';
import { codeVersion } from './code-version';
import { compareVersions, comparesVersions } from './compare-versions';
import type { CommandTrace, FittedRun } from './fit-model';
import { readManifest, writeManifest, type FitEnvironment, type LeftByCommand } from './model-manifest';
import type { PreparedRun } from './prepared-run';
import { fieldsOf, readDataset, readOtherRevisions } from './read-dataset';
import { cardOfRun, readEvaluation, writeModelCard } from './report';
import { verifyAndTime } from './verify-model';

export interface StorePorts {
  readonly artifacts: ArtifactStore;
  /** Does work again while the store is away. */
  readonly available?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** What stands in the store of a fitted run, and what was measured of it: the members of `training.run.completed`. */
export interface StoredRun {
  readonly artifact: string;
  readonly profile: string;
  readonly manifest: string;
  readonly evaluation: string;
  readonly card: string;
  readonly logs?: string;
  readonly metrics: FittedRun['metrics'];
  readonly measured: Record<string, GateMeasurement>;
}

/**
 * Checks the model file in the runtime that will serve it, times it, compares it with the versions that gates name, and stores everything that
 * a fact about it names (law L7). Same run, same model, profile, evaluation and manifest; times are in `measured` and in the card alone.
 * @throws PlatformError PLAYHEAD_INFERENCE_MODEL_INVALID where the file does not answer as the trainer does.
 */
export const storeRun = async (
  { artifacts, available = (work) => work() }: StorePorts,
  run: PreparedRun,
  fitted: FittedRun,
  seconds: number,
): Promise<StoredRun> => {
  const { request, dataset } = run;
  const { runtime, latency } = await verifyAndTime(fitted, request.task as Task, dataset.features.length);
  const compared = comparesVersions(request)
    ? await available(async () => {
        const { holdout } = await readDataset(artifacts, dataset, fieldsOf(request));
        const { features } = dataset;
        const others = await readOtherRevisions(artifacts, run);
        return compareVersions(artifacts, { request, onnx: fitted.onnx, features, holdout, others });
      })
    : {};
  const measured: Record<string, GateMeasurement> = {
    ...fitted.measured,
    ...compared,
    latency_p50_ms: { value: latency.p50, rows: latency.rows },
    latency_p99_ms: { value: latency.p99, rows: latency.rows },
    size_bytes: { value: fitted.onnx.length },
  };
  const put = (content: Uint8Array | string, contentType: string): Promise<string> =>
    available(() =>
      artifacts.put(typeof content === 'string' ? Buffer.from(content) : content, { contentType }),
    );
  const files = {
    artifact: await put(fitted.onnx, 'application/onnx'),
    profile: await put(fitted.profile, 'application/json'),
    evaluation: await put(fitted.evaluation, 'application/json'),
  };
  const explanation = fitted.explanation !== undefined && (await put(fitted.explanation, 'application/json'));
  const environment = environmentOf(fitted, runtime);
  const command = fitted.command && (await leftBy(fitted.command, put));
  const text = writeManifest(
    run,
    { ...files, ...(explanation && { explanation }) },
    fitted.metrics,
    environment,
    command,
  );
  const manifest = await put(text, 'application/json');
  const logs = fitted.command && (await put(fitted.command.logs, 'text/plain'));
  const card = cardOfRun({
    manifest: readManifest(Buffer.from(text)),
    digest: manifest,
    measured,
    seconds,
    report: readEvaluation(Buffer.from(fitted.evaluation)),
  });
  return {
    ...files,
    manifest,
    card: await put(writeModelCard(card), 'text/markdown'),
    ...(logs !== undefined && { logs }),
    metrics: fitted.metrics,
    measured,
  };
};

/** What may have decided the bytes of a fitted model beside its inputs. */
export const environmentOf = (
  { command }: Pick<FittedRun, 'command'>,
  runtime: RuntimeFingerprint,
): FitEnvironment => ({
  code: codeVersion(),
  runtime: { node: process.version, ...runtime },
  ...(command && { program: command.environment }),
});

const leftBy = async (
  { claimed, extras, changes, warnings }: CommandTrace,
  put: (content: Uint8Array, contentType: string) => Promise<string>,
): Promise<LeftByCommand> => {
  const files: Record<string, string> = {};
  for (const [path, content] of Object.entries(extras))
    files[path] = await put(content, 'application/octet-stream');
  return { claimed, files, changes, warnings };
};
