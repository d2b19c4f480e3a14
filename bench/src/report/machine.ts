import { cpus, totalmem } from 'node:os';

/** Where figures come from; baselines are kept by lane. */
export interface Machine {
  /** For example `2-core/node20`. */
  readonly lane: string;
  readonly processor: string;
  readonly memoryGiB: number;
  readonly node: string;
  readonly platform: string;
}

export const thisMachine = (): Machine => ({
  lane: `${cpus().length}-core/node${process.versions.node.split('.')[0]!}`,
  processor: cpus()[0]?.model ?? 'unknown',
  memoryGiB: Math.round(totalmem() / 1024 ** 3),
  node: process.versions.node,
  platform: `${process.platform}-${process.arch}`,
});
