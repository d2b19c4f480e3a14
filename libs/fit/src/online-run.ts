import { canonicalJson, sha256, type CanonicalValue } from '#kernel';
import { STREAM_LIMITS, StreamLearner, isOnlineKind, type OnlineSettings, type StreamLimits } from '#learn';
import type { FitJob, FittedRun } from './fit-model';
import type { Part } from './part';
import type { Dataset, TrainingRequest } from './prepared-run';
import { judgedRequest } from './read-dataset';

/** Raised when a fix changes what a learner learns from the same inputs. */
const ENGINE = 1;
/** A vector waits for its label so much longer than the label's maturity. */
const SLACK_MS = 7 * 86_400_000;
const PROBE_ROWS = 512;

/** What of a request decides an online learner, and what it learns from. */
export type LearnerRequest = Pick<TrainingRequest, 'task' | 'label' | 'trainer' | 'seed'> & {
  readonly service: Pick<TrainingRequest['service'], 'name' | 'revision' | 'digest' | 'features'>;
};

/** @throws Refused PLAYHEAD_LEARN_INVALID, from the learner, where they cannot be learned with. */
export const learnerSettings = ({ task, service, trainer, seed }: LearnerRequest): OnlineSettings => ({
  kind: isOnlineKind(trainer.kind) ? trainer.kind : 'online-logistic',
  task: task === 'multiclass' ? 'multiclass' : 'binary',
  featureNames: service.features,
  classes: task === 'multiclass' ? Number(trainer.parameters['classes'] ?? 2) : 2,
  parameters: trainer.parameters,
  seed,
});

export const learnerLimits = ({ label }: LearnerRequest): StreamLimits => ({
  ...STREAM_LIMITS,
  waitMs: label.maturity_ms + SLACK_MS,
});

/** Digest of all that its state at an offset depends on, beside the inputs. */
export const learnerDefinition = (request: LearnerRequest): string => {
  const { service, label } = request;
  return sha256(
    canonicalJson({
      engine: ENGINE,
      settings: learnerSettings(request),
      limits: learnerLimits(request),
      service: { name: service.name, revision: service.revision, digest: service.digest },
      label: { stream: label.stream, on: label.on, value: label.value },
    } as unknown as CanonicalValue),
  );
};

/** The offsets of `training.inputs.<model>` that a state has folded. */
export interface LearnerRange {
  /** Below the namespace. */
  readonly topic: string;
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * The state of a learner at an offset, as the data set of a run: `digest` and artifacts are of its bytes, which the caller stores; the
 * training rows are what it learned from, the hold-out rows the latest that it was judged by.
 */
export const learnerCut = (
  request: LearnerRequest & Pick<TrainingRequest, 'run' | 'model'>,
  stream: StreamLearner,
  { topic, from, to }: LearnerRange,
): { readonly dataset: Dataset; readonly state: Uint8Array; readonly manifest: string } => {
  const { run, model, service } = request;
  const state = stream.encodeModel();
  const digest = sha256(state);
  const cut = [{ topic, partition: 0, from, to }];
  const definition = learnerDefinition(request);
  const manifest = canonicalJson({ version: 1, kind: 'online-learner', definition, cut, state: digest });
  const window = stream.window();
  const positives = (labels: readonly number[]): number | null =>
    request.task === 'binary' ? labels.reduce((sum, label) => sum + label, 0) : null;
  return {
    state,
    manifest,
    dataset: {
      run,
      model,
      service: service.name,
      revision: service.revision,
      definition: service.digest,
      features: [...service.features],
      digest,
      manifest: sha256(manifest),
      cut,
      source: 'vectors',
      train: { artifact: digest, rows: stream.learner.seen, positives: null },
      holdout: {
        artifact: digest,
        rows: window.length,
        positives: positives(window.map(({ label }) => label)),
      },
      unlabelled: 0,
      withdrawn: 0,
      corrected: 0,
      immature: stream.sizes.waiting,
    },
  };
};

export interface LearnerExport {
  /** Judges and profiles what the learner is; nothing is fitted. */
  readonly job: FitJob;
  /** Completes what the job gives. */
  readonly finish: (fitted: FittedRun) => FittedRun;
}

/**
 * The model that a state is. It is judged by its latest predictions, each made before its label was known; `metrics.train` is of all
 * of them since the first.
 */
export const exportLearner = (
  request: Parameters<typeof judgedRequest>[0] & LearnerRequest,
  state: Uint8Array,
): LearnerExport => {
  const stream = StreamLearner.decode(state, learnerLimits(request));
  const { learner } = stream;
  const outputs = request.task === 'binary' ? 1 : learner.settings.classes;
  const answer = (probabilities: Float64Array): number[] =>
    (outputs === 1 ? [probabilities[1]!] : [...probabilities]).map(Math.fround);
  const window = stream.window();
  // One for each side: a thread takes them for itself.
  const part = (): Part => ({
    partitions: new Float64Array(window.length),
    columns: request.service.features.map((_, f) => Float64Array.from(window, ({ x }) => x[f]!)),
    labels: Float64Array.from(window, ({ label }) => label),
    times: Float64Array.from(window, ({ time }) => time),
  });
  const scores = (): Float64Array =>
    Float64Array.from(window.flatMap(({ probabilities }) => answer(probabilities)));
  const onnx = learner.toOnnx();
  const probed = window.slice(-PROBE_ROWS);
  return {
    job: {
      request: judgedRequest(request),
      features: request.service.features,
      train: part(),
      holdout: part(),
      foreign: { onnx, train: scores(), holdout: scores() },
    },
    finish: (fitted) => ({
      ...fitted,
      metrics: { holdout: fitted.metrics.holdout, train: { ...stream.report() } },
      probe: {
        matrix: Float32Array.from(probed.flatMap(({ x }) => [...x])),
        scores: Float64Array.from(probed.flatMap(({ x }) => answer(learner.predictOne(x)))),
      },
    }),
  };
};
