import { onnx } from 'onnx-proto';
import { Refused, Rng, sha256, type Digest } from '#kernel';
import { loadModel, type OnnxModel } from '../onnx-model';
import { adaptModel, type Wanted } from './adapt-model';
import { inspectModel } from './inspect-model';
import { domainName, domainOf } from './operators';

export interface CheckRequest extends Wanted {
  readonly maxBytes?: number;
}

/** What is known of a model file that may be used. */
export interface ModelCheck {
  /** SHA-256 of the file to use, which has the input and output of its task. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** SHA-256 of the file as it came. */
  readonly source: Digest;
  /** What was changed; empty where the file is used as it came. */
  readonly changes: readonly string[];
  /** What is allowed but should be known. */
  readonly warnings: readonly string[];
  readonly outputs: number;
  readonly producer: string;
  /** `ai.onnx 17`. */
  readonly operatorSets: readonly string[];
  /** Of one row, in ms, scored alone by ONNX Runtime. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
}

const PROBE_ROWS = 64;
const TIMED_ROWS = 200;

/**
 * Everything that is asked of a model file from elsewhere, in this process: run it in a child of its own (`checkInChild`) where the file may be
 * hostile. Gives the bytes to use.
 * @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID with all reasons.
 */
export const checkModel = async (
  bytes: Uint8Array,
  request: CheckRequest,
): Promise<{ readonly bytes: Uint8Array; readonly check: ModelCheck }> => {
  const { model, faults } = inspectModel(bytes, request.maxBytes);
  if (!model || faults.length > 0) throw refusedModel(faults);
  const adapted = adaptModel(model, request);
  if (adapted.faults.length > 0) throw refusedModel(adapted.faults);
  const used = adapted.changes.length === 0 ? bytes : onnx.ModelProto.encode(model).finish();
  const loaded = await loadModel(used, request);
  try {
    const { warnings, latencyMs } = await probe(loaded);
    return {
      bytes: used,
      check: {
        digest: loaded.digest,
        sizeBytes: used.length,
        source: sha256(bytes),
        changes: adapted.changes,
        warnings,
        outputs: loaded.outputs,
        producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
        operatorSets: (model.opsetImport ?? []).map(
          ({ domain, version }) => `${domainName(domainOf(domain))} ${Number(version)}`,
        ),
        latencyMs,
      },
    };
  } finally {
    await loaded.close();
  }
};

export const refusedModel = (faults: readonly string[]): Refused =>
  new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', `the model cannot be used:\n  - ${faults.join('\n  - ')}`, {
    details: { faults },
  });

/** Rows that nobody chose: whole ones, and with values missing. The same bits twice is what replay is built on. */
const probe = async (model: OnnxModel): Promise<Pick<ModelCheck, 'warnings' | 'latencyMs'>> => {
  const { task, featureCount, outputs } = model;
  const rng = new Rng(1);
  const whole = Float32Array.from({ length: PROBE_ROWS * featureCount }, () => 4 * rng.uniform() - 2);
  const holed = whole.map((value) => (rng.below(4) === 0 ? Number.NaN : value));
  const answers = await model.score(whole);
  if (!isSame(answers, await model.score(whole)))
    throw refusedModel(['it does not give the same answer to the same rows twice']);
  const isProbability = task === 'binary' || task === 'multiclass';
  const odd = answers.find(
    (value) => !Number.isFinite(value) || (isProbability && (value < 0 || value > 1.000_01)),
  );
  if (odd !== undefined)
    throw refusedModel([
      `it answers ${odd} to a row without missing values; ${isProbability ? 'a probability' : 'a finite number'} is needed`,
    ]);
  const warnings: string[] = [];
  const alone = new Float32Array(answers.length);
  for (let row = 0; row < PROBE_ROWS; row++)
    alone.set(await model.score(rowOf(whole, row, featureCount)), row * outputs);
  if (!isSame(answers, alone))
    warnings.push('a row has other bits alone than among others: verify will say within_tolerance');
  const missing = await model.score(holed).catch(() => undefined);
  if (missing === undefined || missing.some(Number.isNaN))
    warnings.push(
      'it gives no number where features are missing: fill them in the graph, or make them never missing',
    );
  return { warnings, latencyMs: await timed(model, whole) };
};

const rowOf = (matrix: Float32Array, row: number, width: number): Float32Array =>
  matrix.slice(row * width, (row + 1) * width);

const isSame = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, index) => Object.is(value, b[index]));

const timed = async (model: OnnxModel, matrix: Float32Array): Promise<ModelCheck['latencyMs']> => {
  const times: number[] = [];
  for (let k = 0; k < TIMED_ROWS; k++) {
    const row = rowOf(matrix, k % PROBE_ROWS, model.featureCount);
    const started = performance.now();
    await model.score(row);
    times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  return { p50: times[TIMED_ROWS / 2]!, p99: times[Math.floor(TIMED_ROWS * 0.99)]! };
};
