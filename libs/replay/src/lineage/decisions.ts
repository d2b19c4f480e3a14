import {
  DatasetBuilt,
  DefinitionApplied,
  DeploymentUpdated,
  ModelVersionRegistered,
  TOPICS,
  TrainingRequested,
  TrainingRunCompleted,
  decodeEvent,
  readEnvelope,
  type EventContract,
  type EventOf,
  type Kind,
} from '#contracts';
import type { LogRecord } from '#eventlog';
import { formatPosition, isPlatformError } from '#kernel';
import type { LogView } from './log-view';

/** A fact with its place on its topic. */
export interface Placed<Fact> {
  readonly topic: string;
  readonly position: string;
  readonly offset: number;
  readonly fact: Fact;
}

type Facts<C extends EventContract> = readonly Placed<EventOf<C>>[];

/** All that was decided about definitions, data sets, runs, versions and deployments, each list in the order of its topic. */
export interface Decisions {
  readonly definitions: Facts<typeof DefinitionApplied>;
  readonly requests: Facts<typeof TrainingRequested>;
  readonly datasets: Facts<typeof DatasetBuilt>;
  readonly runs: Facts<typeof TrainingRunCompleted>;
  readonly versions: Facts<typeof ModelVersionRegistered>;
  readonly deployments: Facts<typeof DeploymentUpdated>;
}

/** Topics of decisions are small: they are read whole. */
export const readDecisions = async (view: LogView): Promise<Decisions> => {
  const facts = async <C extends EventContract>(topic: string, contract: C): Promise<Facts<C>> => {
    const placed: Placed<EventOf<C>>[] = [];
    for await (const record of view.each(topic, 0)) {
      const fact = decoded(contract, record);
      if (fact === undefined) continue;
      const { partition, offset } = record;
      placed.push({ topic, position: formatPosition(partition, offset), offset, fact });
    }
    return placed;
  };
  return {
    definitions: await facts(TOPICS.definitions, DefinitionApplied),
    requests: await facts(TOPICS.requests, TrainingRequested),
    datasets: await facts(TOPICS.datasets, DatasetBuilt),
    runs: await facts(TOPICS.runs, TrainingRunCompleted),
    versions: await facts(TOPICS.models, ModelVersionRegistered),
    deployments: await facts(TOPICS.deployments, DeploymentUpdated),
  };
};

/** Undefined for a record of another type, and for one that breaks its contract: every fold passes it over, too. */
const decoded = <C extends EventContract>(contract: C, record: LogRecord): EventOf<C> | undefined => {
  try {
    if (readEnvelope(record.headers).type !== contract.type) return undefined;
    return decodeEvent(contract, record.value) as EventOf<C>;
  } catch (error) {
    if (isPlatformError(error) && error.disposition === 'dead-letter') return undefined;
    throw error;
  }
};

/** The newest fact that `wanted` accepts, at or below an offset of its topic. */
export const newestOf = <Fact>(
  facts: readonly Placed<Fact>[],
  wanted: (fact: Fact) => boolean,
  at = Infinity,
): Placed<Fact> | undefined => facts.findLast(({ fact, offset }) => offset <= at && wanted(fact));

/** The fact that made a revision of a definition hold. */
export const definitionOf = (
  { definitions }: Decisions,
  kind: Kind,
  name: string,
  which: { readonly revision?: string; readonly digest?: string } = {},
): Placed<EventOf<typeof DefinitionApplied>> | undefined =>
  newestOf(
    definitions,
    (fact) =>
      fact.kind === kind &&
      fact.name === name &&
      (which.revision === undefined || fact.revision === which.revision) &&
      (which.digest === undefined || fact.digest === which.digest),
  );
