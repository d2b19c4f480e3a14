import { setTimeout as sleep } from 'node:timers/promises';
import { PredictionMade, TOPICS, decodeEvent, qualify } from '#contracts';
import { readRecords } from '#eventlog';
import { TransientFailure } from '#kernel';
import type { Actors } from '../../actors';
import type { Occurrence } from '../../scenario';
import { chanceToShow, shown } from './policy';
import { ITEMS, type Visit } from './shop';

/** What was shown in a visit, and what became of it. */
export interface Showing {
  readonly visit: Visit;
  readonly item: number;
  readonly propensity: number;
  readonly clicked: boolean;
  /** Who chose; null while items were shown at random. */
  readonly version: number | null;
  /** Of every item, by the version that chose; empty while items were shown at random. */
  readonly scores: readonly number[];
}

const CLICK_AFTER_MS = 5 * 60_000;
const VISITS_AT_ONCE = 150;
const PATIENCE_MS = 60_000;

/**
 * The shop's pages. Until a model serves, one item is offered at random. Then all items are offered for each visit, the platform scores
 * each, and the best one is shown, mostly. What is shown gets its label: clicked or not.
 */
export class Site {
  readonly showings: Showing[] = [];

  constructor(
    private readonly visits: readonly Visit[],
    /** Event time from which on the model chooses, epoch ms. */
    private readonly choosesFrom: number,
    private readonly deployment: string,
  ) {}

  async *occurrences(actors: Actors): AsyncGenerator<Occurrence> {
    const before = this.visits.filter(({ time }) => time < this.choosesFrom);
    const after = this.visits.slice(before.length);
    yield* this.random(before);
    const answers = new Answers(actors, this.deployment);
    for (let at = 0; at < after.length; at += VISITS_AT_ONCE) {
      const now = after.slice(at, at + VISITS_AT_ONCE);
      for (const visit of now)
        for (const item of ITEMS.keys())
          yield { stream: 'offers', time: visit.time, event: offer(visit, item) };
      const scored = await answers.of(now);
      for (const visit of now) {
        const { scores, version } = scored.get(visit.id)!;
        const item = shown(scores, visit.luck);
        const propensity = chanceToShow(item, scores);
        yield this.show({
          visit,
          item,
          propensity,
          version,
          scores,
          clicked: visit.draw < visit.chances[item]!,
        });
      }
    }
  }

  /** Offers and clicks in time order. */
  private *random(visits: readonly Visit[]): Generator<Occurrence> {
    let due: Occurrence[] = [];
    for (const visit of visits) {
      const isDue = ({ time }: Occurrence): boolean => time <= visit.time;
      yield* due.filter(isDue);
      due = due.filter((each) => !isDue(each));
      const item = Math.floor(visit.luck * ITEMS.length);
      yield { stream: 'offers', time: visit.time, event: offer(visit, item) };
      const clicked = visit.draw < visit.chances[item]!;
      due.push(this.show({ visit, item, propensity: 1 / ITEMS.length, version: null, scores: [], clicked }));
    }
    yield* due;
  }

  private show(showing: Showing): Occurrence {
    this.showings.push(showing);
    const { visit, item, clicked, propensity } = showing;
    const offer_id = offerId(visit, item);
    const time = visit.time + CLICK_AFTER_MS;
    return {
      stream: 'clicks',
      time,
      event: {
        click_id: `c-${offer_id}`,
        known_at: new Date(time).toISOString(),
        offer_id,
        user_id: visit.user.id,
        item_id: ITEMS[item]!.id,
        clicked,
        propensity,
      },
    };
  }
}

const offerId = (visit: Visit, item: number): string => `${visit.id}-${ITEMS[item]!.id}`;

const offer = (visit: Visit, item: number): object => ({
  offer_id: offerId(visit, item),
  event_time: new Date(visit.time).toISOString(),
  visit_id: visit.id,
  user_id: visit.user.id,
  item_id: ITEMS[item]!.id,
  user_sport: visit.user.sport,
  user_style: visit.user.style,
  price: ITEMS[item]!.price,
});

interface Scored {
  readonly scores: readonly number[];
  readonly version: number;
}

/** Reads the topic of predictions as a shop would. */
class Answers {
  private readonly read = new Map<number, number>();
  private readonly known = new Map<string, { readonly score: number; readonly version: number }>();

  constructor(
    private readonly actors: Actors,
    private readonly deployment: string,
  ) {}

  /** The scores of all items for these visits, once all are there. */
  async of(visits: readonly Visit[]): Promise<Map<string, Scored>> {
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(20)) {
      await this.readOn();
      if (visits.every((visit) => ITEMS.every((_, item) => this.known.has(offerId(visit, item)))))
        return new Map(visits.map((visit) => [visit.id, this.take(visit)]));
    }
    throw new TransientFailure('PLAYHEAD_NOT_READY', 'the predictions of a visit did not come within 60 s');
  }

  /** All offers of a user go the same way; in the moment in which routes change, the last one says who chose. */
  private take(visit: Visit): Scored {
    const answers = ITEMS.map((_, item) => {
      const id = offerId(visit, item);
      const answer = this.known.get(id)!;
      this.known.delete(id);
      return answer;
    });
    return { scores: answers.map(({ score }) => score), version: answers.at(-1)!.version };
  }

  private async readOn(): Promise<void> {
    const { log, platform } = this.actors;
    const topic = qualify(platform.namespace, TOPICS.predictions(this.deployment));
    if ((await log.partitionCount(topic)) === undefined) return;
    for (const { partition, start, end } of await log.ends(topic)) {
      const from = this.read.get(partition) ?? start;
      if (from >= end) continue;
      for await (const { value } of readRecords(log, topic, partition, from, end)) {
        const { event_id, version, output } = decodeEvent(PredictionMade, value);
        this.known.set(event_id, { score: output.probability ?? 0, version });
      }
      this.read.set(partition, end);
    }
  }
}
