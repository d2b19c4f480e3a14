import type { LogRecord } from '#eventlog';
import { OUTPUT_OF_TASK, parseInferRequest, parseJson, type InferRequest } from '#inference';
import { messageOf } from '#kernel';
import type { RouteParts, RoutePlan } from '../predictions/route-parts';

/** A record of a bound topic: a request and the route that is asked, or why it is none. */
export interface Asked {
  readonly record: LogRecord;
  readonly id: string | undefined;
  readonly request: InferRequest | undefined;
  route: RouteParts | undefined;
  answer: Answer;
}

/** What is answered: numbers row after row, or what is wrong. */
export type Answer = { readonly values: Float32Array; readonly width: number } | { readonly error: string };

const UNANSWERED: Answer = { error: 'nobody answered' };

/** Reads a record as its route reads it. What is wrong with it is its answer. */
export const readRequest = (record: LogRecord, plan: RoutePlan): Asked => {
  let body: unknown;
  try {
    body = parseJson(record.value ?? Buffer.alloc(0));
    const [champion] = plan.champions;
    const request = parseFor(champion, body);
    const assigned = plan.assigned(request.entity ?? record.key ?? request.id ?? '');
    // A version that reads another number of features is asked only by who sends them.
    const fits = assigned.route.features.length === champion.route.features.length;
    return { record, id: request.id, request, route: fits ? assigned : champion, answer: UNANSWERED };
  } catch (error) {
    return {
      record,
      id: idOf(body),
      request: undefined,
      route: undefined,
      answer: { error: messageOf(error) },
    };
  }
};

const parseFor = ({ deployment, route }: RouteParts, body: unknown): InferRequest =>
  parseInferRequest(body, {
    featureCount: route.features.length,
    outputName: OUTPUT_OF_TASK[deployment.task],
  });

const idOf = (body: unknown): string | undefined => {
  const id = typeof body === 'object' && body !== null ? (body as { id?: unknown }).id : undefined;
  return typeof id === 'string' ? id : undefined;
};
