import { DeploymentStarted, DeploymentUpdated, HEADERS, TOPICS, decodeEvent } from '#contracts';
import { PREDICTIONS, ServingWorld, VECTORS, modelBytes, type Prediction } from './serving.testing';

describe('serving', () => {
  let world: ServingWorld;
  beforeEach(async () => {
    world = await ServingWorld.make();
  });
  afterEach(() => world.stop());

  it('gives one prediction for each vector, with what made it', async () => {
    await world.deploy(2);
    for (let n = 0; n < 3; n++) await world.vector(n, n + 1);
    await world.vector(0, 7, { partition: 1 });
    await world.begin();
    const records = await world.untilRecords(PREDICTIONS, 4);
    const values = (await world.predictions()).map(({ output, decision, vector }) => [
      vector,
      Math.round(output.value!),
      decision,
    ]);
    expect(values).toEqual([
      ['0-0', 2, false],
      ['0-1', 4, false],
      ['0-2', 6, true],
      ['1-0', 14, true],
    ]);
    expect(records[0]!.headers.text(HEADERS.control)).toBe('0');
    expect(records[0]!.headers.text(HEADERS.model)).toMatch(/^fraud@2=[0-9a-f]{64}$/);
  });

  it('answers vectors from before a revision with the model that reads what they carry, in their order', async () => {
    const { sample } = DeploymentUpdated;
    const artifact = await world.artifacts.put(modelBytes(2));
    const reads = { version: 2, revision: '2', features: ['a', 'b'] };
    await world.deploy(1);
    await world.vector(0, 3);
    await world.begin();
    await world.untilRecords(PREDICTIONS, 1);
    await world.deploy(2, { routes: [{ ...sample.routes[0]!, ...reads, artifact }] });
    await world.until('the new version', () => Promise.resolve(world.control.position === 1));
    await world.vector(1, 3);
    await world.vector(2, 3, { revision: '2' });
    await world.vector(3, 3, { revision: '1' });
    await world.vector(4, 3, { revision: '3' });
    await world.vector(5, 3, { revision: '2' });
    const records = await world.untilRecords(PREDICTIONS, 5);
    expect((await world.predictions()).map(({ version, vector }) => [vector, version])).toEqual([
      ['0-0', 1],
      ['0-1', 1],
      ['0-2', 2],
      ['0-3', 1],
      ['0-5', 2],
    ]);
    expect(records.map(({ headers }) => headers.text(HEADERS.definition)?.split('=')[0])).toEqual([
      '1',
      '1',
      '2',
      '1',
      '2',
    ]);
    const [dead] = await world.records(TOPICS.deadLetters('serving'));
    expect(dead!.headers.text(HEADERS.reason)).toBe('the vector carries the revisions 3, the model reads 2');
  });

  it('answers every vector for each of the deployments that read it', async () => {
    await world.deploy(1);
    await world.begin();
    for (let n = 0; n < 6; n++) await world.vector(n, n, { partition: n % 2 });
    await world.until('the first deployment', async () => (await world.predictions()).length === 6);
    await world.deploy(2, { deployment: 'other' });
    const others = (): Promise<Prediction[]> =>
      world.values<Prediction>(TOPICS.predictions('other')).catch(() => []);
    await world.until('the second', async () => (await others()).length === 6);
    await world.vector(6, 6);
    await world.until(
      'both',
      async () => (await others()).length === 7 && (await world.predictions()).length === 7,
    );
    expect((await others()).map(({ version }) => version)).toEqual(Array<number>(7).fill(2));
  });

  it('swaps the model at a control position, without a gap', async () => {
    await world.deploy(1);
    await world.vector(0, 3);
    await world.begin();
    await world.untilRecords(PREDICTIONS, 1);
    await world.deploy(2);
    await world.until('the new version', () => Promise.resolve(world.control.position === 1));
    await world.vector(1, 3);
    await world.untilRecords(PREDICTIONS, 2);
    expect(
      (await world.predictions()).map(({ version, output }) => [version, Math.round(output.value!)]),
    ).toEqual([
      [1, 3],
      [2, 6],
    ]);
  });

  it('begins where it says it begins, and stays with it after a restart', async () => {
    await world.vector(0, 1);
    await world.deploy(1, { from: 'now' });
    await world.begin();
    const [started] = await world.untilRecords(TOPICS.servingStatus, 1);
    expect(decodeEvent(DeploymentStarted, started!.value).offsets).toEqual([1, 0]);
    await world.stop();
    await world.vector(1, 2);
    await world.begin();
    await world.untilRecords(PREDICTIONS, 1);
    expect((await world.predictions()).map(({ vector }) => vector)).toEqual(['0-1']);
  });

  it('sends nothing twice over a restart, and drops vectors that were scored', async () => {
    await world.deploy(1);
    for (let n = 0; n < 5; n++) await world.vector(n, n + 1);
    await world.begin();
    await world.untilRecords(PREDICTIONS, 5);
    await world.stop();
    await world.vector(4, 5, { id: '0-4' });
    await world.vector(5, 6);
    await world.begin();
    await world.untilRecords(PREDICTIONS, 6);
    expect((await world.predictions()).map(({ output }) => Math.round(output.value!))).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });

  it('sets aside a vector that its model cannot read, and the next one comes out', async () => {
    await world.deploy(1);
    await world.vector(0, 1, { revision: '9' });
    await world.raw(VECTORS, Buffer.from('nonsense'), { id: '0-1' });
    await world.vector(2, 2);
    await world.begin();
    await world.untilRecords(PREDICTIONS, 1);
    const reasons = (await world.records(TOPICS.deadLetters('serving'))).map(({ headers }) =>
      headers.text(HEADERS.reason),
    );
    expect(reasons).toEqual([
      'the vector carries the revisions 9, the model reads 1',
      'the vector is not JSON',
    ]);
  });

  it('waits while the log is away, and nothing is skipped', async () => {
    const bytes = modelBytes(3);
    const { sample } = DeploymentUpdated;
    const artifact = await world.artifacts.put(bytes);
    await world.deploy(3, { routes: [{ ...sample.routes[0]!, version: 3, artifact, features: ['a', 'b'] }] });
    await world.vector(0, 2);
    world.log.setAway(true);
    const begun = world.begin();
    await world.ports.sleep(20);
    world.log.setAway(false);
    await begun;
    await world.untilRecords(PREDICTIONS, 1);
    expect((await world.predictions()).map(({ output }) => Math.round(output.value!))).toEqual([6]);
  });
});
