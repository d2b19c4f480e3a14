import { judgeGates, type EventOf, type JudgedGate, type TrainingRequested } from '#contracts';
import { deploymentOf, versionsOf, type RegistryPlace, type VersionFact } from './registry-facts';

export type Gate = EventOf<typeof TrainingRequested>['gates'][number];

export interface JudgedVersion {
  readonly version: number;
  readonly run: string;
  /** Under the gates that held when it was registered. */
  readonly passed: boolean;
  /** Under the gates that are asked about. */
  readonly wouldPass: boolean;
  readonly gates: readonly JudgedGate[];
}

export interface WhatIfGatesReport {
  readonly deployment: string;
  readonly model: string;
  /** Versions that were judged. */
  readonly records: number;
  /** Versions whose verdict would have been another. */
  readonly flips: number;
  readonly metrics: {
    readonly baseline: { readonly passed: number };
    readonly candidate: { readonly passed: number };
  };
  readonly slices: readonly never[];
  readonly gates: readonly Gate[];
  readonly versions: readonly JudgedVersion[];
}

/** Which versions of a deployment's model would have passed other gates, by what their runs measured. */
export const whatIfGates = async (
  place: RegistryPlace,
  deployment: string,
  gates: readonly Gate[],
): Promise<WhatIfGatesReport> => {
  const { model } = await deploymentOf(place, deployment);
  const versions = judgeVersions(await versionsOf(place, model), gates);
  return {
    deployment,
    model,
    records: versions.length,
    flips: versions.filter(({ passed, wouldPass }) => passed !== wouldPass).length,
    metrics: {
      baseline: { passed: versions.filter(({ passed }) => passed).length },
      candidate: { passed: versions.filter(({ wouldPass }) => wouldPass).length },
    },
    slices: [],
    gates,
    versions,
  };
};

export const judgeVersions = (
  versions: readonly VersionFact[],
  gates: readonly Gate[],
): readonly JudgedVersion[] =>
  versions.map(({ version, run, passed, metrics, measured }) => {
    const results = judgeGates(gates, { holdout: metrics.holdout, measured });
    return { version, run, passed, wouldPass: results.every((result) => result.passed), gates: results };
  });
