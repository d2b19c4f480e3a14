import { InferenceSession, Tensor } from 'onnxruntime-node';
import { Defect, messageOf, Refused, sha256, type Digest } from '#kernel';
import { runtimeFingerprint, type RuntimeFingerprint } from './fingerprint';

export type ModelTask = 'binary' | 'multiclass' | 'regression' | 'anomaly' | 'ranking';
export type OutputName = 'probability' | 'probabilities' | 'value' | 'score';

/** The name of the output says the task, but for `score`: whether strange or wanted is for the definition to say. */
export const OUTPUT_OF_TASK: Readonly<Record<ModelTask, OutputName>> = {
  binary: 'probability',
  multiclass: 'probabilities',
  regression: 'value',
  anomaly: 'score',
  ranking: 'score',
};

export const INPUT_NAME = 'input';

/**
 * Rows that go through ONNX Runtime at once. Measured with one thread, us a row in pieces of 1, 32, 64, 128, 256 and 1,024: 100 trained
 * trees of depth 6 13.7 3.4 3.2 2.9 2.9 2.9, 100 random trees of depth 8 18 7.1 6.5 6.0 5.9 6.0, linear 15 0.66 0.36 0.23 0.16 0.08.
 * From 128 on little is won, and other work gets the thread between two pieces.
 */
export const PIECE_ROWS = 128;

/**
 * One intra-op thread is a promise, not a setting: with it a row has the same bits alone and in any batch; with two, the sums
 * of a tree ensemble depend on the batch.
 */
const THREADS = 1;
const OPTIMIZATION = 'all';

export interface LoadOptions {
  /** Features of the definition that the model was trained on; a model with another number is refused. */
  readonly featureCount?: number;
  /** Task of the definition; a model whose output belongs to another one is refused. */
  readonly task?: ModelTask;
}

export interface OnnxModel {
  /** SHA-256 of the model file. */
  readonly digest: Digest;
  readonly task: ModelTask;
  readonly featureCount: number;
  readonly outputName: OutputName;
  /** Numbers that it answers for a row: the classes of a multiclass model, else 1. */
  readonly outputs: number;
  readonly fingerprint: RuntimeFingerprint;
  /** Batches that it scores at the same time: 1 in this thread, else its workers. */
  readonly lanes: number;
  /**
   * [rows, outputs] row after row for `matrix` ([rows, featureCount] row after row, NaN = missing), the same bits for a row in whatever batch.
   * Blocks the thread for one piece of the batch at a time.
   * @throws Refused PLAYHEAD_INFERENCE_INVALID when the matrix has no whole number of rows.
   */
  score(matrix: Float32Array): Promise<Float32Array>;
  /** Waits for the scores under way and gives the memory back. */
  close(): Promise<void>;
}

/**
 * Opens a model file, checks its signature (one input `input` FP32 [-1, n], one output of OUTPUT_OF_TASK, FP32 [-1, 1] or [-1, classes]) and
 * scores two rows, so that the first real one is as quick as the rest and a model that cannot run is found here.
 * @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID with the reason.
 */
export const loadModel = async (bytes: Uint8Array, options: LoadOptions = {}): Promise<OnnxModel> => {
  const session = await openSession(bytes);
  try {
    const signature = signatureOf(session, options);
    const model = new SessionModel(session, sha256(bytes), signature);
    await model.warmUp();
    return model;
  } catch (error) {
    await session.release();
    throw error;
  }
};

const openSession = async (bytes: Uint8Array): Promise<InferenceSession> => {
  try {
    return await InferenceSession.create(bytes, {
      intraOpNumThreads: THREADS,
      interOpNumThreads: THREADS,
      executionMode: 'sequential',
      graphOptimizationLevel: OPTIMIZATION,
      // What it says goes to standard error beside our log, and what matters comes back as an error; a model that throws would fill it.
      logSeverityLevel: 4,
    });
  } catch (error) {
    throw invalidModel(`ONNX Runtime cannot load it: ${messageOf(error)}`, error);
  }
};

const invalidModel = (reason: string, cause?: unknown): Refused =>
  new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', `the model cannot be served: ${reason}`, { cause });

type Described = Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>;

type Signature = Pick<OnnxModel, 'featureCount' | 'task' | 'outputs'>;

const signatureOf = (session: Described, options: LoadOptions): Signature => {
  const inputs = session.inputMetadata.map(describe);
  const [input] = session.inputMetadata;
  if (
    session.inputMetadata.length !== 1 ||
    !input?.isTensor ||
    input.name !== INPUT_NAME ||
    input.type !== 'float32'
  ) {
    throw invalidModel(
      `it has the inputs ${inputs.join(', ')}; one input "${INPUT_NAME}" float32 [-1, features] is needed`,
    );
  }
  const [rows, columns] = input.shape;
  if (input.shape.length !== 2 || typeof rows === 'number') {
    throw invalidModel(`its input is ${describe(input)}; the shape must be [-1, features]`);
  }
  const featureCount = typeof columns === 'number' ? columns : options.featureCount;
  if (featureCount === undefined) throw invalidModel('its input does not say the number of features');
  if (options.featureCount !== undefined && featureCount !== options.featureCount) {
    throw invalidModel(`it takes ${featureCount} features, the definition has ${options.featureCount}`);
  }
  return { featureCount, ...answersOf(session, options.task) };
};

