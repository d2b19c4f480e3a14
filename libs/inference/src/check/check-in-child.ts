import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refused } from '#kernel';
import type { CheckRequest, ModelCheck } from './check-model';
import { refusedModel } from './check-model';
import { MAX_MODEL_BYTES } from './inspect-model';
import { runLimited, type Ending } from './limited-process';

/** What the child is told. */
export interface CheckJob {
  readonly model: string;
  /** Where the file to use is put. */
  readonly used: string;
  readonly request: CheckRequest;
  /** Files of float32 rows, and where their scores are put. */
  readonly matrices: readonly { readonly rows: string; readonly scores: string }[];
}

/** What it answers. */
export type CheckAnswer = { readonly check: ModelCheck } | { readonly refused: string };

export interface CheckOptions {
  /** The compiled `check-worker`. */
  readonly script?: string;
  readonly timeoutMs?: number;
  readonly memoryBytes?: number;
}

export interface CheckedModel {
  readonly bytes: Buffer;
  readonly check: ModelCheck;
  /** For each matrix, [rows, outputs] row after row. */
  readonly scores: readonly Float32Array[];
}

/** Checks a model file from elsewhere, and scores rows with it, without running it here. */
export type CheckForeign = (
  bytes: Uint8Array,
  request: CheckRequest,
  matrices?: readonly Float32Array[],
  signal?: AbortSignal,
) => Promise<CheckedModel>;

const TIMEOUT_MS = 60_000;
const MEMORY_BYTES = 2 * 2 ** 30;

/**
 * `checkModel` in a process of its own, that is killed after its time or when it takes too much memory: a file that hangs, eats memory or ends
 * the process harms nobody. The environment of this process is not shown to it.
 * @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID with the reason; PLAYHEAD_LEARN_CANCELLED once the signal is aborted.
 */
export const checkInChild =
  ({
    script = join(__dirname, 'check-worker.js'),
    timeoutMs = TIMEOUT_MS,
    memoryBytes = MEMORY_BYTES,
  }: CheckOptions = {}): CheckForeign =>
  async (bytes, request, matrices = [], signal) => {
    const limit = request.maxBytes ?? MAX_MODEL_BYTES;
    if (bytes.length > limit)
      throw refusedModel([`the file has ${bytes.length} bytes; at most ${limit} are taken`]);
    const folder = await mkdtemp(join(tmpdir(), 'playhead-check-'));
    const at = (name: string): string => join(folder, name);
    try {
      const job: CheckJob = {
        model: at('model.onnx'),
        used: at('used.onnx'),
        request,
        matrices: matrices.map((_, index) => ({ rows: at(`rows-${index}`), scores: at(`scores-${index}`) })),
      };
      await writeFile(job.model, bytes);
      for (const [index, rows] of matrices.entries())
        await writeFile(
          job.matrices[index]!.rows,
          new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength),
        );
      await writeFile(at('job.json'), JSON.stringify(job));
      const { ending, stderr } = await runLimited({
        run: [process.execPath, script, at('job.json'), at('answer.json')],
        folder,
        environment: { LANG: 'C.UTF-8', TMPDIR: folder },
        limits: { timeoutMs, memoryBytes, outputBytes: Infinity },
        watched: [],
        ...(signal && { signal }),
      });
      const answer = await readFile(at('answer.json'), 'utf8').catch(() => undefined);
      if (answer === undefined || ending.by !== 'exit') throw died(ending, stderr, timeoutMs, memoryBytes);
      const said = JSON.parse(answer) as CheckAnswer;
      if ('refused' in said) throw new Refused('PLAYHEAD_INFERENCE_MODEL_INVALID', said.refused);
      return {
        bytes: await readFile(job.used),
        check: said.check,
        scores: await Promise.all(job.matrices.map(async ({ scores }) => floatsOf(await readFile(scores)))),
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };

const died = (ending: Ending, stderr: string, timeoutMs: number, memoryBytes: number): Refused => {
  switch (ending.by) {
    case 'cancel':
      return new Refused('PLAYHEAD_LEARN_CANCELLED', 'the check was cancelled');
    case 'timeout':
      return refusedModel([`it was not loaded and did not answer within ${timeoutMs / 1_000} s`]);
    case 'memory':
    case 'output':
      return refusedModel([`it takes more than ${Math.round(memoryBytes / 2 ** 20)} MiB of memory`]);
    case 'exit':
      return refusedModel([
        `the process that loads it ended with code ${ending.code}${stderr === '' ? '' : `: ${stderr.trim().slice(-500)}`}`,
      ]);
  }
};

/** A copy: what a file is read into need not begin where a float may. */
const floatsOf = (bytes: Buffer): Float32Array => new Float32Array(new Uint8Array(bytes).buffer);
