/**
 * What a producer can get wrong or send on purpose, over Kafka and HTTP, to a real platform: each record has the right outcome with
 * the right reason, the good one right behind it comes out, and every service is as well afterwards as before. The tables stand in
 * `test/support/hostile-records.ts` and `hostile-requests.ts`.
 *
 * A batch with a wrong checksum and a bomb never reach an inbox: the broker refuses them, which is shown here. How the log reads a
 * batch that got damaged later, or in a codec that nobody reads, stands in libs/eventlog/src/kafka.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS, TOPICS } from '#contracts';
import { readConservation, readTopic, type LogRecord } from '#eventlog';
import { PARTITIONERS } from '../support/foreign-producers';
import { ODD_CUSTOMERS, type Expected } from '../support/hostile-records';
import { CODECS, HOME, HostileRun, STREAM, movedFrom, tables } from '../support/hostile-run';
import { placeOf, type At, type Outcome } from '../support/inbox-outcomes';
import { JSON_TYPE, NDJSON_TYPE } from '../support/ingest-door';
import { DAY, PARTITIONS, at, ownerOf, payment, type Payment } from '../support/payments';
import type { Status } from '../support/platform-under-test';

let run: HostileRun;

beforeAll(async () => {
  run = await HostileRun.begin();
  await run.sendAll();
}, 300_000);
afterAll(() => run?.life.end(), 120_000);

const eventOf = ({ value }: LogRecord): Payment => JSON.parse(String(value)) as Payment;

const expectOutcome = ({ kind, code, field, record }: Outcome, expected: Expected): void => {
  const reason =
    expected.kind === 'rejection'
      ? [expected.code, expected.field]
      : expected.kind === 'dead letter'
        ? [expected.code, undefined]
        : [undefined, undefined];
  expect([kind, code, field]).toEqual([expected.kind, ...reason]);
  if (expected.kind === 'observation' && expected.event)
    expect(eventOf(record)).toMatchObject(expected.event);
};
const expectAt = (place: At, expected: Expected): void => expectOutcome(run.outcomes.of(place), expected);
const OBSERVED: Expected = { kind: 'observation' };
const TOO_LATE: Expected = { kind: 'rejection', code: 'TOO_LATE', field: 'event_time' };

const expectConserved = async (): Promise<void> => {
  const { inbox, observations } = run.outcomes;
  const conservation = await readConservation(run.life.log, run.life.platform.namespace, STREAM);
  expect(conservation).toMatchObject({
    ok: true,
    faults: [],
    repeated: 0,
    inbox: inbox.length,
    observations: observations.length,
  });
};

/** Where an event was observed. */
const observedIn = ({ transaction_id: id }: Payment): number[] =>
  run.outcomes.observations
    .filter((record) => eventOf(record).transaction_id === id)
    .map(({ partition }) => partition);

describe('a record in the inbox, and a good one behind it', () => {
  it.each(tables.cases)('$name', ({ name, sent }) => {
    const places = run.sent.get(name)!;
    sent.forEach(({ expected }, n) => expectAt(places[n]!, expected));
    expectAt(places.at(-1)!, OBSERVED);
  });
});

describe('in a wrong partition', () => {
  it('a record is moved once, with its key, bytes and headers, and decided where it belongs', () => {
    const { outcomes } = run;
    const [whole, bad, large, tooLarge, late, behind] = run.sent.get('wrong partition') as [
      At,
      At,
      At,
      At,
      At,
      At,
    ];
    for (const place of [whole, bad, large]) {
      const source = outcomes.recordAt(place);
      const { kind, record: copy } = outcomes.of(place);
      expect([kind, String(copy.key), copy.value!.equals(source.value!)]).toEqual([
        'moved',
        String(source.key),
        true,
      ]);
      expect(copy.headers.entries()).toEqual([...source.headers.entries(), movedFrom(placeOf(place))]);
      expect(copy.partition).toBe(HOME);
    }
    expect(observedIn(eventOf(outcomes.recordAt(whole)))).toEqual([HOME]);
    expectOutcome(outcomes.final(bad), { kind: 'rejection', code: 'OUT_OF_RANGE', field: 'amount' });
    expectOutcome(outcomes.final(large), OBSERVED);
    expectAt(tooLarge, { kind: 'rejection', code: 'TOO_LARGE' });
    expectAt(late, TOO_LATE);
    expectAt(behind, OBSERVED);
  });

  it('a header that claims a move is believed only where the position holds the same bytes', () => {
    const places = run.sent.get('forged moves')!;
    expectAt(places[0]!, { kind: 'rejection', code: 'DUPLICATE' });
    for (const place of places.slice(1, -2)) expectAt(place, TOO_LATE);
    for (const place of places.slice(-2)) expectAt(place, OBSERVED);
  });

  it('a record that was decided stays decided when it is sent again as if it had been moved', () => {
    const [decided, again] = run.sent.get('decided, then sent as moved')!;
    expectAt(decided!, OBSERVED);
    expectOutcome(run.outcomes.final(again!), {
      kind: 'rejection',
      code: 'DUPLICATE',
      field: 'transaction_id',
    });
  });
});

