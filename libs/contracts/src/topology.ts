import type { EventContract } from './define-event';
import { TOPICS } from './topics';

/** A topic whose records are no events of ours: what producers sent, what nobody could handle. */
export interface BytesTopic {
  readonly topic: string;
  /** One line. */
  readonly meaning: string;
  readonly key: string;
}

/** What stands on a topic: events by their contract, which names the topic, or bytes. */
export type OnTopic = EventContract | BytesTopic;

/** One road of a service: what comes in, who takes it, what goes out. */
export interface Road {
  /** What is read from topics, or in words a door or a timer that starts it. */
  readonly on: readonly OnTopic[] | string;
  /** The handler, effect or projection, by its name in the code of the service. */
  readonly by: string;
  /** What is looked up on topics meanwhile, by position. */
  readonly looksUp?: readonly OnTopic[];
  readonly gives: readonly OnTopic[];
}

/**
 * The whole wiring of a service as data: `<name>.topology.ts` exports it, the reference is generated from it. What every service
 * does goes without saying: dead letters, snapshots, and reading back the tail of what it writes.
 */
export interface Topology {
  readonly service: Exclude<EventContract['owner'], 'any service'>;
  /** What its folds take their rules from. */
  readonly control: readonly EventContract[];
  readonly roads: readonly Road[];
}

export const INBOX: BytesTopic = {
  topic: TOPICS.inbox('<stream>'),
  meaning:
    'An event as its producer sent it: a JSON object, or a CloudEvent around one. Producers write here, over Kafka or through the door.',
  key: "the event's key; a record under another one is moved to the partition that owns it",
};

export const deadLettersOf = (service: string): BytesTopic => ({
  topic: TOPICS.deadLetters(service),
  meaning:
    'Raw key and value of a record that cannot be handled, behind its own headers: where it stood (`ph_origin`), why (`ph_code`, `ph_reason`) and what was tried.',
  key: 'the key of the record, as it was',
});
