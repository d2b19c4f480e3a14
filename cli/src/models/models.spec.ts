import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DeploymentDocument, RunDocument } from '../documents';
import { openDoor, type Door } from '../doors';
import { loadedVersion, untilLoaded } from './until-loaded';
import { parseModelReference, parseVersionReference } from './version-reference';
import { watchRun } from './watch-run';

it('reads references to models and versions', () => {
  expect(parseVersionReference('fraud@3')).toEqual({ model: 'fraud', version: '3' });
  expect(parseModelReference('fraud')).toEqual({ model: 'fraud' });
  expect(parseModelReference('fraud@champion')).toEqual({ model: 'fraud', version: 'champion' });
  for (const wrong of ['fraud', '@3', 'fraud@', 'a@b@c', 'a b@1'])
    expect(() => parseVersionReference(wrong)).toThrow('does not name a version');
});

describe('waiting', () => {
  let server: Server;
  let door: Door;
  /** What each path answers, one after the other; the last one for ever. A number is a status without a body. */
  let answers: Record<string, (number | object)[]>;
  let said: string[];
  const say = (line: string): void => void said.push(line);

  beforeAll(async () => {
    server = createServer((request, reply) => {
      const list = answers[request.url!];
      const answer = list === undefined ? 404 : list.length > 1 ? list.shift()! : list[0]!;
      reply.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' });
      reply.end(
        JSON.stringify(
          typeof answer === 'number'
            ? { error: { code: 'PLAYHEAD_NOT_READY', message: `status ${answer}` } }
            : answer,
        ),
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    door = openDoor(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(() => new Promise((closed) => server.close(closed)));
  beforeEach(() => {
    answers = {};
    said = [];
  });

  describe('for a run', () => {
    // Registry and training are one server here: both of their answers are under one path.
    const run = (change: object): object => ({
      run: 'run-0-12',
      status: 'requested',
      version: null,
      error: null,
      ...change,
    });
    const watch = (): Promise<RunDocument> =>
      watchRun({ registry: door, training: door, run: 'run-0-12', say, everyMs: 1 });
    const started = run({ status: 'started' });
    const progress = { iteration: 40, iterations: 100, metric: 'log_loss', train: 0.031 };

    it('says how far it is, once each, and gives its end', async () => {
      const failed = run({
        status: 'failed',
        error: { code: 'PLAYHEAD_LEARN_INVALID', message: 'all labels are 0' },
      });
      answers['/v1/runs/run-0-12'] = [
        run({}),
        run({}),
        started,
        {},
        started,
        { progress },
        started,
        { progress },
        failed,
      ];
      expect(await watch()).toMatchObject({ status: 'failed', error: { message: 'all labels are 0' } });
      expect(said).toEqual([
        'run-0-12: its data set is being built',
        'run-0-12: the fit begins',
        'run-0-12: 40 of 100, log_loss 0.031',
      ]);
    });

    it('outlives a registry that restarts, and goes without progress', async () => {
      answers['/v1/runs/run-0-12'] = [503, 503, started, 404, run({ status: 'completed', version: 3 })];
      expect(await watch()).toMatchObject({ status: 'completed', version: 3 });
      expect(said).toEqual(['status 503; waiting', 'run-0-12: the fit begins']);
    });

    it('gives up when its time is over', async () => {
      answers['/v1/runs/run-0-12'] = [run({})];
      await expect(
        watchRun({ registry: door, training: door, run: 'run-0-12', say, everyMs: 1, timeoutMs: 5 }),
      ).rejects.toThrow('run-0-12 is still requested');
    });
  });

  describe('for a deployment', () => {
    const deployment = (...versions: number[]): Partial<DeploymentDocument> => ({
      model: 'fraud',
      alias: 'champion',
      routes: versions.map((number) => ({
        route: 'champion',
        version: number,
        artifact: 'a',
        profile: 'p',
        revision: '1',
        definition: 'd',
        features: [],
      })),
    });
    const serving = (number: number | null, begun = true): object => ({
      deployments: [{ deployment: 'fraud', model: 'fraud', state: 'active', version: number, begun }],
    });
    const wait = (timeoutMs = 5_000): Promise<number> =>
      untilLoaded({ registry: door, serving: at('serving'), name: 'fraud', timeoutMs, say, everyMs: 1 });
    /** A door below a folder of the same server, as both services have a `/v1/deployments`. */
    const at = (folder: string): Door => openDoor(`${door.url}/${folder}`);

    it('ends when serving has loaded the version that the registry names', async () => {
      answers['/v1/deployments/fraud'] = [deployment(), deployment(2)];
      answers['/serving/v1/deployments'] = [{ deployments: [] }, serving(1), serving(2, false), serving(2)];
      answers['/serving/v2/models/fraud/ready'] = [{ ready: true }, { ready: true }, 503, { ready: true }];
      expect(await wait()).toBe(2);
      expect(said).toEqual([
        'fraud: no version of fraud has the alias champion; promote one',
        'fraud: serving has not loaded fraud@2 yet: serving does not know fraud yet',
        'fraud: serving has not loaded fraud@2 yet: it has fraud@1',
        'fraud: serving has not loaded fraud@2 yet: the vector that it begins with is not recorded yet',
        'fraud: serving has not loaded fraud@2 yet: status 503',
      ]);
    });

    it('says after its time what it waited for', async () => {
      answers['/v1/deployments/fraud'] = [deployment()];
      await expect(wait(5)).rejects.toThrow(
        'fraud does not serve after 0.005 s: no version of fraud has the alias champion; promote one',
      );
    });

    it('does not fail where serving is away', async () => {
      expect(await loadedVersion(at('nowhere'), 'fraud')).toEqual({ version: null, reason: 'status 404' });
    });
  });
});