describe('written by other clients', () => {
  const clients = [
    ...CODECS.map((codec) => `Java, ${codec}`),
    ...Object.keys(PARTITIONERS),
    'a transaction',
    'odd headers',
  ];
  it.each(clients)('%s', (name) => {
    const payments = run.foreign.get(name)!;
    expect(payments.map(observedIn)).toEqual(
      payments.map(({ customer_id: customer }) => [ownerOf(customer)]),
    );
  });

  it('what was rolled back never was', () => {
    expect(run.foreign.get('rolled back')!.flatMap(observedIn)).toEqual([]);
  });

  it('a gzip bomb and a batch with a wrong checksum are refused by the broker', () => {
    expect(run.refusals).toEqual(['refused with 10', 'refused with 2']); // MESSAGE_TOO_LARGE, CORRUPT_MESSAGE
  });
});

describe('the HTTP door', () => {
  it.each(tables.appended)('appends $name', ({ name, events }) => {
    const { status, body } = run.answers.get(name)!;
    const refusedAt = events.flatMap(([, code], index) => (code === undefined ? [] : [[index, code]]));
    expect(status).toBe(refusedAt.length > 0 && refusedAt.length === events.length ? 400 : 200);
    expect(body.accepted).toBe(events.length - refusedAt.length);
    expect(body.rejected!.map(({ index, code }) => [index, code])).toEqual(refusedAt);
    expect(body.positions).toHaveLength(events.length);
    events.forEach(([bytes, code], index) => {
      const place = body.positions![index]!;
      expect([place.topic, run.outcomes.recordAt(place).value!.equals(Buffer.from(bytes))]).toEqual([
        run.inbox,
        true,
      ]);
      const isDead = code === 'NOT_JSON' || code === 'NOT_AN_OBJECT' || code === 'NOT_UTF8';
      const { kind, code: decided } = run.outcomes.of(place);
      expect([kind, decided]).toEqual([
        code === undefined ? 'observation' : isDead ? 'dead letter' : 'rejection',
        code,
      ]);
    });
  });

  it('keeps the attributes of CloudEvents in binary mode, decoded where they are percent-encoded', () => {
    const [place] = run.answers.get('a CloudEvent in binary mode')!.body.positions!;
    const { headers } = run.outcomes.recordAt(place!);
    expect(['ce_id', 'ce_subject', 'ce_broken'].map((name) => headers.text(name))).toEqual([
      '1',
      'Euro €',
      '%zz',
    ]);
  });

  it.each(tables.refused)('refuses $name with $status', ({ name, status, code }) => {
    const answer = run.answers.get(name)!;
    expect([answer.status, answer.body.error?.code, answer.body.positions]).toEqual([
      status,
      code,
      undefined,
    ]);
  });

  it.each(tables.wire)('answers $name with "$answer"', ({ name, answer }) => {
    expect(run.firstLines.get(name)).toBe(answer);
  });

  it('takes a body that comes byte by byte, and refuses one that comes in chunks without end', () => {
    expect(run.answers.get('byte by byte')).toMatchObject({
      status: 200,
      body: { accepted: 2, rejected: [] },
    });
    expect(run.answers.get('17 MiB in chunks')).toMatchObject({
      status: 413,
      body: { error: { code: 'PLAYHEAD_REQUEST_TOO_LARGE' } },
    });
  });

  it('gives each event of a hundred requests at once a place of its own, in the order of its request', () => {
    const places = run.together.flatMap(({ body }) => body.positions!);
    expect(new Set(places.map(placeOf)).size).toBe(100 * PARTITIONS);
    for (const place of places) expectAt(place, OBSERVED);
    for (const { body } of run.together)
      expect(body.positions!.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
  });
});

describe('afterwards', () => {
  it('the inbox holds what was sent and moved, and nothing of what was refused', () => {
    const written = [...run.sent.values()].flat().length;
    const byOthers = [...run.foreign].reduce(
      (sum, [name, payments]) => sum + (name === 'rolled back' ? 0 : payments.length),
      CODECS.length,
    );
    const posted = [...run.answers.values(), ...run.together].reduce(
      (sum, { body }) => sum + (body.positions?.length ?? 0),
      0,
    );
    const moved = run.outcomes.inbox.filter((record) => run.outcomes.of(record).kind === 'moved').length;
    expect(run.outcomes.inbox).toHaveLength(written + byOthers + posted + moved);
    expect(moved).toBeGreaterThan(20);
  });

  it('every inbox record has exactly one outcome', () => expectConserved());

  it('every observation has its vector, and odd customers are customers', async () => {
    for (let waited = 0; waited < 30_000; waited += 50) {
      if ((await run.life.watch.count(TOPICS.vectors('fraud'))) >= run.outcomes.observations.length) break;
      await sleep(50);
    }
    const vectors = await readTopic(run.life.log, run.life.topic(TOPICS.vectors('fraud')));
    expect(vectors.map(({ headers }) => headers.text(HEADERS.id))).toEqual(
      run.outcomes.observations.map(placeOf),
    );
    const answer = await fetch(`${run.before.services['feature']!.url}/get-online-features`, {
      method: 'POST',
      headers: JSON_TYPE,
      body: JSON.stringify({
        feature_service: 'fraud',
        entities: { customer_id: [...ODD_CUSTOMERS, 'nobody', 'toString'] },
      }),
    });
    const { metadata, results } = (await answer.json()) as {
      metadata: { feature_names: string[] };
      results: { values: unknown[] }[];
    };
    const counts = results[metadata.feature_names.indexOf('tx_count_30d')]!.values;
    expect(counts).toEqual([...ODD_CUSTOMERS.map(() => 1), null, null]);
  }, 60_000);

  it('nothing has leaked into the prototype of objects', () => {
    const missing = run.sent.get('without each field')!.map((place) => run.outcomes.of(place).code);
    expect(missing).toEqual(missing.map(() => 'MISSING_FIELD'));
  });
});

describe('life goes on', () => {
  it('a model is trained on what came through, and predicts for odd customers', async () => {
    const month = Array.from({ length: 25 * 40 }, (_, n) =>
      payment(n % PARTITIONS, { event_time: at(n * (DAY / 40)), amount: n % 100 }),
    );
    await run.postGood(STREAM, month);
    const paid = [...run.outcomes.observations.map(eventOf), ...month];
    const labels = paid.map(({ amount, event_time: time, ...rest }, n) => ({
      ...rest,
      terminal_id: 't',
      label_id: `l-${n}`,
      known_at: new Date(Date.parse(time) + 5 * DAY).toISOString(),
      is_fraud: amount > 50,
    }));
    await run.postGood('fraud-labels', labels);
    expect((await run.life.trainAndServe()).passed).toBe(true);
    for (const customer of ODD_CUSTOMERS) {
      const answer = await fetch(`${run.before.services['serving']!.url}/v1/deployments/fraud/predict`, {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify({ entity: { customer_id: customer } }),
      });
      expect([answer.status, await answer.json()]).toMatchObject([
        200,
        { entity: { customer_id: customer }, output: { probability: expect.any(Number) as number } },
      ]);
    }
  }, 120_000);

  it('what was too late passes once when it is driven again, and what is no JSON never does', async () => {
    const again = await run.redrive(`ingestion.rejections.${STREAM}`, '--code', 'TOO_LATE');
    expect(again.length).toBeGreaterThan(10);
    for (const place of again) expectOutcome(run.outcomes.final(place), OBSERVED);
    const letters = await run.redrive('ingestion', '--all');
    expect(letters.length).toBeGreaterThan(20);
    for (const place of letters) expect(run.outcomes.of(place).kind).toBe('dead letter');
    const twice = await run.redrive(`ingestion.rejections.${STREAM}`, '--code', 'TOO_LATE');
    expect(twice).toHaveLength(again.length);
    for (const place of twice)
      expect(run.outcomes.final(place)).toMatchObject({ kind: 'rejection', code: 'DUPLICATE' });
  }, 60_000);

  it('every service is the one that was started, is ready, and has logged no error', async () => {
    const { services } = await run.life.platform.status();
    const facts = (all: Status['services']): unknown[] =>
      Object.entries(all).map(([name, { pid }]) => [name, pid, true]);
    expect(Object.entries(services).map(([name, { pid, ready }]) => [name, pid, ready])).toEqual(
      facts(run.before.services),
    );
    expect(run.errorsLogged()).toEqual([]);
  });

  it('ingestion, killed and started again, knows what it has seen, and every record still has one outcome', async () => {
    process.kill(run.before.services['ingestion']!.pid, 'SIGKILL');
    await run.life.platform.run(['up']);
    const small = run.outcomes.observations.filter(({ value }) => value!.length < 100_000);
    const known = small.map(({ value }) => String(value));
    const { status, body } = await run.door.post(known.join('\n'), NDJSON_TYPE);
    expect([status, body.accepted]).toEqual([200, known.length]);
    await run.settled();
    await run.readOutcomes();
    const codes = new Set(body.positions!.map((place) => run.outcomes.of(place).code));
    expect([...codes].sort()).toEqual(['DUPLICATE', 'TOO_LATE']);
    await expectConserved();
  }, 60_000);
});
