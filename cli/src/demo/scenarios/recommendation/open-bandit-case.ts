import { existsSync } from 'node:fs';
import { Refused, timestampMs } from '#kernel';
import { rowConverter } from '../../../produce/convert-row';
import { readRows } from '../../../produce/read-rows';
import { openVersion } from '../../open-version';
import type { Case, Findings, Occurrence, OpenOptions, Source } from '../../scenario';
import type { Witness } from '../../witness';
import { estimatePolicy, scoresByRow, withError, type LoggedShowing } from './off-policy';
import { chanceToShow } from './policy';

const NAME = 'recommendation';
const DAY_MS = 86_400_000;
const CLICK_AFTER_MS = 60_000;
/** The file covers a week: four days to learn from, two to judge by, the rest streams on. */
const TRAIN_AFTER = 6 / 7;
const HOLDOUT_DAYS = 2;

interface Row {
  readonly timestamp: string;
  readonly item_id: number;
  readonly position: number;
  readonly click: number;
  readonly propensity_score: number;
}

const NUMBERS = ['item_id', 'position', 'click', 'propensity_score'] as const;
const USER = ['user_feature_0', 'user_feature_1', 'user_feature_2', 'user_feature_3'] as const;

interface LoggedRow {
  readonly time: number;
  readonly offer: { readonly offer_id: string; readonly item: number };
  readonly click: { readonly clicked: boolean; readonly propensity: number };
  readonly occurrences: readonly Occurrence[];
}

/** Showings of the Open Bandit data, streamed as they were logged; policies are estimated, nobody is there to test on. */
export const openBanditCase = async ({ rows, data, trainAt, say }: OpenOptions): Promise<Case> => {
  say(`reading ${data}`);
  const log = await readLog(data!, rows);
  const source = sourceOf(log);
  return {
    definitions: ['examples/recommendation-logged'],
    streams: ['offers', 'clicks'],
    service: { name: NAME, trigger: 'offers' },
    model: NAME,
    deployment: NAME,
    source,
    trainAt: trainAt ?? source.firstTime + TRAIN_AFTER * (source.lastTime - source.firstTime),
    judge: (witness) => judge(witness, log),
  };
};

