import { TOPICS, VectorComputed, decodeEvent, qualify } from '#contracts';
import { readTopic } from '#eventlog';
import { Defect, timestampMs } from '#kernel';
import type { PolicyValue } from '#learn';
import type { Actors } from '../../actors';
import { judgeLoop } from '../../loop-checks';
import { openVersion, type OpenVersion } from '../../open-version';
import type { Case, Check, Findings, Table } from '../../scenario';
import type { Witness } from '../../witness';
import {
  estimatePolicy,
  scoresByRow,
  withError,
  type LoggedShowing,
  type PolicyEstimate,
} from './off-policy';
import { chanceToShow } from './policy';
import { ITEMS, visitsOf } from './shop';
import { Site, type Showing } from './site';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 2, 1);

/** Days of the story: shown at random, then an A/B test, then the winner alone, and the change. */
const TRAIN_DAY = 8;
const HOLDOUT_DAYS = 3;
const DECIDE_DAY = 10;
const DRIFT_DAY = 12;
const DAYS = 16;
const DRIFT_AT = START + DRIFT_DAY * DAY_MS;
const TEST = { from: START + TRAIN_DAY * DAY_MS, to: START + DECIDE_DAY * DAY_MS };

const NAME = 'recommendation';
const POPULAR = 1;
const PERSONAL = 2;

/** Offers for each visit a day: one while items are shown at random, then all. */
const OFFERS_PER_DAILY_VISIT = TRAIN_DAY + ITEMS.length * (DAYS - TRAIN_DAY);

/** A shop of our own making, from chance to a model that is looked after. */
export const shopCase = (rows: number): Case => {
  const visitsPerDay = Math.max(1, Math.floor(rows / OFFERS_PER_DAILY_VISIT));
  const visits = visitsOf({
    seed: 5,
    users: 400,
    visitsPerDay,
    days: DAYS,
    start: START,
    driftDay: DRIFT_DAY,
  });
  const trainAt = START + TRAIN_DAY * DAY_MS;
  const site = new Site(visits, trainAt, NAME);
  let estimates: readonly PolicyEstimate[] = [];
  return {
    definitions: ['examples/recommendation/1-popular'],
    environment: { PLAYHEAD_SERVING_REPORT_MS: '500' },
    streams: ['offers', 'clicks'],
    service: { name: NAME, trigger: 'offers' },
    model: NAME,
    deployment: NAME,
    source: {
      rows: visitsPerDay * OFFERS_PER_DAILY_VISIT,
      firstTime: visits[0]!.time,
      lastTime: visits.at(-1)!.time,
      occurrences: (actors) => site.occurrences(actors),
    },
    trainAt,
    loop: { driftAt: DRIFT_AT, stretchMs: DAY_MS / 2, busyPerSecond: 800 },
    onServing: async (actors) => {
      await trainChallenger(actors);
      actors.say('what both policies are worth, estimated from what chance has shown');
      estimates = await estimateBoth(actors, site.showings);
      actors.say(
        `  popular ${withError(estimates[0]!.robust)}, personal ${withError(estimates[1]!.robust)} clicks a visit`,
      );
    },
    moments: [{ at: TEST.to, act: (actors) => decide(actors, site.showings) }],
    judge: (witness) => judge(witness, site.showings, estimates),
  };
};

const trainChallenger = async ({ control, apply, say }: Actors): Promise<void> => {
  await apply('examples/recommendation/2-personal');
  const { version, passed } = await control.train(NAME, say);
  if (version !== PERSONAL || !passed)
    throw new Defect(`${NAME}@${version} should be a challenger that passed`);
  await control.promote(NAME, version, 'challenger');
  await control.untilServing(NAME, say);
};

/** From the log: the newest days that neither version was trained on, their vectors and what the clicks say. */
const estimateBoth = async (
  actors: Actors,
  showings: readonly Showing[],
): Promise<readonly PolicyEstimate[]> => {
  const versions = await Promise.all(
    [POPULAR, PERSONAL].map((version) => openVersion(actors, NAME, version)),
  );
  try {
    const [popular, personal] = versions as [OpenVersion, OpenVersion];
    const log = await loggedShowings(actors, popular, showings);
    const expected = await scoresByRow(personal, log);
    return [await scoresByRow(popular, log), expected].map((scores) => {
      const estimate = estimatePolicy(log, chanceToShow, scores, expected);
      if (!estimate) throw new Defect('too few showings to estimate a policy from');
      return estimate;
    });
  } finally {
    for (const version of versions) await version.close();
  }
};

