import { Type } from 'typebox';
import { ConfigurationError } from '#kernel';
import { commonRules, commonVariables, compileCommon } from './common-config';
import { configReference, defineConfig, loadConfig } from './define-config';

const spec = defineConfig({
  service: 'registry',
  variables: {
    ...commonVariables('registry'),
    PLAYHEAD_PATIENCE_MS: Type.Integer({ default: 500, minimum: 1, description: 'how long a door waits' }),
  },
  rules: commonRules,
  compile: (options) => ({ ...compileCommon('registry', options), patienceMs: options.PLAYHEAD_PATIENCE_MS }),
});

const faultsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    loadConfig(spec, environment);
    return [];
  } catch (error) {
    return (error as ConfigurationError).faults;
  }
};

it('fills in defaults, reads lists and numbers, and takes an empty variable for one that is not set', () => {
  const config = loadConfig(spec, {
    KAFKA_BROKERS: 'a:1, b:2',
    PLAYHEAD_ARTIFACT_DIR: '/data',
    PLAYHEAD_PORT: '0',
    POSTGRES_URL: '',
  });
  expect(config).toEqual({
    sealing: { records: 100_000, ageMs: 86_400_000 },
    service: 'registry',
    namespace: 'playhead',
    instance: 'local',
    host: '127.0.0.1',
    port: 0,
    consoleOrigins: ['http://127.0.0.1:7006', 'http://localhost:7006'],
    logLevel: 'info',
    brokers: ['a:1', 'b:2'],
    postgresUrl: undefined,
    s3: undefined,
    artifactDirectory: '/data',
    patienceMs: 500,
  });
});

it('lists all faults at once and shows no secret', () => {
  const faults = faultsOf({
    KAFKA_BROKERS: 'nowhere',
    PLAYHEAD_PORT: 'http',
    LOG_LEVEL: 'loud',
    POSTGRES_URL: 'mysql://root:hunter2@db',
  });
  expect(faults).toEqual([
    'KAFKA_BROKERS must match pattern "^[^\\s:]+:\\d{1,5}$", not "nowhere"',
    'POSTGRES_URL must match pattern "^postgres(ql)?://"',
    'PLAYHEAD_PORT must be integer, not "http"',
    'LOG_LEVEL must be equal to one of the allowed values (trace, debug, info, warn, error, fatal, silent), not "loud"',
  ]);
});

it('checks combinations once each value is right', () => {
  expect(faultsOf({})).toEqual([
    'no place for artifacts: set S3_ENDPOINT with its keys, or PLAYHEAD_ARTIFACT_DIR',
  ]);
  expect(faultsOf({ S3_ENDPOINT: 'http://s3:9000' })).toEqual([
    'S3_ENDPOINT is set, so S3_ACCESS_KEY and S3_SECRET_KEY must be, too',
  ]);
});

it('gives the reference of every variable', () => {
  const reference = configReference(spec);
  expect(reference.every(({ meaning }) => meaning.length > 0)).toBe(true);
  expect(reference).toContainEqual({
    name: 'PLAYHEAD_PORT',
    type: 'integer',
    meaning: 'port of the HTTP doors; 0 takes a free one',
    default: '7004',
    unit: 'TCP port',
    example: '8080',
    secret: false,
  });
});
