import { TOPICS } from '#contracts';
import { readConservation, type Conservation, type EventLog } from '#eventlog';
import type { PipelineWatch } from './pipeline-watch';
import type { Case } from './scenario';

/** What outside programs read of what came through (interfaces.md). */
export type Counts = Pick<
  Conservation,
  'inbox' | 'moved' | 'observations' | 'rejections' | 'duplicates' | 'deadLetters'
> & { readonly vectors: number; readonly predictions: number };

export interface CheckedLog {
  readonly counts: Counts;
  readonly rejectionsByCode: Readonly<Record<string, number>>;
  /** Empty when every inbox record has one outcome, every observation a vector, every vector since the deployment a prediction. */
  readonly faults: readonly string[];
}

/** @param unscored vectors from before the deployment began (`from: now`); undefined where nothing serves. */
export const checkLog = async (
  log: EventLog,
  namespace: string,
  watch: PipelineWatch,
  { streams, service, deployment }: Case,
  unscored: number | undefined,
): Promise<CheckedLog> => {
  const perStream = await Promise.all(streams.map((stream) => readConservation(log, namespace, stream)));
  const total = (pick: (conservation: Conservation) => number): number =>
    perStream.reduce((sum, conservation) => sum + pick(conservation), 0);
  const vectors = await watch.count(TOPICS.vectors(service.name));
  const predictions = unscored === undefined ? 0 : await watch.count(TOPICS.predictions(deployment));
  const faults = perStream.flatMap((conservation, index) =>
    conservation.faults.map((fault) => `${streams[index]}: ${fault}`),
  );
  const { observations } = perStream[streams.indexOf(service.trigger)]!;
  if (vectors !== observations)
    faults.push(`${observations} observations of ${service.trigger}, but ${vectors} vectors`);
  if (unscored !== undefined && predictions !== vectors - unscored)
    faults.push(`${vectors - unscored} vectors since the deployment, but ${predictions} predictions`);
  const rejectionsByCode: Record<string, number> = {};
  for (const { rejectionsByCode: codes } of perStream)
    for (const [code, count] of Object.entries(codes))
      rejectionsByCode[code] = (rejectionsByCode[code] ?? 0) + count;
  const counts = {
    inbox: total(({ inbox }) => inbox),
    moved: total(({ moved }) => moved),
    observations: total((each) => each.observations),
    rejections: total(({ rejections }) => rejections),
    duplicates: total(({ duplicates }) => duplicates),
    vectors,
    predictions,
    deadLetters: total(({ deadLetters }) => deadLetters),
  };
  return { counts, rejectionsByCode, faults };
};
