import { HEADERS, TOPICS } from '#contracts';
import { StagesWorld, VECTORS, expectedValues } from './stages.testing';

describe('a feature service over several entities and streams', () => {
  let world: StagesWorld;
  beforeEach(async () => {
    world = await StagesWorld.make();
  });
  afterEach(() => world.stop());

  const expectAllRight = async (count: number): Promise<void> => {
    await world.untilRecords(VECTORS, count);
    const vectors = await world.vectors();
    const expected = await expectedValues(world);
    const positions = vectors.map(({ position }) => position);
    expect(positions).toEqual([...expected.keys()]);
    expect(vectors.map(({ vector }) => vector.values['1'])).toEqual([...expected.values()]);
    expect(world.failures).toEqual([]);
  };

  /** Two days of payments of four customers at three terminals, labels in between. */
  const stream = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) {
      await world.pay(n % 4, n % 5 === 0 ? null : n % 3, n * 7, n / 4);
      if (n % 3 === 1) await world.label(n % 4, (n * 5) % 3, n * 7 - 20, n % 2 === 0);
    }
  };

  it('gives each payment one vector, in order, with what every stage knew when it came', async () => {
    await stream(0, 60);
    await world.begin();
    await expectAllRight(60);
    const [first] = await world.records(VECTORS);
    expect(first!.headers.text(HEADERS.definition)).toMatch(/^1=[0-9a-f]{64}$/);
  });

  it('goes on after a restart as if there had been none', async () => {
    await stream(0, 40);
    await world.begin();
    await world.untilRecords(VECTORS, 40);
    await world.stop();
    await stream(40, 50);
    await world.begin();
    await stream(50, 60);
    await expectAllRight(60);
    expect(await world.records(TOPICS.deadLetters('feature'))).toEqual([]);
  });
});
