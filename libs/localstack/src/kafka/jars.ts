import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Refused } from '#kernel';
import { cachedFolder } from '../cached-folder';
import { cacheFolder, findProgram, run, sayingSo } from '../commands';
import type { Environment } from '../external';
import { KAFKA_JARS, KAFKA_ROOTS, KAFKA_VERSION, type PinnedJar } from './pinned-jars';

type Say = (line: string) => void;

const MAVEN_PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies';
const DOWNLOADS_AT_ONCE = 8;

export const renderPom = (roots: readonly string[]): string => {
  const dependency = (root: string): string => {
    const [group, artifact, version] = root.split(':');
    return `    <dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  };
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    '  <modelVersion>4.0.0</modelVersion>',
    '  <groupId>playhead</groupId><artifactId>broker</artifactId><version>1</version>',
    '  <dependencies>',
    ...roots.map(dependency),
    '  </dependencies>',
    '</project>',
    '',
  ].join('\n');
};

const fileOf = (folder: string, jar: PinnedJar): string => join(folder, basename(jar.path));

const refuseOthers = (jar: PinnedJar, bytes: Buffer): void => {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== jar.sha256) {
    throw new Refused(
      'PLAYHEAD_STACK_MISSING',
      `${jar.path} has SHA-256 ${sha256}, not the pinned ${jar.sha256}; its repository or the local Maven cache is not to be trusted`,
    );
  }
};

const byMaven = async (maven: string, folder: string, env: Environment): Promise<void> => {
  writeFileSync(join(folder, 'pom.xml'), renderPom(KAFKA_ROOTS));
  const libs = join(folder, 'libs');
  const result = await run(maven, ['-q', '-B', MAVEN_PLUGIN, `-DoutputDirectory=${libs}`], {
    env,
    cwd: folder,
  });
  if (result.code !== 0) {
    throw new Refused(
      'PLAYHEAD_STACK_MISSING',
      `Maven could not fetch Kafka ${KAFKA_VERSION}:\n${result.output.trim().slice(-2000)}`,
    );
  }
  for (const jar of KAFKA_JARS) refuseOthers(jar, readFileSync(fileOf(libs, jar)));
};

const byDownload = async (repository: string, folder: string): Promise<void> => {
  const libs = join(folder, 'libs');
  mkdirSync(libs);
  const base = repository.endsWith('/') ? repository : `${repository}/`;
  const left = [...KAFKA_JARS];
  const worker = async (): Promise<void> => {
    for (let jar = left.pop(); jar; jar = left.pop()) {
      const response = await fetch(new URL(jar.path, base));
      if (!response.ok)
        throw new Refused(
          'PLAYHEAD_STACK_MISSING',
          `${jar.path}: the repository answered ${response.status}`,
        );
      const bytes = Buffer.from(await response.arrayBuffer());
      refuseOthers(jar, bytes);
      writeFileSync(fileOf(libs, jar), bytes);
    }
  };
  await Promise.all(Array.from({ length: DOWNLOADS_AT_ONCE }, worker));
};

const fetchInto = async (folder: string, env: Environment, say: Say): Promise<void> => {
  const maven = findProgram('mvn', env);
  const repository = env.MAVEN_REPOSITORY_URL;
  if (maven) {
    say(`kafka: fetching Kafka ${KAFKA_VERSION} with Maven (once, 54 MB)`);
    await sayingSo(byMaven(maven, folder, env), (seconds) => say(`kafka: still fetching (${seconds} s)`));
  } else if (repository) {
    say(`kafka: fetching Kafka ${KAFKA_VERSION} from MAVEN_REPOSITORY_URL (once, 54 MB)`);
    await sayingSo(byDownload(repository, folder), (seconds) => say(`kafka: still fetching (${seconds} s)`));
  } else {
    throw new Refused(
      'PLAYHEAD_STACK_MISSING',
      'Kafka has to be fetched once: install Maven (mvn), or set MAVEN_REPOSITORY_URL to a Maven repository, or point KAFKA_BROKERS at a broker',
    );
  }
};

/**
 * The folder with the broker's jars, fetched at first use into the cache. Every jar has its pinned digest. The folder appears
 * whole or not at all, and two starters at once fetch it once.
 */
export const kafkaJars = async (env: Environment, say: Say): Promise<string> => {
  const home = join(cacheFolder(env), `kafka-${KAFKA_VERSION}`);
  const libs = join(home, 'libs');
  await cachedFolder({
    home,
    isComplete: () => KAFKA_JARS.every((jar) => existsSync(fileOf(libs, jar))),
    fill: (folder) => fetchInto(folder, env, say),
    waiting: () => say('kafka: waiting for another start that is fetching Kafka'),
  });
  return libs;
};
