import { DeploymentStarted, HEADERS, IntervalReported, TOPICS, assignRoute } from '#contracts';
import type { LogRecord } from '#eventlog';
import { pickyModel } from '#testing';
import { ServingWorld } from './serving.testing';

const ORDERS = 'orders.scoring';
const ANSWERS = TOPICS.answers('fraud');

interface Answer {
  readonly id?: string;
  readonly model_name?: string;
  readonly model_version?: string;
  readonly outputs?: readonly {
    readonly name: string;
    readonly shape: number[];
    readonly data: (number | null)[];
  }[];
  readonly error?: string;
}

describe('a bound topic', () => {
  let world: ServingWorld;
  beforeEach(async () => {
    world = await ServingWorld.make();
    await world.log.ensureTopics([{ name: ORDERS, partitions: 3 }]);
  });
  afterEach(() => world.stop());

  const send = async (
    value: object | string | null,
    { partition = 0, key }: { partition?: number; key?: string } = {},
  ): Promise<void> => {
    const bytes =
      value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
    const producer = world.log.producer();
    const record = { topic: ORDERS, partition, key: key === undefined ? null : Buffer.from(key) };
    await producer.send([{ ...record, value: bytes, headers: [] }]);
    await producer.close();
  };
  const request = (rows: readonly (number | null)[][], more: object = {}): object => ({
    inputs: [{ name: 'input', datatype: 'FP32', shape: [rows.length, 2], data: rows.flat() }],
    ...more,
  });
  const untilAnswers = (count: number): Promise<LogRecord[]> => world.untilRecords(ANSWERS, count);
  const answerOf = ({ value }: LogRecord): Answer => JSON.parse(String(value)) as Answer;
  const bound = { bind: ORDERS };

  it('has one answer for each record, on the same partition under its position', async () => {
    await world.deploy(2, bound);
    await send(request([[1, null]], { id: 'order-1' }), { key: 'C1' });
    await send(request([[2, null], [3, null]]), { partition: 2 }); // prettier-ignore
    await send(request([[5, null]]));
    await world.begin();
    const records = await untilAnswers(3);
    expect(
      records.map((record) => [
        record.partition,
        record.key === null ? null : String(record.key),
        record.headers.text(HEADERS.id),
        record.headers.text(HEADERS.source),
        answerOf(record).outputs![0]!.data.map((value) => Math.round(value!)),
      ]),
    ).toEqual([
      [0, 'C1', '0-0', ORDERS, [2]],
      [0, null, '0-1', ORDERS, [10]],
      [2, null, '2-0', ORDERS, [4, 6]],
    ]);
    expect(answerOf(records[0]!)).toEqual({
      model_name: 'fraud',
      model_version: '2',
      id: 'order-1',
      outputs: [{ name: 'value', datatype: 'FP32', shape: [1, 1], data: [expect.closeTo(2, 3)] }],
    });
    expect(records[0]!.headers.text(HEADERS.model)).toMatch(/^fraud@2=/);
    expect(records[0]!.headers.text(HEADERS.control)).toBe('0');
  });

  it('has an error for a request that is wrong, and the ones beside it have their answers', async () => {
    await world.deploy(1, bound);
    await send('no JSON');
    await send(null);
    await send({ id: 'x', inputs: [] });
    await send(
      request(
        [[1, 2]].map((row) => [...row, 3]),
        { id: 'wide' },
      ),
    );
    await send(request([[7, null]]));
    await world.begin();
    const answers = (await untilAnswers(5)).map(answerOf);
    expect(answers.map(({ id, error }) => [id, error])).toEqual([
      [undefined, 'the body is not JSON'],
      [undefined, 'the body is empty; expected a JSON object'],
      ['x', 'the model has one input "input"; the request has []'],
      ['wide', expect.stringContaining('"data" has 3 values; the shape [1, 2] means 2')],
      [undefined, undefined],
    ]);
  });

  it('gives what cannot be read at all to dead letters', async () => {
    await world.deploy(1, bound);
    world.log.appendUnreadable(
      { topic: ORDERS, partition: 0 },
      { reason: 'CODEC_UNSUPPORTED', message: 'codec 7', raw: Buffer.from('x'), count: 2 },
    );
    await send(request([[7, null]]));
    await world.begin();
    const [answer] = await untilAnswers(1);
    expect(answer!.headers.text(HEADERS.id)).toBe('0-2');
    const [dead] = await world.records(TOPICS.deadLetters('serving'));
    expect(dead!.headers.text(HEADERS.origin)).toBe(`${ORDERS}:0-0..1`);
  });

  it('is answered by the route of the entity, of the key, else of the id; by the champion where that throws', async () => {
    const routes = [
      await world.route('champion', 1),
      await world.route('canary', 2, { share: 50, model: pickyModel({ scale: 2 }) }),
    ];
    await world.deploy(1, { ...bound, salt: 's', routes });
    const keys = Array.from({ length: 12 }, (_, n) => `C${n}`);
    for (const key of keys) {
      await send(request([[3, null]], { parameters: { entity: key } }), { key: 'another' });
      await send(request([[3, null]], { id: 'another' }), { key });
      await send(request([[3, null]], { id: key }));
    }
    await send(request([[3, null], [500, null]], { parameters: { entity: keys[0] } })); // prettier-ignore
    await send(request([[3, null], [500, null]], { parameters: { entity: keys[1] } })); // prettier-ignore
    await world.begin();
    const answers = (await untilAnswers(38)).map(answerOf);
    const fact = world.control.state.get('fraud')!;
    const versions = keys.flatMap((key) => {
      const version = String(assignRoute(fact, key)!.version);
      return [version, version, version];
    });
    expect(answers.slice(0, 36).map((answer) => answer.model_version)).toEqual(versions);
    expect(new Set(versions).size).toBe(2);
    for (const answer of answers.slice(36)) {
      expect(answer.model_version).toBe('1');
      expect(answer.outputs![0]!.data.map((value) => Math.round(value!))).toEqual([3, 500]);
    }
    await world.stop();
    const told = await world.told(IntervalReported);
    const canary = told.filter(({ route }) => route === 'canary');
    expect(canary.length).toBeGreaterThan(0);
    expect(canary.reduce((sum, { predictions }) => sum + predictions, 0)).toBeGreaterThan(10);
  });

  it('has an error for what the champion itself throws for', async () => {
    const champion = await world.route('champion', 1, { model: pickyModel({ scale: 2 }) });
    await world.deploy(1, { ...bound, routes: [champion] });
    await send(request([[500, null]], { id: 'a' }));
    await send(request([[3, null]]));
    await send(request([[50, null]]));
    await world.begin();
    const [thrown, fine, infinite] = (await untilAnswers(3)).map(answerOf);
    expect(thrown).toEqual({ id: 'a', error: expect.stringContaining('the model does not answer: ') });
    expect(fine!.outputs![0]!.data).toEqual([6]);
    expect(infinite!.outputs![0]!.data).toEqual([null]);
  });

  it('goes on where its answers end, and begins where the deployment says', async () => {
    await send(request([[1, null]]));
    await world.deploy(1, { ...bound, from: 'now' });
    await world.begin();
    await world.until('its begin', async () =>
      (await world.told(DeploymentStarted).catch(() => [])).some(({ topic }) => topic === ORDERS),
    );
    await world.stop();
    await send(request([[2, null]]));
    await world.begin('another');
    await untilAnswers(1);
    await world.stop();
    await send(request([[3, null]]));
    await world.begin('a third');
    const ids = (await untilAnswers(2)).map(({ headers }) => headers.text(HEADERS.id));
    expect(ids).toEqual(['0-1', '0-2']);
  });

  it('waits until the topic is there, and another topic for the same deployment is refused', async () => {
    await world.deploy(1, { bind: 'later' });
    await world.begin();
    await world.log.ensureTopics([{ name: 'later', partitions: 1 }]);
    const producer = world.log.producer();
    const value = Buffer.from(JSON.stringify(request([[1, null]])));
    await producer.send([{ topic: 'later', partition: 0, key: null, value, headers: [] }]);
    await untilAnswers(1);
    await world.deploy(1, bound);
    await send(request([[2, null]]));
    await world.until('the new worker', async () => Promise.resolve(world.control.position === 1));
    await world.vector(0, 1);
    await world.untilRecords(TOPICS.predictions('fraud'), 1);
    expect(await world.records(ANSWERS)).toHaveLength(1);
    expect(world.failures).toEqual([]);
  });
});
