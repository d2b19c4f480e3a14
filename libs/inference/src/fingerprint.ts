import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { env } from 'onnxruntime-node';

/** What decides, beside the model and the row, which bits a score has (law L6). */
export interface RuntimeFingerprint {
  readonly runtime: 'onnxruntime-node';
  readonly version: string;
  readonly platform: string;
  /** Instruction sets for which ONNX Runtime has kernels of their own; the processor's name where they cannot be read. */
  readonly instructions: readonly string[];
  readonly threads: number;
  readonly optimization: GraphOptimization;
}

export type GraphOptimization = 'disabled' | 'basic' | 'extended' | 'all';

const INSTRUCTION_SETS = [
  'sse4_1', 'avx', 'f16c', 'fma', 'avx2', 'avx_vnni', 'avx512f', 'avx512bw', 'avx512dq', 'avx512vl', 'avx512_vnni', 'avx512_bf16', 'amx_tile',
  'amx_int8', 'asimd', 'asimdhp', 'asimddp', 'i8mm', 'bf16', 'sve',
]; // prettier-ignore

export const runtimeFingerprint = (threads: number, optimization: GraphOptimization): RuntimeFingerprint => ({
  runtime: 'onnxruntime-node',
  version: env.versions.node ?? env.versions.common,
  platform: `${process.platform}-${process.arch}`,
  instructions: (instructionSets ??= readInstructionSets()),
  threads,
  optimization,
});

let instructionSets: readonly string[] | undefined;

const readInstructionSets = (): readonly string[] => {
  try {
    const flags = /^(?:flags|Features)\s*:\s*(.*)$/m
      .exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]
      ?.split(/\s+/);
    if (flags) return INSTRUCTION_SETS.filter((name) => flags.includes(name));
  } catch {
    // Not Linux: the name of the processor stands for its instruction sets.
  }
  return [cpus()[0]?.model ?? 'unknown'];
};
