/**
 * `playhead doctor`: what this machine has, what is missing, and one remedy for each missing thing.
 * It runs before anything is installed, on whatever Node.js is there: built-ins only, and no syntax newer than Node 10.
 */
'use strict';

const { spawnSync } = require('child_process');
const fs = require('fs');
const net = require('net');
const os = require('os');
const path = require('path');

const KAFKA_VERSION = '4.3.0';
const NODE_NEEDED = [20, 19];
const JAVA_NEEDED = 17;
const DISK_NEEDED_GB = 5;
const MEMORY_NEEDED_GB = 3;
const DOORS = [7001, 7002, 7003, 7004, 7005, 7006, 7015];
const POSTGRES_PLATFORMS = [
  'darwin-arm64',
  'darwin-x64',
  'linux-arm',
  'linux-arm64',
  'linux-ia32',
  'linux-ppc64',
  'linux-x64',
];
const ROOT = path.join(__dirname, '..');
const GIB = 1024 * 1024 * 1024;

const HELP = `Usage: playhead doctor [--json]

Says what this machine has, what is missing, and how to get it. Needs nothing installed but Node.js.
Exit code: 0 all that is needed is there, 1 something is missing, 2 wrong use.

Options:
  --json   one JSON object as the last line: {"ok", "checks": [{"name", "status", "found", "remedy"}]}
  --help   this text

Example:
  ./playhead doctor
`;

/** status: ok | warning (works, but worse) | missing (does not work) | note (nothing to do) */
const ok = (name, found) => ({ name, status: 'ok', found });
const note = (name, found) => ({ name, status: 'note', found });
const warning = (name, found, remedy) => ({ name, status: 'warning', found, remedy });
const missing = (name, found, remedy) => ({ name, status: 'missing', found, remedy });

const find = (program, env) =>
  (env.PATH || '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, program))
    .find((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
      } catch (error) {
        return false;
      }
    });

const outputOf = (command, args, env) => {
  const result = spawnSync(command, args, { env, encoding: 'utf8', timeout: 20000 });
  return result.status === 0 ? `${result.stdout}${result.stderr}` : undefined;
};

const firstLine = (text) => (text || '').trim().split('\n')[0];

const cacheFolder = (env) =>
  env.PLAYHEAD_CACHE ||
  path.join(env.XDG_CACHE_HOME || path.join(env.HOME || os.homedir(), '.cache'), 'playhead');

const nearestExisting = (folder) => {
  let at = path.resolve(folder);
  while (!fs.existsSync(at) && path.dirname(at) !== at) at = path.dirname(at);
  return at;
};

const checkNode = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const enough = major > NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor >= NODE_NEEDED[1]);
  return enough
    ? ok('node', process.versions.node)
    : missing(
        'node',
        process.versions.node,
        `install Node.js ${NODE_NEEDED.join('.')} or newer (24 is fine) and put it on PATH`,
      );
};

const checkNpm = (env) => {
  const npm = find('npm', env);
  const version = npm && outputOf(npm, ['--version', '--loglevel=silent'], env);
  return version
    ? ok('npm', firstLine(version))
    : missing('npm', 'not on PATH', 'install npm, which comes with Node.js, and put it on PATH');
};

const javaOf = (env) => {
  const inHome = env.JAVA_HOME && path.join(env.JAVA_HOME, 'bin', 'java');
  return inHome && fs.existsSync(inHome) ? inHome : find('java', env);
};

const checkJava = (env) => {
  if (env.KAFKA_BROKERS) return note('java', 'not needed: KAFKA_BROKERS is set');
  const remedy = `install a Java runtime, version ${JAVA_NEEDED} or newer (Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17), or set KAFKA_BROKERS`;
  const java = javaOf(env);
  if (!java) return missing('java', 'not on PATH', remedy);
  const match = /version "(?:1\.)?(\d+)[^"]*"/.exec(outputOf(java, ['-version'], env) || '');
  if (!match) return missing('java', `${java} does not run`, remedy);
  return Number(match[1]) >= JAVA_NEEDED
    ? ok('java', match[0].slice(9, -1))
    : missing('java', match[0].slice(9, -1), remedy);
};

