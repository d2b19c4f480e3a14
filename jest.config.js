// The level of a test is in its file name. `quick` needs no server and runs at every `npm run check`;
// `integration`, `e2e` and `chaos` start the real local stack. See CONTRIBUTING.md, "Test levels".
const libs = [
  'kernel',
  'contracts',
  'eventlog',
  'artifacts',
  'segments',
  'features',
  'learn',
  'drift',
  'inference',
  'folds',
  'parquet',
  'fit',
  'replay',
  'runtime',
  'localstack',
  'testing',
];

const common = {
  rootDir: __dirname,
  testEnvironment: '<rootDir>/test/jest-environment.js',
  transform: { '^.+\\.(t|m?j)s$': ['@swc/jest'] },
  transformIgnorePatterns: ['/node_modules/(?!(@nestjs|typebox|@marcbachmann|jose)/)'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.playhead/'],
  moduleNameMapper: {
    '^#eventlog/kafka$': '<rootDir>/libs/eventlog/src/kafka',
    '^#eventlog/conformance$': '<rootDir>/libs/eventlog/src/conformance',
    '^#artifacts/minio$': '<rootDir>/libs/artifacts/src/minio',
    [`^#(${libs.join('|')})$`]: '<rootDir>/libs/$1/src',
  },
};

const patient = { setupFilesAfterEnv: ['<rootDir>/test/support/patience.cjs'] };

module.exports = {
  projects: [
    {
      ...common,
      displayName: 'quick',
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '/dist/',
        '\\.int\\.spec\\.ts$',
        '/test/e2e/',
        '/test/chaos/',
      ],
      ...patient,
    },
    {
      ...common,
      displayName: 'integration',
      testMatch: ['**/*.int.spec.ts'],
      ...patient,
      testPathIgnorePatterns: ['/node_modules/', '/dist/'],
    },
    { ...common, displayName: 'e2e', testMatch: ['<rootDir>/test/e2e/**/*.spec.ts'], ...patient },
    { ...common, displayName: 'chaos', testMatch: ['<rootDir>/test/chaos/**/*.spec.ts'], ...patient },
  ],
};
