/** The doctor as a program, on machines made of a PATH. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KAFKA_VERSION } from '../libs/localstack/src/kafka/pinned-jars';

interface Check {
  readonly name: string;
  readonly status: 'ok' | 'note' | 'warning' | 'missing';
  readonly found: string;
  readonly remedy?: string;
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'playhead-doctor-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const program = (name: string, answer: string): void => {
  writeFileSync(join(folder, name), `#!/bin/sh\necho '${answer}' >&2\n`);
  chmodSync(join(folder, name), 0o755);
};

const doctor = (
  args: readonly string[],
  env: Record<string, string> = {},
): { code: number | null; out: string; err: string } => {
  const all = { PATH: folder, HOME: folder, ...env };
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(__dirname, 'doctor.cjs'), ...args], {
    env: all,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
};

const checks = (env?: Record<string, string>): Record<string, Check> => {
  const report = JSON.parse(doctor(['--json'], env).out) as { checks: Check[] };
  return Object.fromEntries(report.checks.map((check) => [check.name, check]));
};

describe('doctor', () => {
  it('gives a remedy for each missing thing and exit code 1 on an empty machine', () => {
    const { code, out } = doctor(['--json']);
    expect(code).toBe(1);
    const report = JSON.parse(out) as { ok: boolean; checks: Check[] };
    expect(report.ok).toBe(false);
    const lacking = report.checks.filter(({ status }) => status === 'missing');
    expect(lacking.map(({ name }) => name)).toEqual(expect.arrayContaining(['npm', 'java', 'kafka']));
    for (const { status, remedy } of report.checks) {
      expect(Boolean(remedy)).toBe(status === 'missing' || status === 'warning');
    }
  });

  it('says the same to people, a line for each', () => {
    const { out } = doctor([]);
    expect(out).toMatch(/MISSING {2}java[^]*remedy: install a Java runtime[^]*Missing: npm, java, kafka/);
  });

  it('is content with the programs that are needed', () => {
    program('npm', '11.0.0');
    program('java', 'openjdk version "21.0.1" 2025-01-01');
    program('mvn', '');
    program('minio', '');
    program('id', '70');
    const found = checks();
    for (const name of ['npm', 'java', 'kafka', 'postgres', 'object store'])
      expect(found[name]?.status).toBe('ok');
    expect(found.java?.found).toBe('21.0.1');
  });

  it('refuses a Java that is too old, and takes JAVA_HOME before PATH', () => {
    program('java', 'java version "1.8.0_402"');
    expect(checks().java).toMatchObject({ status: 'missing', found: '1.8.0_402' });
    mkdirSync(join(folder, 'jdk', 'bin'), { recursive: true });
    program('jdk/bin/java', 'openjdk version "17.0.15"');
    expect(checks({ JAVA_HOME: join(folder, 'jdk') }).java?.status).toBe('ok');
  });

  it('finds Kafka and MinIO where the local stack keeps them', () => {
    mkdirSync(join(folder, 'cache', `kafka-${KAFKA_VERSION}`, 'libs'), { recursive: true });
    mkdirSync(join(folder, 'cache', 'minio-v1'));
    program('cache/minio-v1/minio', '');
    const found = checks({ PLAYHEAD_CACHE: join(folder, 'cache') });
    expect([found.kafka?.status, found['object store']?.status]).toEqual(['ok', 'ok']);
  });

  it('asks for nothing that the environment places elsewhere', () => {
    const found = checks({
      KAFKA_BROKERS: 'b:9092',
      POSTGRES_URL: 'postgres://db',
      S3_ENDPOINT: 'http://s3',
    });
    for (const name of ['java', 'kafka', 'postgres', 'object store'])
      expect(found[name]?.status).toBe('note');
  });

  it('ends with 2 and its usage when it is used wrongly', () => {
    expect(doctor(['--jsn'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('Usage: playhead doctor') as string,
    });
  });
});