const checkKafka = (env) => {
  if (env.KAFKA_BROKERS) return note('kafka', `KAFKA_BROKERS is set: ${env.KAFKA_BROKERS}`);
  const libs = path.join(cacheFolder(env), `kafka-${KAFKA_VERSION}`, 'libs');
  if (fs.existsSync(libs)) return ok('kafka', `${KAFKA_VERSION} in ${libs}`);
  const maven = find('mvn', env);
  if (maven) return ok('kafka', `will be fetched once with ${maven} (54 MB)`);
  if (env.MAVEN_REPOSITORY_URL) return ok('kafka', 'will be fetched once from MAVEN_REPOSITORY_URL (54 MB)');
  return missing(
    'kafka',
    'neither in the cache nor is Maven on PATH',
    'install Maven (Debian: apt-get install maven; macOS: brew install maven), or set MAVEN_REPOSITORY_URL to a Maven repository, or set KAFKA_BROKERS',
  );
};

const checkPostgres = (env) => {
  if (env.POSTGRES_URL) return note('postgres', 'POSTGRES_URL is set');
  const platform = `${process.platform}-${process.arch}`;
  if (POSTGRES_PLATFORMS.indexOf(platform) < 0) {
    return missing(
      'postgres',
      `no packaged server for ${platform}`,
      'set POSTGRES_URL to a PostgreSQL server, or use docker compose',
    );
  }
  const isRoot = process.getuid && process.getuid() === 0;
  if (!isRoot) return ok('postgres', `comes with the packages (${platform})`);
  const id = find('id', env);
  const user = id && outputOf(id, ['-u', 'postgres'], env);
  if (user || find('useradd', env) || (id && outputOf(id, ['-u', 'nobody'], env))) {
    return ok(
      'postgres',
      `comes with the packages (${platform}); runs as an unprivileged user below /var/tmp`,
    );
  }
  return missing(
    'postgres',
    'it cannot run as root and there is no user postgres',
    'useradd --system postgres, or run as another user',
  );
};

const cachedMinio = (env) => {
  try {
    return fs
      .readdirSync(cacheFolder(env))
      .map((name) => path.join(cacheFolder(env), name, 'minio'))
      .find((file) => /[\\/]minio-[^\\/]+[\\/]minio$/.test(file) && fs.existsSync(file));
  } catch (error) {
    return undefined;
  }
};

const checkObjectStore = (env) => {
  if (env.S3_ENDPOINT) return note('object store', `S3_ENDPOINT is set: ${env.S3_ENDPOINT}`);
  const minio = find('minio', env) || cachedMinio(env);
  if (minio) return ok('object store', minio);
  const go = find('go', env);
  if (go) return ok('object store', `MinIO will be built once with ${go} (2 to 5 minutes)`);
  return warning(
    'object store',
    'neither minio nor go is on PATH: artifacts will lie in a folder of plain files',
    'install the MinIO server or Go (Debian: apt-get install golang-go), or set S3_ENDPOINT',
  );
};

const freeBytes = (folder, env) => {
  if (fs.statfsSync) {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
  }
  const fields = (outputOf('df', ['-Pk', folder], env) || '').trim().split('\n').slice(-1)[0].split(/\s+/);
  return Number(fields[3]) * 1024;
};

const checkDisk = (env) => {
  const places = [ROOT, nearestExisting(cacheFolder(env))];
  const free = places.map((place) => ({ place, gigabytes: freeBytes(place, env) / GIB }));
  const least = free.reduce((a, b) => (b.gigabytes < a.gigabytes ? b : a));
  const found = `${least.gigabytes.toFixed(1)} GB free at ${least.place}`;
  return least.gigabytes >= DISK_NEEDED_GB
    ? ok('disk', found)
    : warning(
        'disk',
        found,
        `free some space: packages, caches and a demo take up to ${DISK_NEEDED_GB} GB (PLAYHEAD_CACHE and --data-dir may lie elsewhere)`,
      );
};

