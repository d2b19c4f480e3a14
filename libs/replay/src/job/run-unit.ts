import { openHop, type HopName, type ReplayPorts, type Road } from '../verify/hops';
import {
  verifyPartition,
  type PartitionOutcome,
  type PartitionPlan,
  type VerifyOptions,
} from '../verify/verify-partition';
import { REQUESTS_HOP, verifyRequests } from '../verify/verify-requests';
import { readDeadLettered } from '../walk/dead-lettered';
import { Pace } from './pace';
import type { ReplayFolder } from './replay-folder';

export interface UnitOptions {
  readonly tolerance: number;
  readonly snapshots: boolean;
  /** Source records a second, of this unit alone; as fast as it goes by default. */
  readonly rate?: number;
  /** Between two checkpoints; a state is encoded for each. */
  readonly checkpointMs: number;
}

export interface UnitHooks {
  readonly progress?: (records: number) => void;
  /** True: take a checkpoint and end. */
  readonly isStopping?: () => boolean;
}

export const unitName = ({ hop, partition }: Pick<PartitionPlan, 'hop' | 'partition'>): string =>
  `${hop.replaceAll('/', '.')}-${partition}`;

/** Runs one partition of one hop to its end, from its last checkpoint where there is one; undefined where it was paused. */
export const runUnit = async (
  ports: ReplayPorts,
  road: Road,
  plan: PartitionPlan,
  folder: ReplayFolder | undefined,
  options: UnitOptions,
  hooks: UnitHooks = {},
): Promise<PartitionOutcome | undefined> => {
  const unit = unitName(plan);
  const before = await folder?.outcome(unit);
  if (before) return before;
  const resume = await folder?.lastCheckpoint(unit, ports.warn);
  const pace = new Pace(options.rate, ports.sleep);
  let kept = Date.now();
  const verifyOptions: VerifyOptions = {
    tolerance: options.tolerance,
    snapshots: options.snapshots,
    // A round is paid for when it is folded: small ones keep a pace even, and give a checkpoint its time.
    ...(options.rate !== undefined && { roundRecords: Math.max(1, Math.floor(options.rate / 4)) }),
    ...(resume && { resume }),
    onRound: async (records, checkpoint) => {
      hooks.progress?.(records);
      await pace.spend(records);
      const isStopping = hooks.isStopping?.() ?? false;
      if (folder && (isStopping || Date.now() - kept >= options.checkpointMs)) {
        await folder.checkpoint(unit, await checkpoint());
        kept = Date.now();
      }
      return !isStopping;
    },
  };
  const outcome =
    plan.hop === REQUESTS_HOP
      ? await verifyRequests(ports, road, plan, verifyOptions)
      : await verifyHop(ports, road, plan, verifyOptions);
  if (!outcome.finished) return undefined;
  await folder?.finish(unit, outcome);
  return outcome;
};

const verifyHop = async (
  ports: ReplayPorts,
  road: Road,
  plan: PartitionPlan,
  options: VerifyOptions,
): Promise<PartitionOutcome> => {
  const { log, namespace } = ports;
  const hop = await openHop(ports, road, plan.hop as HopName);
  try {
    const { service, fold, source } = hop;
    const dead = await readDeadLettered(log, namespace, { service, fold: fold.name, source });
    return await verifyPartition(hop, plan, { log, namespace, dead }, options);
  } finally {
    await hop.close();
  }
};
