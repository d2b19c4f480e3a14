import { HEADERS } from '#contracts';
import { PREDICTIONS, ServingWorld } from './serving.testing';

/** A version whose file cannot be opened: the registry lets none through, but the stream survives one. */
describe('a champion that cannot be opened', () => {
  let world: ServingWorld;
  beforeEach(async () => {
    world = await ServingWorld.make();
  });
  afterEach(() => world.stop());

  const deployBroken = async (version: number): Promise<void> =>
    world.deploy(version, {
      routes: [await world.route('champion', version, { model: Buffer.from(`no model ${version}`) })],
    });
  const known = (position: number) =>
    world.until('the deployment', () => Promise.resolve(world.control.position === position));
  const answered = async () =>
    (await world.records(PREDICTIONS)).map(({ headers, value }) => [
      (JSON.parse(value!.toString()) as { version: number }).version,
      headers.text(HEADERS.control),
    ]);

  it('is not taken: the version before goes on under its own control position, until the next one', async () => {
    await world.deploy(1);
    await world.vector(0, 3);
    await world.begin();
    await world.untilRecords(PREDICTIONS, 1);
    await deployBroken(2);
    await known(1);
    for (let n = 1; n < 4; n++) await world.vector(n, 3);
    await world.untilRecords(PREDICTIONS, 4);
    await world.deploy(3);
    await known(2);
    await world.vector(4, 3);
    await world.untilRecords(PREDICTIONS, 5);
    expect(await answered()).toEqual([[1, '0'], [1, '0'], [1, '0'], [1, '0'], [3, '2']]); // prettier-ignore
  });

  it('holds the vectors up where there is no version before, until there is a better one; none is lost', async () => {
    await deployBroken(1);
    for (let n = 0; n < 3; n++) await world.vector(n, 3);
    await world.begin();
    await known(0);
    await world.deploy(2);
    await world.untilRecords(PREDICTIONS, 3);
    expect(await answered()).toEqual([[2, '1'], [2, '1'], [2, '1']]); // prettier-ignore
  });
});
