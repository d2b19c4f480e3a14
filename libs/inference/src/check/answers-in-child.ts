import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RuntimeFingerprint } from '../fingerprint';
import { loadModel, type LoadOptions } from '../onnx-model';
import type { CheckOptions } from './check-in-child';
import { refusedModel } from './check-model';
import { runLimited, type Ending } from './limited-process';

export interface Answers {
  /** For each matrix, [rows, outputs] row after row. */
  readonly answers: readonly Float32Array[];
  readonly outputs: number;
  readonly fingerprint: RuntimeFingerprint;
}

/**
 * Loads a model file as serving does and asks it about rows ([rows, features] row after row, NaN = missing).
 * @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID where it cannot be loaded or does not answer.
 */
export type AskModel = (
  bytes: Uint8Array,
  signature: Required<LoadOptions>,
  matrices: readonly Float32Array[],
) => Promise<Answers>;

/** In this process: for files that are known to be harmless. */
export const askModel: AskModel = async (bytes, signature, matrices) => {
  const model = await loadModel(bytes, signature);
  try {
    const answers: Float32Array[] = [];
    for (const matrix of matrices) answers.push(await model.score(matrix));
    return { answers, outputs: model.outputs, fingerprint: model.fingerprint };
  } finally {
    await model.close();
  }
};

/** What the child is told; matrices are files of float32. */
export interface AskJob {
  readonly model: string;
  readonly signature: Required<LoadOptions>;
  readonly matrices: readonly { readonly rows: string; readonly answers: string }[];
}

/** What it says. */
export type AskSaid =
  { readonly outputs: number; readonly fingerprint: RuntimeFingerprint } | { readonly refused: string };

const TIMEOUT_MS = 30_000;
const MEMORY_BYTES = 2 * 2 ** 30;

/** `askModel` in a process of its own, which is killed after its time or when it takes too much memory. */
export const askInChild =
  ({
    script = join(__dirname, 'answers-worker.js'),
    timeoutMs = TIMEOUT_MS,
    memoryBytes = MEMORY_BYTES,
  }: CheckOptions = {}): AskModel =>
  async (bytes, signature, matrices) => {
    const folder = await mkdtemp(join(tmpdir(), 'playhead-ask-'));
    const at = (name: string): string => join(folder, name);
    try {
      const job: AskJob = {
        model: at('model.onnx'),
        signature,
        matrices: matrices.map((_, index) => ({
          rows: at(`rows-${index}`),
          answers: at(`answers-${index}`),
        })),
      };
      await writeFile(job.model, bytes);
      for (const [index, { buffer, byteOffset, byteLength }] of matrices.entries())
        await writeFile(job.matrices[index]!.rows, new Uint8Array(buffer, byteOffset, byteLength));
      await writeFile(at('job.json'), JSON.stringify(job));
      const { ending, stderr } = await runLimited({
        run: [process.execPath, script, at('job.json'), at('said.json')],
        folder,
        environment: { LANG: 'C.UTF-8', TMPDIR: folder },
        limits: { timeoutMs, memoryBytes, outputBytes: Infinity },
        watched: [],
      });
      const said = await readFile(at('said.json'), 'utf8').catch(() => undefined);
      if (said === undefined || ending.by !== 'exit') throw died(ending, stderr, timeoutMs, memoryBytes);
      const { refused, ...model } = JSON.parse(said) as Extract<AskSaid, { outputs: number }> & {
        refused?: string;
      };
      if (refused !== undefined) throw refusedModel([refused]);
      return {
        ...model,
        answers: await Promise.all(
          job.matrices.map(async ({ answers }) => floatsOf(await readFile(answers))),
        ),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

const died = (ending: Ending, stderr: string, timeoutMs: number, memoryBytes: number): Error => {
  if (ending.by === 'timeout')
    return refusedModel([`it was not loaded and did not answer within ${timeoutMs / 1_000} s`]);
  if (ending.by !== 'exit')
    return refusedModel([`it takes more than ${Math.round(memoryBytes / 2 ** 20)} MiB of memory`]);
  const said = stderr.trim().slice(-500);
  return refusedModel([
    `the process that loads it ended with code ${ending.code}${said === '' ? '' : `: ${said}`}`,
  ]);
};

/** A copy: what a file is read into need not begin where a float may. */
export const floatsOf = (bytes: Buffer): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);
