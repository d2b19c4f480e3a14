import { EnvelopeTemplate, HEADERS, TopicAnswered, type Deployments, type EnvelopeHeader } from '#contracts';
import { checksumOf, type Fold, type Output, type Round } from '#eventlog';
import { OUTPUT_OF_TASK, renderInferResponse } from '#inference';
import { formatPosition, jsonString } from '#kernel';
import type { VectorsHandler } from '../predictions/on-vectors';
import { OpenModels } from '../predictions/open-models';
import { servedRows } from '../predictions/route-batch';
import { routePlans, type RouteParts, type RoutePlan } from '../predictions/route-parts';
import { hangs, noScores, type ScoredRows } from '../predictions/score-rows';
import { readRequest, type Asked } from './read-request';
import { RequestBatch } from './request-batch';

export interface RequestsHandler extends Pick<VectorsHandler, 'deployment' | 'shelf' | 'served' | 'failing'> {
  /** Full names of the bound topic, and of `serving.answers.<deployment>`. */
  readonly topic: string;
  readonly answers: string;
}

/**
 * Answers the requests of a bound topic, over all partitions, in one batch for each route: one answer for each record on the same partition, an
 * inference response or an error. The fold keeps no state. The route is that of the parameter `entity`, else of the record's key, else of the
 * request's id; where its model throws, the champion answers.
 */
export const onRequests = (handler: RequestsHandler): Fold<null, Deployments> => {
  const { deployment: name, answers, topic } = handler;
  const template = new EnvelopeTemplate({ type: TopicAnswered.type, source: topic });
  const planOf = routePlans();
  const models = new OpenModels(handler.shelf, handler.failing);
  const planIn = (control: Deployments): RoutePlan | undefined => {
    const deployment = control.get(name);
    return deployment && planOf(deployment);
  };
  /** Gives the requests that their route throws for. */
  const answer = async (asked: readonly Asked[], isAlone: boolean): Promise<Asked[]> => {
    const failed = batchesOf(asked).map(async (batch) => {
      const { route, deployment } = batch.route;
      const scores = await models
        .attempt(route, batch.matrix, batch.rows)
        .catch((error: unknown): ScoredRows => {
          // Where many were asked the runner asks each alone.
          if (!isAlone || !hangs(error)) throw error;
          return noScores(batch.rows, error);
        });
      handler.served?.(route, servedRows(batch.appended, scores, deployment.threshold));
      return batch.answer(scores);
    });
    return (await Promise.all(failed)).flat();
  };
  return {
    name: 'answers',
    initial: () => null,
    restore: { from: 'none' },
    total: true,
    // Whatever its headers say, a record of somebody else's topic is a request of its own.
    dropSeen: false,
    prepare: async (control) => {
      const plan = planIn(control);
      if (plan) await models.prepare(plan.deployment, routesIn(plan));
    },
    process: async (round) => {
      const plan = planIn(round.control);
      const records = round.slices.flatMap((slice) => slice.records);
      const asked = records.map((record) =>
        plan ? readRequest(record, plan) : withoutChampion(record, name),
      );
      const isAlone = asked.length === 1;
      const failed = await answer(
        asked.filter(({ route }) => route),
        isAlone,
      );
      const again = failed.filter(({ route }) => route !== plan!.champions[0]);
      for (const one of again) one.route = plan!.champions[0];
      if (again.length > 0) await answer(again, isAlone);
      const shared = sharedHeaders(round, template);
      for (const one of asked) round.emit(outputOf(one, answers, shared(one), template));
    },
  };
};

const routesIn = ({ deployment, shadow }: RoutePlan) =>
  deployment.routes.filter((route) => route !== shadow?.route);

const withoutChampion = (record: Asked['record'], name: string): Asked => {
  const answer = { error: `deployment ${name} waits: no version stands under its alias` };
  return { record, id: undefined, request: undefined, route: undefined, answer };
};

const batchesOf = (asked: readonly Asked[]): readonly RequestBatch[] => {
  const batches: RequestBatch[] = [];
  for (const one of asked) {
    let batch = batches.find(({ route }) => route === one.route);
    if (!batch) batches.push((batch = new RequestBatch(one.route!)));
    batch.add(one);
  }
  return batches;
};

/** By who answered; an error names nobody. */
const sharedHeaders = (
  { controlHeader }: Round<null, Deployments>,
  template: EnvelopeTemplate,
): ((asked: Asked) => readonly EnvelopeHeader[]) => {
  const made = new Map<RouteParts | undefined, readonly EnvelopeHeader[]>();
  return ({ route, answer }) => {
    const who = 'values' in answer ? route : undefined;
    let headers = made.get(who);
    if (!headers)
      made.set(who, (headers = template.shared(controlHeader, ...(who ? [who.modelHeader] : []))));
    return headers;
  };
};

const outputOf = (
  asked: Asked,
  topic: string,
  shared: readonly EnvelopeHeader[],
  template: EnvelopeTemplate,
): Output => {
  const { partition, offset, key, value, timestamp } = asked.record;
  const id = formatPosition(partition, offset);
  const time = new Date(timestamp).toISOString();
  return {
    topic,
    partition,
    key,
    value: textOf(asked),
    shared,
    headers: template.own(id, time, [HEADERS.sourceCrc, checksumOf(value)]),
    source: offset,
    k: 0,
  };
};

const textOf = ({ id, request, route, answer }: Asked): string => {
  if ('error' in answer)
    return `{${id === undefined ? '' : `"id":${jsonString(id)},`}"error":${jsonString(answer.error)}}`;
  const { deployment, task } = route!.deployment;
  return renderInferResponse({
    ...answer,
    model: deployment,
    version: String(route!.route.version),
    id,
    outputName: OUTPUT_OF_TASK[task],
    rows: request!.rows,
  });
};
