import { createServer } from 'node:net';
import { choosePorts, FREE_RANGE, isFreePort, type PortProbe } from './ports';

const countingUp = (taken: readonly number[]): PortProbe => {
  let next: number = FREE_RANGE.from;
  return { isFree: async (port) => !taken.includes(port), random: () => next++ };
};

describe('choosePorts', () => {
  it('gives each name a free port of its own', async () => {
    const { from } = FREE_RANGE;
    expect(await choosePorts(['kafka', 'controller', 's3'], {}, {}, countingUp([from + 1]))).toEqual({
      kafka: from,
      controller: from + 2,
      s3: from + 3,
    });
  });

  it('keeps the port used before while it is free', async () => {
    const before = { kafka: 25_000, controller: 25_001 };
    expect(await choosePorts(['kafka', 'controller'], {}, before, countingUp([25_001]))).toEqual({
      kafka: 25_000,
      controller: FREE_RANGE.from,
    });
  });

  it('never gives away a port that another name had before', async () => {
    const before = { postgres: FREE_RANGE.from };
    expect(await choosePorts(['kafka'], {}, before, countingUp([]))).toEqual({ kafka: FREE_RANGE.from + 1 });
  });

  it('insists on a wanted port, and refuses when it is taken', async () => {
    expect(await choosePorts(['s3'], { s3: 9000 }, { s3: 25_000 }, countingUp([]))).toEqual({ s3: 9000 });
    await expect(choosePorts(['s3'], { s3: 9000 }, {}, countingUp([9000]))).rejects.toThrow('port 9000');
  });

  it('takes 0 for any port', async () => {
    expect(await choosePorts(['s3'], { s3: 0 }, {}, countingUp([]))).toEqual({ s3: FREE_RANGE.from });
  });

  it('gives up when nothing is free', async () => {
    const full: PortProbe = { isFree: async () => false, random: (from) => from };
    await expect(choosePorts(['kafka'], {}, {}, full)).rejects.toThrow('no free port');
  });
});

it('isFreePort sees a listener', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  expect(await isFreePort(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFreePort(port)).toBe(true);
});