const availableMemory = () => {
  try {
    return Number(/MemAvailable:\s+(\d+)/.exec(fs.readFileSync('/proc/meminfo', 'utf8'))[1]) * 1024;
  } catch (error) {
    return process.platform === 'darwin' ? os.totalmem() : os.freemem();
  }
};

const checkMemory = () => {
  const gigabytes = availableMemory() / GIB;
  const found = `${gigabytes.toFixed(1)} GB available`;
  return gigabytes >= MEMORY_NEEDED_GB
    ? ok('memory', found)
    : warning(
        'memory',
        found,
        `close other programs: the broker, Postgres, MinIO and six services take about ${MEMORY_NEEDED_GB} GB`,
      );
};

const checkWritable = () => {
  try {
    fs.accessSync(ROOT, fs.constants.W_OK);
    return ok('folder', `${ROOT} can be written to`);
  } catch (error) {
    return missing(
      'folder',
      `${ROOT} cannot be written to`,
      'clone into a folder of your own: packages are installed and built there',
    );
  }
};

const isFree = (port) =>
  new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });

const checkPorts = () =>
  Promise.all(DOORS.map(isFree)).then((free) => {
    const taken = DOORS.filter((_, index) => !free[index]);
    return taken.length === 0
      ? ok('ports', `${DOORS.join(', ')} are free`)
      : warning(
          'ports',
          `in use: ${taken.join(', ')}`,
          'stop what uses them (playhead down?), or start with --port-base 0 for free ports',
        );
  });

const checkDocker = (env) => {
  const docker = find('docker', env);
  if (!docker) return note('docker', 'not on PATH; not needed');
  const compose = outputOf(docker, ['compose', 'version', '--short'], env);
  const engine = compose && outputOf(docker, ['info', '--format', '{{.ServerVersion}}'], env);
  return engine
    ? note(
        'docker',
        `an alternative that needs nothing else: docker compose up (engine ${firstLine(engine)})`,
      )
    : note('docker', `${compose ? 'its engine does not answer' : 'without compose'}; not needed`);
};

const examine = (env) =>
  checkPorts().then((ports) => [
    checkNode(),
    checkNpm(env),
    checkJava(env),
    checkKafka(env),
    checkPostgres(env),
    checkObjectStore(env),
    checkWritable(),
    checkDisk(env),
    checkMemory(),
    ports,
    checkDocker(env),
  ]);

const SIGN = { ok: 'ok     ', note: 'note   ', warning: 'WARNING', missing: 'MISSING' };

const describe = (checks) => {
  const lines = checks.map((check) => {
    const line = `${SIGN[check.status]}  ${`${check.name}            `.slice(0, 13)} ${check.found}`;
    return check.remedy ? `${line}\n         remedy: ${check.remedy}` : line;
  });
  const lacking = checks.filter((check) => check.status === 'missing').map((check) => check.name);
  const end = lacking.length ? `Missing: ${lacking.join(', ')}.` : 'All that is needed is there.';
  return `${lines.join('\n')}\n${end}\n`;
};

const main = (args, env) => {
  const unknown = args.filter((arg) => ['--json', '--help', '-h'].indexOf(arg) < 0);
  if (unknown.length) {
    process.stderr.write(`playhead doctor: unknown argument ${unknown[0]}\n\n${HELP}`);
    process.exitCode = 2;
    return Promise.resolve();
  }
  if (args.indexOf('--help') >= 0 || args.indexOf('-h') >= 0) {
    process.stdout.write(HELP);
    return Promise.resolve();
  }
  return examine(env).then((checks) => {
    const fit = checks.every((check) => check.status !== 'missing');
    process.stdout.write(
      args.indexOf('--json') >= 0 ? `${JSON.stringify({ ok: fit, checks })}\n` : describe(checks),
    );
    process.exitCode = fit ? 0 : 1;
  });
};

if (require.main === module) main(process.argv.slice(2), process.env);

module.exports = { KAFKA_VERSION, DOORS, cacheFolder, examine };
