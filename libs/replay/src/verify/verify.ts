import { runUnit, type UnitHooks, type UnitOptions } from '../job/run-unit';
import type { ReplayFolder } from '../job/replay-folder';
import { findRoad, type ReplayPorts, type Road } from './hops';
import { planVerify, type RangeRequest, type VerifyPlan } from './plan';
import { findingsOf, type UnitTally, type VerifyFindings } from './report';

export interface VerifyRequest extends RangeRequest {
  readonly deployment: string;
}

export interface VerifyOutcome {
  readonly road: Road;
  readonly plan: VerifyPlan;
  readonly findings: VerifyFindings;
}

/** Verifies a deployment in this process, one partition after the other. Undefined where a hook stopped it. */
export const verifyHere = async (
  ports: ReplayPorts,
  request: VerifyRequest,
  options: UnitOptions,
  { folder, ...hooks }: UnitHooks & { readonly folder?: ReplayFolder } = {},
): Promise<VerifyOutcome | undefined> => {
  const warnings = new Set<string>();
  const noted: ReplayPorts = {
    ...ports,
    warn: (message) => {
      warnings.add(message);
      ports.warn(message);
    },
  };
  const road = await findRoad(noted, request.deployment);
  const plan = await planVerify(noted, road, request);
  const units: UnitTally[] = [];
  for (const unit of plan.units) {
    const outcome = await runUnit(noted, road, unit, folder, options, hooks);
    if (!outcome) return undefined;
    units.push({ hop: unit.hop, partition: unit.partition, tally: outcome.tally });
  }
  const findings = findingsOf(units, {
    deployment: request.deployment,
    range: plan.range,
    pending: plan.pending,
    tolerance: options.tolerance,
    fromZero: !options.snapshots,
    warnings: [...warnings],
    notes: [],
  });
  return { road, plan, findings };
};