const readLog = async (path: string, limit: number | undefined): Promise<LoggedRow[]> => {
  if (!existsSync(path)) throw new Refused('PLAYHEAD_REQUEST_INVALID', `there is no file ${path}`);
  const fields = [
    { name: 'timestamp', type: 'string' },
    ...NUMBERS.map((name) => ({ name, type: 'number' }) as const),
    ...USER.map((name) => ({ name, type: 'string' }) as const),
  ] as const;
  const convert = rowConverter(
    { fields: fields.map((field) => ({ ...field, required: true, nullable: false })) },
    new Map(),
  );
  /** Hashes become whole numbers in the order in which they are met. */
  const codes = USER.map(() => new Map<unknown, number>());
  const log: LoggedRow[] = [];
  for await (const row of readRows({ path, limit })) {
    const values = convert(row);
    const {
      timestamp,
      item_id: item,
      position,
      click,
      propensity_score: propensity,
    } = values as unknown as Row;
    const time = timestampMs(String(timestamp).replace(' ', 'T'));
    if (Number.isNaN(time) || !(propensity > 0))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${path} has not the columns timestamp, ${[...NUMBERS, ...USER].join(', ')} of the Open Bandit data`,
      );
    const user = USER.map((name, i) => codeOf(codes[i]!, values[name]));
    log.push(loggedRow(log.length, { time, item, position, clicked: click === 1, propensity, user }));
  }
  if (log.length === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', `${path} holds no rows`);
  return log;
};

const codeOf = (codes: Map<unknown, number>, value: unknown): number => {
  const code = codes.get(value) ?? codes.size;
  codes.set(value, code);
  return code;
};

interface ReadRow {
  readonly time: number;
  readonly item: number;
  readonly position: number;
  readonly clicked: boolean;
  readonly propensity: number;
  readonly user: readonly number[];
}

const loggedRow = (
  index: number,
  { time, item, position, clicked, propensity, user }: ReadRow,
): LoggedRow => {
  const offer_id = `o${index}`;
  const user_id = user.join('-');
  const knownAt = time + CLICK_AFTER_MS;
  const offer = {
    offer_id,
    event_time: new Date(time).toISOString(),
    user_id,
    item,
    place: position,
    ...Object.fromEntries(user.map((code, i) => [`user_${i}`, code])),
  };
  const click = {
    click_id: `c${index}`,
    known_at: new Date(knownAt).toISOString(),
    offer_id,
    user_id,
    clicked,
    propensity,
  };
  return {
    time,
    offer,
    click,
    occurrences: [
      { stream: 'offers', time, event: offer },
      { stream: 'clicks', time: knownAt, event: click },
    ],
  };
};

const sourceOf = (log: readonly LoggedRow[]): Source => {
  const occurrences = log.flatMap((row) => row.occurrences).sort((a, b) => a.time - b.time);
  return {
    rows: log.length,
    firstTime: log[0]!.time,
    lastTime: log.at(-1)!.time,
    occurrences: () => occurrences,
  };
};

/** The policy of the model beside the one that was logged, on the days that the model was judged by and those since. */
const judge = async (witness: Witness, log: readonly LoggedRow[]): Promise<Findings> => {
  const { plan, first } = witness.about;
  const version = await openVersion(witness.about, NAME, first);
  try {
    const from = plan.trainAt - HOLDOUT_DAYS * DAY_MS;
    const items = [...new Set(log.map(({ offer }) => offer.item))].sort((a, b) => a - b);
    const place = version.features.indexOf('item');
    const vectors = new Map(
      (await witness.vectors()).map(({ fact }) => [fact.event_id, fact.values[version.revision]!]),
    );
    const showings = log
      .filter(({ time }) => time >= from)
      .map(({ offer, click }): LoggedShowing => ({
        inputs: items.map((item) => vectors.get(offer.offer_id)!.with(place, item)),
        item: items.indexOf(offer.item),
        propensity: click.propensity,
        clicked: click.clicked,
      }));
    const scores = await scoresByRow(version, showings);
    const rate = showings.filter(({ clicked }) => clicked).length / showings.length;
    const logged = estimatePolicy(showings, () => 1 / items.length, scores, scores);
    const policy = estimatePolicy(showings, chanceToShow, scores, scores);
    if (!logged || !policy) throw new Refused('PLAYHEAD_REQUEST_INVALID', 'too few rows after the training');
    const line = (name: string, { ips, snips, direct, robust }: typeof policy): (string | number)[] => [
      name,
      ...[ips, snips, direct, robust].map(withError),
      Math.round(ips.effectiveRows),
    ];
    return {
      checks: [
        {
          name: 'the policy that was logged is worth its own click rate',
          ok: Math.abs(logged.snips.value - rate) < 1e-9,
          value: logged.snips.value,
          wanted: `${rate}`,
        },
        {
          name: 'there are rows that speak of the new policy',
          ok: policy.ips.effectiveRows >= 30,
          value: Math.round(policy.ips.effectiveRows),
          wanted: 'worth 30 or more',
        },
        {
          name: 'the estimates are about the same thing',
          ok:
            Math.abs(policy.snips.value - policy.robust.value) <=
            3 * (policy.snips.standardError + policy.robust.standardError),
          value: `SNIPS ${withError(policy.snips)}, doubly robust ${withError(policy.robust)}`,
          wanted: 'not further apart than three standard errors of both',
        },
      ],
      tables: [
        {
          title: `Clicks a showing, on ${showings.length} that were not trained on`,
          columns: ['policy', 'IPS', 'SNIPS', 'direct', 'doubly robust', 'rows that speak of it'],
          rows: [line('chance, as logged', logged), line(`${NAME}@${first}`, policy)],
        },
      ],
      extra: {
        offPolicy: [
          { name: 'logged', estimate: logged },
          { name: 'model', estimate: policy },
        ],
      },
    };
  } finally {
    await version.close();
  }
};