const loggedShowings = async (
  { log, platform }: Actors,
  { features, revision }: OpenVersion,
  showings: readonly Showing[],
): Promise<LoggedShowing[]> => {
  const from = START + (TRAIN_DAY - HOLDOUT_DAYS) * DAY_MS;
  const vectors = new Map<string, readonly (number | null)[]>();
  for (const { value } of await readTopic(log, qualify(platform.namespace, TOPICS.vectors(NAME)))) {
    const { event_id, event_time, values } = decodeEvent(VectorComputed, value);
    if (timestampMs(event_time) >= from) vectors.set(event_id, values[revision]!);
  }
  const price = features.indexOf('price');
  const places = ITEMS.map(({ id }) => features.indexOf(`is_${id}`));
  /** The same visitor at the same moment, with another item. */
  const withItem = (vector: readonly (number | null)[], item: number): (number | null)[] =>
    vector.map((value, feature) => {
      if (feature === price) return ITEMS[item]!.price;
      const place = places.indexOf(feature);
      return place < 0 ? value : Number(place === item);
    });
  return showings.flatMap(({ visit, item, propensity, clicked, version }) => {
    const vector = vectors.get(`${visit.id}-${ITEMS[item]!.id}`);
    return version === null && vector
      ? [{ inputs: ITEMS.map((_, each) => withItem(vector, each)), item, propensity, clicked }]
      : [];
  });
};

/** What the shop's owner does when the test is over: the arm with more clicks goes on alone. */
const decide = async ({ control, apply, say }: Actors, showings: readonly Showing[]): Promise<void> => {
  const [popular, personal] = [POPULAR, PERSONAL].map((version) => measured(showings, version));
  const winner = personal!.value > popular!.value ? PERSONAL : POPULAR;
  say(`the test is over: popular ${withError(popular!)}, personal ${withError(personal!)} clicks a visit`);
  if (winner === PERSONAL) await control.promote(NAME, PERSONAL, 'champion');
  await apply('examples/recommendation/3-loop');
  await control.untilServing(NAME, say);
};

/** Clicks a visit of those whom a version answered during the test. */
const measured = (showings: readonly Showing[], version: number): PolicyValue => {
  const own = ofTest(showings, version);
  const value = own.filter(({ clicked }) => clicked).length / own.length;
  return { value, standardError: Math.sqrt((value * (1 - value)) / own.length), effectiveRows: own.length };
};

const ofTest = (showings: readonly Showing[], version: number): Showing[] =>
  showings.filter(
    ({ visit: { time }, version: by }) => by === version && time >= TEST.from && time < TEST.to,
  );

/** What a choice by these scores is worth in truth: the simulator knows. */
const truthOf = (
  rows: readonly { readonly visit: Showing['visit']; readonly scores: readonly number[] }[],
): number =>
  rows.reduce(
    (sum, { visit, scores }) =>
      sum + visit.chances.reduce((each, chance, item) => each + chanceToShow(item, scores) * chance, 0),
    0,
  ) / rows.length;

const judge = async (
  witness: Witness,
  showings: readonly Showing[],
  estimates: readonly PolicyEstimate[],
): Promise<Findings> => {
  const loop = await judgeLoop(witness, {
    driftAt: DRIFT_AT,
    windowMs: DAY_MS,
    within: 2,
    falseAlarms: 0,
    kinds: ['performance'],
  });
  const test = judgeTest(showings, estimates);
  const after = await judgeTail(witness, showings, loop.promoted);
  return {
    checks: [...test.checks, ...loop.checks, ...after.checks],
    tables: [...test.tables, ...after.tables],
    extra: { offPolicy: test.told, loopSeconds: loop.seconds },
  };
};

