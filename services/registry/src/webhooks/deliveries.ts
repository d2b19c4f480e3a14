import { formatPosition } from '#kernel';
import { OUTCOME_CONTRACTS, keyOfOutcome, placesOf, type Outcome } from '../domain/outcomes';
import { wants } from '../domain/webhooks';

/** A fact as it is sent: a CloudEvent in structured mode. */
export interface Delivery {
  /** Topic and id of the fact: the same at each attempt, so that a receiver can drop a copy. */
  readonly id: string;
  readonly type: string;
  readonly body: string;
}

/** The facts of one input, with the ids that they have on their topics. */
export const deliveriesOf = (
  outcomes: readonly Outcome[],
  { offset, time }: { readonly offset: number; readonly time: string },
): Delivery[] => {
  const places = placesOf(outcomes.map(({ type }) => OUTCOME_CONTRACTS[type].contract));
  return outcomes.map((outcome, index) => {
    const { contract } = OUTCOME_CONTRACTS[outcome.type];
    const id = formatPosition(0, offset, places[index]!);
    const event = {
      specversion: '1.0',
      id,
      source: contract.topic,
      type: contract.type,
      subject: keyOfOutcome(outcome),
      time,
      datacontenttype: 'application/json',
      data: outcome.fact,
    };
    return { id: `${contract.topic}:${id}`, type: contract.type, body: JSON.stringify(event) };
  });
};

/** The first wish that no fact of the registry would ever meet; undefined if there is none. */
export const neverSent = (events: readonly string[]): string | undefined =>
  events.find((wanted) => !SENT_TYPES.some((type) => wants([wanted], type)));

const SENT_TYPES = Object.values(OUTCOME_CONTRACTS).map(({ contract }) => contract.type);