const answersOf = (
  session: Described,
  wanted: ModelTask | undefined,
): Pick<Signature, 'task' | 'outputs'> => {
  const outputs = session.outputMetadata.map(describe);
  const [output] = session.outputMetadata;
  const tasks = (Object.keys(OUTPUT_OF_TASK) as ModelTask[]).filter(
    (each) => OUTPUT_OF_TASK[each] === output?.name,
  );
  const [task] = tasks;
  if (session.outputMetadata.length !== 1 || !output?.isTensor || output.type !== 'float32' || !task) {
    const names = [...new Set(Object.values(OUTPUT_OF_TASK))].join('", "');
    throw invalidModel(
      `it has the outputs ${outputs.join(', ')}; one output "${names}" float32 [-1, 1] (probabilities: [-1, classes]) is needed`,
    );
  }
  if (wanted && !tasks.includes(wanted)) {
    throw invalidModel(`its output is "${output.name}", a ${wanted} model gives "${OUTPUT_OF_TASK[wanted]}"`);
  }
  const width = output.shape[1];
  if (output.name === 'probabilities' && !(typeof width === 'number' && width > 1))
    throw invalidModel(
      `its output is ${describe(output)}; the shape must say the number of classes, at least 2`,
    );
  return { task: wanted ?? task, outputs: output.name === 'probabilities' ? (width as number) : 1 };
};

const describe = (metadata: InferenceSession.ValueMetadata): string =>
  metadata.isTensor
    ? `"${metadata.name}" ${metadata.type} [${metadata.shape.map((size) => (typeof size === 'number' ? size : -1)).join(', ')}]`
    : `"${metadata.name}" (not a tensor)`;

class SessionModel implements OnnxModel {
  readonly task: ModelTask;
  readonly featureCount: number;
  readonly outputs: number;
  readonly outputName: OutputName;
  readonly fingerprint = runtimeFingerprint(THREADS, OPTIMIZATION);
  readonly lanes = 1;
  private readonly running = new Set<Promise<Float32Array>>();
  private closing: Promise<void> | undefined;

  constructor(
    private readonly session: InferenceSession,
    readonly digest: Digest,
    { task, featureCount, outputs }: Signature,
  ) {
    this.task = task;
    this.featureCount = featureCount;
    this.outputs = outputs;
    this.outputName = OUTPUT_OF_TASK[task];
  }

  score(matrix: Float32Array): Promise<Float32Array> {
    if (this.closing)
      return Promise.reject(new Defect(`model ${this.digest} was asked for scores after it was closed`));
    const scores = this.scorePieces(matrix);
    this.running.add(scores);
    const settled = () => this.running.delete(scores);
    scores.then(settled, settled);
    return scores;
  }

  close(): Promise<void> {
    this.closing ??= Promise.allSettled([...this.running]).then(() => this.session.release());
    return this.closing;
  }

  /** The first runs allocate; a row of zeros and one of missing values take every branch that a type error could hide in. */
  async warmUp(): Promise<void> {
    const matrix = new Float32Array(2 * this.featureCount).fill(Number.NaN, this.featureCount);
    try {
      for (let run = 0; run < 3; run++) await this.scorePieces(matrix);
    } catch (error) {
      throw invalidModel(messageOf(error), error);
    }
  }

  private async scorePieces(matrix: Float32Array): Promise<Float32Array> {
    const { featureCount, outputs } = this;
    const rows = matrix.length / featureCount;
    if (!Number.isInteger(rows)) {
      throw new Refused(
        'PLAYHEAD_INFERENCE_INVALID',
        `${matrix.length} values are no whole number of rows of ${featureCount} features`,
      );
    }
    if (rows > 0 && rows <= PIECE_ROWS) return this.run(matrix, rows);
    const scores = new Float32Array(rows * outputs);
    for (let from = 0; from < rows; from += PIECE_ROWS) {
      const to = Math.min(from + PIECE_ROWS, rows);
      const piece = matrix.subarray(from * featureCount, to * featureCount);
      scores.set(await this.run(piece, to - from), from * outputs);
    }
    return scores;
  }

  private async run(piece: Float32Array, rows: number): Promise<Float32Array> {
    const answer = await this.session.run({
      [INPUT_NAME]: new Tensor('float32', piece, [rows, this.featureCount]),
    });
    const scores = answer[this.outputName]?.data;
    if (!(scores instanceof Float32Array) || scores.length !== rows * this.outputs) {
      throw invalidModel(
        `it gave ${scores?.length ?? 'no'} values for ${rows} rows; ${this.outputs} for each row are needed`,
      );
    }
    return scores;
  }
}