/** Estimates from before the test beside what the test measured, and the truth. */
const judgeTest = (
  showings: readonly Showing[],
  estimates: readonly PolicyEstimate[],
): { readonly checks: readonly Check[]; readonly tables: readonly Table[]; readonly told: object } => {
  const arms = ['popular', 'personal'].map((name, i) => {
    const version = [POPULAR, PERSONAL][i]!;
    const own = ofTest(showings, version);
    return {
      name,
      version,
      estimate: estimates[i]!,
      test: measured(showings, version),
      truth: truthOf(own),
      visits: own.length,
    };
  });
  const [popular, personal] = arms as [(typeof arms)[number], (typeof arms)[number]];
  const share = personal.visits / (popular.visits + personal.visits);
  return {
    checks: [
      {
        name: 'the estimate names the better policy before anybody meets it',
        ok:
          personal.estimate.robust.value > popular.estimate.robust.value ===
          personal.test.value > popular.test.value,
        value: `personal ${personal.estimate.robust.value.toFixed(3)}, popular ${popular.estimate.robust.value.toFixed(3)}`,
        wanted: 'the one that the test finds better',
      },
      ...arms.map(({ name, estimate: { robust }, test }): Check => {
        const error = Math.sqrt(
          robust.standardError * robust.standardError + test.standardError * test.standardError,
        );
        return {
          name: `${name}: the doubly robust estimate is what the test measures`,
          ok: Math.abs(robust.value - test.value) <= 3 * error,
          value: `${withError(robust)}, measured ${withError(test)}`,
          wanted: `not further apart than three standard errors, ${(3 * error).toFixed(3)}`,
        };
      }),
      ...arms.map(({ name, estimate: { robust }, truth }): Check => ({
        name: `${name}: the truth is within the estimate's error`,
        ok: Math.abs(robust.value - truth) <= 3 * robust.standardError,
        value: truth,
        wanted: `${robust.value.toFixed(4)} ± ${(3 * robust.standardError).toFixed(4)}`,
      })),
      {
        name: 'the test has two halves',
        ok: share > 0.4 && share < 0.6,
        value: share,
        wanted: 'from 0.4 to 0.6 of the visits answered by the challenger',
      },
    ],
    tables: [
      {
        title: 'Clicks a visit, estimated before the test from what chance had shown, and measured by it',
        columns: ['policy', 'IPS', 'SNIPS', 'direct', 'doubly robust', 'A/B test', 'truth', 'visits'],
        rows: arms.map(({ name, estimate: { ips, snips, direct, robust }, test, truth, visits }) => [
          name,
          ...[ips, snips, direct, robust, test].map(withError),
          truth,
          visits,
        ]),
      },
    ],
    told: arms.map(({ visits, ...arm }) => ({ ...arm, visits })),
  };
};

/** The same visits since the first version of the policy answers, chosen for by it and by the winner of the test. */
const judgeTail = async (
  witness: Witness,
  showings: readonly Showing[],
  promoted: readonly number[],
): Promise<{ readonly checks: readonly Check[]; readonly tables: readonly Table[] }> => {
  const newest = promoted.at(-1);
  if (newest === undefined) return { checks: [], tables: [] };
  const since = await witness.answersSince(promoted[0]!);
  const tail = showings.filter(({ visit, version }) => visit.time >= since && version !== PERSONAL);
  if (tail.length === 0) return { checks: [], tables: [] };
  const ids = new Map(
    tail.flatMap(({ visit }, row) =>
      ITEMS.map(({ id }, item) => [`${visit.id}-${id}`, [row, item] as const]),
    ),
  );
  const vectors = (await witness.vectors()).filter(({ fact }) => ids.has(fact.event_id));
  const scores = await witness.scoresOf(PERSONAL, vectors);
  const before = tail.map(({ visit }) => ({ visit, scores: ITEMS.map(() => 0) }));
  vectors.forEach(({ fact }, i) => {
    const [row, item] = ids.get(fact.event_id)!;
    before[row]!.scores[item] = scores[i]!;
  });
  const old = truthOf(before);
  const now = truthOf(tail);
  const clicked = tail.filter((each) => each.clicked).length / tail.length;
  return {
    checks: [
      {
        name: 'better than before on what came after',
        ok: now > old + 0.01,
        value: `${now.toFixed(4)} clicks a visit, ${old.toFixed(4)} without a new version`,
        wanted: 'at least 0.01 more, in truth, on the visits that new versions answered',
      },
    ],
    tables: [
      {
        title: `On the ${tail.length} visits that new versions answered after the change`,
        columns: ['who chooses', 'clicks a visit, in truth', 'clicks a visit, measured'],
        rows: [
          [`${NAME}@${PERSONAL}, the winner of the test`, old, null],
          [`versions ${promoted.join(', ')}`, now, clicked],
        ],
      },
    ],
  };
};
