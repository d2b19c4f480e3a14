/** A small recorded deployment on the real stack, played again from outside: verified, killed and gone on with, and damaged on the disk. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOPICS, qualify } from '#contracts';
import type { EventLog } from '#eventlog';
import { PlatformUnderTest, ROOT } from '../support/platform-under-test';

interface Verified {
  readonly ok: boolean;
  readonly records: number;
  readonly bitExact: number;
  readonly diverged: number;
  readonly report: string;
  readonly announced: boolean;
  readonly damaged: readonly string[];
  readonly firstDifference: object | null;
}

describe('a recorded deployment on the real stack', () => {
  const platform = new PlatformUnderTest('replayed');
  const vectors = qualify('replayed', TOPICS.vectors('fraud'));
  let log: EventLog;
  let counts: Record<string, number>;
  let first: Verified;

  const verify = async (args: readonly string[] = [], expectCode = 0): Promise<Verified> =>
    (await platform.run(['replay', 'verify', 'fraud', ...args], { expectCode })).json as unknown as Verified;

  beforeAll(async () => {
    const demo = await platform.run(['demo', 'fraud', '--rows', '4000', '--keep']);
    counts = demo.json['counts'] as Record<string, number>;
    log = await platform.openLog();
    first = await verify();
  }, 400_000);
  afterAll(() => platform.stop(), 120_000);

  it('is bit exact, and its report is a fact whose bytes lie in the store', async () => {
    expect(first).toMatchObject({ ok: true, diverged: 0, firstDifference: null, announced: true });
    expect(first.records).toBe(counts['vectors']! + counts['predictions']!);
    expect(first.bitExact).toBe(first.records);
    const { services } = await platform.status();
    const answer = await fetch(`${services['registry']!.url}/v1/replays?subject=fraud`);
    expect(await answer.json()).toMatchObject({
      replays: [{ kind: 'verify', ok: true, report: first.report }],
    });
    const report = await (await platform.openArtifacts()).get(first.report);
    expect(JSON.parse(report.toString())).toMatchObject({ ok: true, records: first.records });
  });

  it('writes nothing to the topics, and finds the same from zero', async () => {
    const topics = (await log.listTopics('replayed.')).filter(
      (topic) => !/registry\.|status|monitoring/.test(topic),
    );
    const ends = (): Promise<unknown> => Promise.all(topics.map((topic) => log.ends(topic)));
    const before = await ends();
    expect((await verify(['--from-zero'])).bitExact).toBe(first.bitExact);
    expect(await ends()).toEqual(before);
  });

  it('is begun at the door of monitoring, paused, and gone on with; what came out reaches the registry', async () => {
    const { services } = await platform.status();
    const ask = async (path: string, body?: object): Promise<Record<string, unknown>> => {
      const answer = await fetch(`${services['monitoring']!.url}/v1/replays${path}`, {
        headers: { 'content-type': 'application/json', 'x-playhead-actor': 'ada' },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      });
      return (await answer.json()) as Record<string, unknown>;
    };
    const until = async (id: string, isSo: (view: Record<string, unknown>) => boolean): Promise<void> => {
      for (;;) {
        const view = await ask(`/${id}`);
        if (isSo(view)) return;
        if (view['error'] !== undefined) throw new Error(JSON.stringify(view));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    expect(await ask('', { deployment: 'nobody' })).toMatchObject({ error: { code: 'PLAYHEAD_NOT_FOUND' } });
    const { replay: id } = (await ask('', { deployment: 'fraud', rate: 2_000 })) as { replay: string };
    await until(id, ({ done }) => Number(done) > 0);
    await ask(`/${id}/pause`, {});
    await until(id, ({ status }) => status === 'paused');
    await ask(`/${id}/resume`, {});
    await until(id, ({ status }) => status === 'finished');
    expect(await ask(`/${id}`)).toMatchObject({
      ok: true,
      summary: { records: first.records, bitExact: first.bitExact, diverged: 0 },
    });
    const reported = async (): Promise<unknown> =>
      (await fetch(`${services['registry']!.url}/v1/replays/${id}`)).json();
    while (((await reported()) as { error?: unknown }).error !== undefined)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await reported()).toMatchObject({ kind: 'verify', subject: 'fraud', ok: true, reportedBy: 'ada' });
    expect(readdirSync(join(platform.dataDir, 'replays'))).toContain(id);
  });

  it('goes on after kill -9 and finds the same, to the digest of its report', async () => {
    const before = new Set(readdirSync(join(platform.dataDir, 'replays')));
    const command = join(ROOT, 'dist', 'cli', 'src', 'main.js');
    const args = [
      'replay',
      'verify',
      'fraud',
      '--rate',
      '600/s',
      '--checkpoint',
      '1',
      '--data-dir',
      platform.dataDir,
    ];
    const child = spawn(process.execPath, [command, ...args], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    const folder = (): string | undefined =>
      readdirSync(join(platform.dataDir, 'replays')).find((id) => !before.has(id));
    const hasCheckpoint = (): boolean => {
      const id = folder();
      return (
        id !== undefined &&
        readdirSync(join(platform.dataDir, 'replays', id)).some((name) => name.endsWith('.checkpoint'))
      );
    };
    for (const deadline = Date.now() + 60_000; !hasCheckpoint() && Date.now() < deadline;)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(hasCheckpoint()).toBe(true);
    child.kill('SIGKILL');
    await ended;
    const listed = (await platform.run(['replay', 'list'])).json as {
      replays: { replay: string; status: string }[];
    };
    expect(listed.replays.find(({ replay }) => replay === folder())!.status).toBe('paused');
    const resumed = (await platform.run(['replay', 'resume', folder()!])).json as unknown as Verified;
    expect(resumed).toMatchObject({ ok: true, records: first.records, bitExact: first.bitExact });
    expect(resumed.report).toBe(first.report);
  }, 120_000);

  it('refuses what makes no sense with exit code 2', async () => {
    await platform.run(['replay', 'verify', 'nobody'], { expectCode: 2 });
    await platform.run(['replay', 'verify', 'fraud', '--from', 'yesterday'], { expectCode: 2 });
    await platform.run(['replay', 'verify', 'fraud', '--from', '0:99999999'], { expectCode: 2 });
  });

  // Last: nothing mends it again.
  it('names the offsets that one changed byte on the disk makes unreadable', async () => {
    const file = join(findFolder(platform.dataDir, `${vectors}-0`)!, '00000000000000000000.log');
    const bytes = readFileSync(file);
    const at = bytes.indexOf('"event_id"');
    expect(at).toBeGreaterThan(0);
    bytes[at + 2]! ^= 1;
    writeFileSync(file, bytes);
    const found = await verify([], 1);
    expect(found.ok).toBe(false);
    expect(found.damaged.join('\n')).toMatch(
      /feature\.vectors\.fraud:0 offsets \d+ to \d+ cannot be read: BATCH_CORRUPT/,
    );
  }, 60_000);
});

/** The folder of a partition, wherever the broker keeps it. */
const findFolder = (root: string, name: string): string | undefined => {
  for (const entry of readdirSync(root, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory() && entry.name === name && existsSync(path)) return path;
  }
  return undefined;
};
