import { openHop, type HopName, type ReplayPorts, type Road } from '../verify/hops';
import { verifyPartition, type PartitionOutcome, type PartitionPlan } from '../verify/verify-partition';
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
  const hop = await openHop(ports, road, plan.hop as HopName);
  try {
    const { log, namespace } = ports;
    const dead = await readDeadLettered(log, namespace, {
      service: hop.service,
      fold: hop.fold.name,
      source: hop.source,
    });
    const pace = new Pace(options.rate, ports.sleep);
    let kept = Date.now();
    const outcome = await verifyPartition(
      hop,
      plan,
      { log, namespace, dead },
      {
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
      },
    );
    if (!outcome.finished) return undefined;
    await folder?.finish(unit, outcome);
    return outcome;
  } finally {
    await hop.close();
  }
};
