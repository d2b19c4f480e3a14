import type { ArtifactStore } from '#artifacts';
import { HEADERS, TOPICS, championOf, qualify, type DeploymentFact, type RevisionRead } from '#contracts';
import { seekBySource, type EventLog, type PartitionEnds } from '#eventlog';
import { loadModel } from '#inference';
import { PlatformError, Refused, timestampMs } from '#kernel';
import type { Task } from '#learn';
import type { PartitionRange } from '../refold/refold-vectors';
import type { Place } from '../verify/range';
import { compareScores, flipOf, type Comparison, type ScoredRecords } from './compare-scores';
import { knownLabels } from './known-labels';
import { recordedTraffic, type RecordedPair } from './recorded-traffic';
import { deploymentOf, versionOf } from './registry-facts';
import { RescoredRecords, type OpenModel, type ScoringLatency } from './rescored-records';
import { sliceReader } from './slice-values';
import { sliceRecords, type Slice } from './slices';

export interface WhatIfPorts {
  readonly log: EventLog;
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly namespace: string;
  /** Monotonic ms, for the latency of scoring. */
  readonly stopwatch: () => number;
  /** Told of each batch; what it waits for is the rate limit. */
  readonly paced?: (records: number) => Promise<void> | void;
}

/** Another version of the deployment's model, or a model file that reads what the champion reads. */
export type Candidate = { readonly version: number } | { readonly file: Uint8Array; readonly name: string };

export interface WhatIfModelRequest {
  readonly deployment: string;
  readonly candidate: Candidate;
  /** Event times, or offsets of the trigger's observations; `to` is not in it. All by default. */
  readonly from?: Place;
  readonly to?: Place;
  readonly slice?: string;
  /** Where a score is decided; the deployment's own by default. */
  readonly threshold?: number;
}

export interface Flip {
  /** Of the vector. */
  readonly position: string;
  readonly event_id: string;
  readonly event_time: string;
  readonly entity: Readonly<Record<string, string>>;
  readonly baseline: number;
  readonly candidate: number;
  /** Null where none is known. */
  readonly label: number | null;
}

export interface WhatIfModelReport extends Comparison {
  readonly deployment: string;
  readonly model: string;
  /** `recorded`: as the platform saw it; nothing was put in an order that it did not have. */
  readonly order: 'recorded';
  /** Versions whose recorded answers are the baseline. */
  readonly baseline: { readonly versions: readonly number[]; readonly threshold: number | null };
  readonly candidate: { readonly name: string; readonly artifact: string };
  readonly immature: number;
  readonly unlabelled: number;
  /** Records whose vector has no values for the candidate: its revision did not hold then. They are in no figure. */
  readonly unscorable: number;
  /** The first flips, in the order of the walk. */
  readonly flipped: readonly Flip[];
  readonly slices: readonly Slice[];
  readonly latencyUs: { readonly baseline: ScoringLatency | null; readonly candidate: ScoringLatency | null };
}

const BATCH = 1_024;
const FIRST_FLIPS = 20;

/**
 * Scores recorded vectors with another model and compares its answers with the recorded ones, judged by the labels that have come
 * since. Reads only. The baseline is what the platform answered then, so a champion against itself has no flip and no delta.
 */
export const whatIfModel = async (
  ports: WhatIfPorts,
  request: WhatIfModelRequest,
): Promise<WhatIfModelReport> => {
  const deployment = await deploymentOf(ports, request.deployment);
  const candidate = await openCandidate(ports, deployment, request.candidate);
  const champion = championOf(deployment);
  const baseline = champion && (await openBaseline(ports, champion));
  try {
    const records = new RescoredRecords(candidate, baseline, ports.stopwatch);
    await rescore(ports, request, deployment, records, [candidate.reads, ...(champion ? [champion] : [])]);
    const threshold = request.threshold ?? deployment.threshold;
    const known = await knownLabels(ports.log, ports.namespace, deployment.label, records);
    const scored: ScoredRecords = {
      task: deployment.task as Task,
      threshold,
      baseline: Float64Array.from(records.baselineScores),
      candidate: Float64Array.from(records.candidateScores),
      labels: known.labels,
    };
    return {
      deployment: deployment.deployment,
      model: deployment.model,
      order: 'recorded',
      ...compareScores(scored),
      baseline: { versions: [...records.versions].sort((a, b) => a - b), threshold },
      candidate: { name: candidate.name, artifact: candidate.model.digest },
      immature: known.immature,
      unlabelled: known.unlabelled,
      unscorable: records.unscorable,
      flipped: firstFlips(records, scored),
      slices:
        request.slice === undefined
          ? []
          : sliceRecords(scored, records.sliceValues, {
              field: request.slice,
              ...(request.slice === 'time' && { inOrder: true, most: 400 }),
            }),
      latencyUs: records.latencyUs(),
    };
  } finally {
    await candidate.model.close();
    await baseline?.model.close();
  }
};

