import { Refused } from '#kernel';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findProgram, run } from '#localstack';
import { buildLoad } from './load';
import { measure, verify, type Question } from './measure';
import { restDoor } from './parties';

const QUESTIONS: readonly Question[] = [
  { rows: [[1, 2]], answer: [0.25] },
  { rows: [[3, 4]], answer: [0.75] },
];

const hasGo = findProgram('go', process.env) !== undefined;
if (!hasGo) console.warn('SKIPPED: go is not on PATH, so the load generator cannot be compiled');

/** A server that says `wrong` of the row [3, 4]. */
const serverOf = async (wrong: number): Promise<Server> => {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { inputs } = JSON.parse(Buffer.concat(parts).toString('utf8')) as {
        inputs: [{ data: number[] }];
      };
      const data = [inputs[0].data[0] === 1 ? 0.25 : wrong];
      response.end(JSON.stringify({ outputs: [{ name: 'probability', data }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};

(hasGo ? describe : describe.skip)('a door that is loaded', () => {
  let program: string;
  const servers: Server[] = [];
  const loadOf = async (wrong: number) => {
    const server = await serverOf(wrong);
    servers.push(server);
    const door = restDoor((server.address() as AddressInfo).port);
    return { program, party: { name: 'test', pid: process.pid }, door, questions: QUESTIONS };
  };

  beforeAll(async () => {
    program = await buildLoad(() => undefined);
  }, 120_000);
  afterAll(() => {
    for (const server of servers) server.close();
  });

  it('is loaded by a generator whose own tests pass', async () => {
    const cwd = join(__dirname, '..', 'load');
    const { code, output } = await run('go', ['test', './...'], { env: process.env, cwd });
    expect({ code, output }).toMatchObject({ code: 0 });
  }, 120_000);

  it('is measured when every answer is right', async () => {
    const load = await loadOf(0.75);
    await verify(load);
    const { rate, p50, p99, cpuMs } = await measure({ ...load, connections: 2, seconds: 0.3 });
    expect(rate).toBeGreaterThan(50);
    expect(p99).toBeGreaterThanOrEqual(p50);
    expect(cpuMs).toBeGreaterThan(0);
  });

  it('gives no figure when one answer is wrong', async () => {
    const load = await loadOf(0.7501);
    await expect(verify(load)).rejects.toThrow(Refused);
    await expect(measure({ ...load, connections: 2, seconds: 0.2 })).rejects.toThrow(
      'request 1 is answered 0.7501, not 0.75',
    );
  });
});
