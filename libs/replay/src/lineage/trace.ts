import { TOPICS } from '#contracts';
import type { EventLog } from '#eventlog';
import { Refused } from '#kernel';
import { predictionBack } from './back';
import { readDecisions } from './decisions';
import { observationBothWays, vectorBothWays } from './forward';
import { LogView } from './log-view';
import type { LineageNode } from './node';
import { idFieldOf, type Sources } from './records';

/** What a trace begins at. */
export interface Subject {
  readonly kind: 'prediction' | 'vector' | 'observation';
  /** Of the deployment, the feature service or the stream. */
  readonly of: string;
  /** Its position on its topic (`2-18273`), or its event id. */
  readonly id: string;
}

/** `fraud/2-18273`: the name before the first slash, the id behind it. */
export const parseSubject = (kind: Subject['kind'], text: string): Subject => {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `"${text}" names no ${kind}; write ${OWNERS[kind]}/POSITION or ${OWNERS[kind]}/EVENT_ID, for example fraud/2-18273`,
    );
  return { kind, of: text.slice(0, slash), id: text.slice(slash + 1) };
};

const OWNERS = { prediction: 'DEPLOYMENT', vector: 'SERVICE', observation: 'STREAM' } as const;

/** Traces over the decisions as they stand when it is opened. */
export interface Tracer {
  /**
   * What a prediction, a vector or an observation came from and went into, by positions alone (law L4): backwards by seeking, forwards by
   * reading the partitions that can hold it. Reads only. An id that is no position is looked for in the whole topic.
   * @throws Refused PLAYHEAD_NOT_FOUND where there is no such record.
   */
  trace(subject: Subject): Promise<LineageNode>;
}

export const openTracer = async (log: EventLog, namespace: string): Promise<Tracer> => {
  const view = new LogView(log, namespace);
  const sources: Sources = { view, decisions: await readDecisions(view) };
  return {
    trace: async ({ kind, of, id }) => {
      switch (kind) {
        case 'prediction':
          return predictionBack(sources, of, await view.named(TOPICS.predictions(of), id, 'event_id'));
        case 'vector':
          return vectorBothWays(sources, of, await view.named(TOPICS.vectors(of), id, 'event_id'));
        case 'observation': {
          const field = idFieldOf(sources.decisions, of);
          return observationBothWays(sources, of, await view.named(TOPICS.observations(of), id, field));
        }
      }
    },
  };
};

/** One trace, over the decisions as they stand now. */
export const traceLineage = async (
  log: EventLog,
  namespace: string,
  subject: Subject,
): Promise<LineageNode> => (await openTracer(log, namespace)).trace(subject);
