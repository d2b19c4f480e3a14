import { Rng } from '#kernel';
import { DEATHS, mortalLog, type Death } from '#testing';
import { StagesWorld, type Instance } from './stages.testing';

const PAYMENTS = 24;
/** Routers, stages and vectors of 24 payments, and the snapshots of a peaceful end. */
const SENDS = 36;

/** Streams slice by slice to an instance that dies at its nth send, then the rest to one that lives. */
const liveOn = async (dieAt: number, death: Death): Promise<void> => {
  const world = await StagesWorld.make();
  const mortal = mortalLog(world.log, dieAt, death);
  const first = await world.instance(mortal.log);
  for (let n = 0; n < PAYMENTS; n += 4) {
    await world.stream(n, n + 4);
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
  const second = await world.instance();
  for (let tries = 0; !mortal.isDead() && tries < 20; tries++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await mortal.bury();
  await first.stop();
  await world.expectAllRight(PAYMENTS);
  await second.stop();
  expect(second.errors).toEqual([]);
};

it.each(DEATHS)(
  'stages lose nothing and count nothing twice when a process dies %s, at any send',
  async (death) => {
    for (let dieAt = 1; dieAt <= SENDS; dieAt += 3) await liveOn(dieAt, death);
  },
  60_000,
);

it('gives the same values with one instance, three, and one again, under load', async () => {
  const rng = new Rng(20_261_121);
  const world = await StagesWorld.make();
  const instances: Instance[] = [await world.instance()];
  for (let n = 0; n < 200; n += 10) {
    await world.stream(n, n + 10);
    if (n === 40 || n === 60) instances.push(await world.instance());
    if (n === 120 || n === 140) await instances.splice(rng.below(instances.length), 1)[0]!.stop();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await world.expectAllRight(200);
  await instances[0]!.stop();
  expect(instances[0]!.errors).toEqual([]);
}, 20_000);
