import { FollowedTopic, createMemoryLog, type LogRecord, type MemoryLog } from '#eventlog';
import { Refused } from '#kernel';
import { followedTopicModel } from './followed-topic-model';
import { FollowedView, type View } from './followed-view';
import { digestOfState, type StateRow } from './read-model';
import { ReadModels } from './read-models';

const TOPIC = 't.numbers';
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2)));

const append = async (log: MemoryLog, ...numbers: readonly number[]): Promise<void> => {
  const producer = log.producer();
  const records = numbers.map((number) => ({
    topic: TOPIC,
    partition: number % 2,
    key: null,
    value: `${number}`,
    headers: [],
  }));
  await producer.send(records);
  await producer.close();
};

const until = async (holds: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 4_000; !holds(); await sleep(1))
    if (Date.now() > deadline) throw new Error('not within 4 s');
};

/** How often each number came. */
class Counts implements View<Counts> {
  counts = new Map<string, number>();

  add(records: readonly LogRecord[]): void {
    for (const { value } of records)
      this.counts.set(String(value), (this.counts.get(String(value)) ?? 0) + 1);
  }
  adopt(other: Counts): void {
    this.counts = other.counts;
  }
  rows(): Iterable<StateRow> {
    return this.counts;
  }
}

describe('a view of a topic', () => {
  let log: MemoryLog;
  let view: Counts;
  let followed: FollowedView<Counts>;
  beforeEach(async () => {
    log = createMemoryLog();
    await log.ensureTopics([{ name: TOPIC, partitions: 2 }]);
    view = new Counts();
    followed = new FollowedView({
      name: 'counts',
      log,
      topics: [TOPIC],
      sleep,
      view,
      apply: (each, records) => each.add(records),
      empty: () => new Counts(),
    });
    await append(log, 1, 2, 3, 2);
    await followed.start();
    await until(() => view.counts.size === 3);
  });
  afterEach(() => followed.stop());

  it('has the same digest before and after, at the position of both', async () => {
    const { before, after } = await followed.rebuild();
    expect(after).toEqual(before);
    expect(before).toMatchObject({ position: 't.numbers 0:2,1:2', rows: 3 });
    expect(await followed.digest()).toEqual(before);
  });

  it('loses nothing and counts nothing twice while records come in', async () => {
    const rebuilds = Array.from({ length: 5 }, async (_, i) => {
      await append(log, ...Array.from({ length: 20 }, (_each, n) => i * 20 + n));
      return i % 2 === 0 ? followed.rebuild() : undefined;
    });
    const done: unknown[] = [];
    for (const rebuild of rebuilds) done.push(await rebuild);
    for (const each of done) if (each) expect(each).toHaveProperty('before');
    const again = await followed.rebuild();
    expect(again.after).toEqual(again.before);
    await until(() => [...view.counts.values()].reduce((sum, count) => sum + count, 0) === 104);
    expect(view.counts.get('2')).toBe(3);
  });

  it('that was spoilt is found, and right again', async () => {
    const right = await followed.digest();
    view.counts.set('2', 77);
    const { before, after } = await followed.rebuild();
    expect(before.digest).not.toBe(after.digest);
    expect(after).toEqual(right);
    expect(view.counts.get('2')).toBe(2);
  });
});

it('a topic of decisions is folded again, with the state as of every position', async () => {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: 't.decisions', partitions: 1 }]);
  const decide = async (value: string): Promise<void> => {
    const producer = log.producer();
    await producer.send([{ topic: 't.decisions', partition: 0, key: null, value, headers: [] }]);
    await producer.close();
  };
  await decide('a');
  await decide('refused');
  await decide('b');
  let folds = 0;
  const followed = new FollowedTopic<readonly string[]>({
    log,
    topic: 't.decisions',
    initial: [],
    sleep,
    evolve: (state, { value }) => {
      folds++;
      if (String(value) === 'refused') throw new Refused('PLAYHEAD_REQUEST_INVALID', 'no');
      return [...state, String(value)];
    },
  });
  await followed.start();
  const model = followedTopicModel('decisions', followed, (state) => state.map((each, n) => [`${n}`, each]));
  const rebuilding = model.rebuild();
  await decide('c');
  const { before, after } = await rebuilding;
  expect(after).toEqual(before);
  expect(before).toEqual(
    digestOfState('0-2', [
      ['0', 'a'],
      ['1', 'b'],
    ]),
  );
  await until(() => followed.position === 3);
  expect(folds).toBeGreaterThanOrEqual(7);
  expect([-1, 0, 1, 2, 3].map((position) => followed.at(position).join(''))).toEqual([
    '',
    'a',
    'a',
    'ab',
    'abc',
  ]);
  await followed.stop();
});

it('is rebuilt by one at a time', async () => {
  const models = new ReadModels();
  let release = (): void => undefined;
  const state = digestOfState('0-1', []);
  models.add({
    name: 'slow',
    digest: () => Promise.resolve(state),
    rebuild: () => new Promise((resolve) => (release = () => resolve({ before: state, after: state }))),
  });
  const first = models.rebuild();
  await expect(models.rebuild()).rejects.toMatchObject({ code: 'PLAYHEAD_CONFLICT' });
  release();
  expect(await first).toEqual([
    { name: 'slow', position: '0-1', rows: 0, before: state.digest, after: state.digest, equal: true },
  ]);
  expect(await models.digests()).toEqual([{ name: 'slow', ...state }]);
});

it('a digest does not depend on the order in which rows are given', () => {
  expect(
    digestOfState('1', [
      ['b', 1],
      ['a', { y: 1, x: 2 }],
    ]),
  ).toEqual(
    digestOfState('1', [
      ['a', { x: 2, y: 1 }],
      ['b', 1],
    ]),
  );
  expect(digestOfState('1', [['a', 1]]).digest).not.toBe(digestOfState('2', [['a', 1]]).digest);
});