/** Walks the recorded traffic in batches. */
const rescore = async (
  { log, namespace, paced }: WhatIfPorts,
  { from, to, slice }: WhatIfModelRequest,
  { deployment, service }: DeploymentFact,
  records: RescoredRecords,
  revisions: readonly RevisionRead[],
): Promise<void> => {
  const topics = {
    vectors: qualify(namespace, TOPICS.vectors(service.name)),
    predictions: qualify(namespace, TOPICS.predictions(deployment)),
  };
  if ((await log.partitionCount(topics.predictions)) === undefined)
    throw new Refused('PLAYHEAD_NOT_FOUND', `deployment ${deployment} has answered nothing yet`);
  const { key, trigger } = service;
  const slices =
    slice === undefined ? undefined : sliceReader(slice, { log, namespace, revisions, key, trigger });
  let batch: RecordedPair[] = [];
  const flush = async (): Promise<void> => {
    await records.add(batch, slices);
    await paced?.(batch.length);
    batch = [];
  };
  try {
    for await (const pair of recordedTraffic(log, topics, await rangesOf(log, topics.vectors, from, to))) {
      const time = timestampMs(pair.prediction.headers.text(HEADERS.time) ?? '');
      if (time < timeOf(from, -Infinity) || time >= timeOf(to, Infinity)) continue;
      batch.push(pair);
      if (batch.length === BATCH) await flush();
    }
    await flush();
  } finally {
    await slices?.close();
  }
};

/** A time leaves no partition out: an event is in the range by its own time, wherever it stands. */
export const timeOf = (place: Place | undefined, otherwise: number): number =>
  place && 'time' in place ? place.time : otherwise;

/** The vectors of a stretch of triggers. */
export const rangesOf = async (
  log: EventLog,
  topic: string,
  from: Place | undefined,
  to: Place | undefined,
): Promise<readonly PartitionRange[]> => {
  const ends = await log.ends(topic);
  const offsetOf = async (
    place: Place | undefined,
    each: PartitionEnds,
    otherwise: number,
  ): Promise<number> => {
    const trigger = place && 'offsets' in place ? place.offsets.get(each.partition) : undefined;
    return trigger === undefined ? otherwise : seekBySource(log, topic, each, trigger);
  };
  return Promise.all(
    ends.map(async (each) => ({
      partition: each.partition,
      from: await offsetOf(from, each, each.start),
      to: await offsetOf(to, each, each.end),
    })),
  );
};

const openCandidate = async (
  ports: WhatIfPorts,
  deployment: DeploymentFact,
  candidate: Candidate,
): Promise<OpenModel> => {
  const { task } = deployment;
  if (task !== 'binary' && task !== 'regression' && task !== 'anomaly')
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `deployment ${deployment.deployment} answers a ${task} task; what-if compares models that answer one number for an event: verify it, or train and compare versions by their metrics`,
    );
  if ('version' in candidate) {
    const version = await versionOf(ports, deployment.model, candidate.version);
    if (version.service.name !== deployment.service.name)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${version.model}@${version.version} reads feature service ${version.service.name}, deployment ${deployment.deployment} reads ${deployment.service.name}`,
      );
    const reads = { revision: version.service.revision, features: version.service.features };
    const bytes = await ports.artifacts.get(version.artifact);
    const model = await loadModel(bytes, { task, featureCount: reads.features.length });
    return { name: `${version.model}@${version.version}`, model, reads };
  }
  const reads = championOf(deployment) ?? deployment.service;
  const model = await loadModel(candidate.file, { task, featureCount: reads.features.length });
  return { name: candidate.name, model, reads: { revision: reads.revision, features: reads.features } };
};

/** For the latency alone: without its file the comparison stands. A file that is not what it should be is said, not passed over. */
const openBaseline = async (
  { artifacts }: WhatIfPorts,
  route: NonNullable<ReturnType<typeof championOf>>,
): Promise<OpenModel | undefined> => {
  try {
    const model = await loadModel(await artifacts.get(route.artifact), {
      featureCount: route.features.length,
    });
    return { name: 'champion', model, reads: { revision: route.revision, features: route.features } };
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'PLAYHEAD_ARTIFACT_NOT_FOUND') return undefined;
    throw error;
  }
};

const firstFlips = (
  records: RescoredRecords,
  { threshold, baseline, candidate, labels }: ScoredRecords,
): Flip[] => {
  const flips: Flip[] = [];
  for (let row = 0; row < labels.length && flips.length < FIRST_FLIPS; row++) {
    if (flipOf(threshold, baseline[row]!, candidate[row]!) === 0) continue;
    flips.push({
      position: records.positions[row]!,
      event_id: records.eventIds[row]!,
      event_time: new Date(records.eventTimes[row]!).toISOString(),
      entity: records.entities[row]!,
      baseline: baseline[row]!,
      candidate: candidate[row]!,
      label: Number.isNaN(labels[row]!) ? null : labels[row]!,
    });
  }
  return flips;
};
