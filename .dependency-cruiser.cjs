// Layering is law (ARCHITECTURE.md, "The folders"). Each rule says why it is there; test/layering.spec.ts feeds each one a breach.
const lib = (...names) => `^libs/(${names.join('|')})/src`;
const outside = (...allowed) => `^libs/(?!(${allowed.join('|')})/)`;
const notInTests = '\\.(spec|conformance|testing)\\.ts$|/conformance/';

const libMayImport = (name, allowed, comment) => ({
  name: `${name}-imports-only-what-lies-below`,
  comment,
  severity: 'error',
  from: { path: lib(name), pathNot: notInTests },
  to: { path: [outside(name, ...allowed), '^services/', '^cli/'] },
});

module.exports = {
  forbidden: [
    libMayImport('kernel', [], 'The kernel is under everything; what it imported, everything would import.'),
    libMayImport(
      'contracts',
      ['kernel'],
      'Contracts are data and checks: whoever reads a topic must be able to load them alone.',
    ),
    libMayImport('artifacts', ['kernel'], 'A store of bytes knows nothing of what the bytes mean.'),
    libMayImport(
      'features',
      ['kernel'],
      'The feature engine is pure: replay, serving and tests run the same code over any events.',
    ),
    libMayImport(
      'learn',
      ['kernel', 'drift'],
      'A trainer that knew the platform could not promise that only its inputs decide its output; an online forest asks a detector.',
    ),
    libMayImport(
      'drift',
      ['kernel'],
      'Statistics are functions of columns, compared with public libraries column by column.',
    ),
    libMayImport(
      'eventlog',
      ['kernel', 'contracts'],
      'The log carries envelopes; what a service does with them is not its business.',
    ),
    libMayImport(
      'segments',
      ['kernel', 'contracts', 'eventlog', 'artifacts'],
      'Sealing and reading back what is sealed needs a log and a store, and nothing of what the records mean.',
    ),
    libMayImport('inference', ['kernel', 'contracts'], 'Scoring a matrix needs a model file and no log.'),
    libMayImport(
      'localstack',
      ['kernel'],
      'The local stack starts other programs; it must work before the platform does.',
    ),
    libMayImport(
      'folds',
      ['kernel', 'contracts', 'artifacts', 'eventlog', 'features', 'inference', 'drift'],
      'What services run and replay runs again: a fold that knew its service could not be run without it.',
    ),
    libMayImport(
      'parquet',
      ['kernel'],
      'A table in a file; what the columns mean is said by whoever writes it.',
    ),
    libMayImport(
      'fit',
      ['kernel', 'contracts', 'artifacts', 'learn', 'drift', 'inference', 'parquet'],
      'A data set and a request give a model file, in training and in a replay alike: neither log nor service decides it.',
    ),
    libMayImport(
      'replay',
      [
        'kernel',
        'contracts',
        'artifacts',
        'eventlog',
        'features',
        'learn',
        'drift',
        'inference',
        'folds',
        'segments',
        'parquet',
        'fit',
      ],
      'Replay runs folds against a log and a store, in whatever process: it must work where no service does.',
    ),
    libMayImport(
      'runtime',
      [
        'kernel',
        'contracts',
        'artifacts',
        'eventlog',
        'segments',
        'inference',
        'folds',
        'parquet',
        'fit',
        'replay',
        'features',
        'learn',
        'drift',
        'localstack',
      ],
      'The runtime is the frame of a service and knows none of them.',
    ),
    {
      name: 'services-talk-through-the-log-only',
      comment: 'A service never imports a service: what it must know of another stands on a topic.',
      severity: 'error',
      from: { path: '^services/([^/]+)/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'nobody-imports-a-service',
      comment: 'The command and the libraries talk to doors or to the log, as any outside program.',
      severity: 'error',
      from: { path: '^(libs|cli|bench)/' },
      to: { path: '^services/' },
    },
    {
      name: 'nobody-imports-the-command',
      comment: 'The command stands on top; what others need of it belongs into a library.',
      severity: 'error',
      from: { path: '^(libs|services)/' },
      to: { path: '^cli/' },
    },
    {
      name: 'only-its-command-imports-the-bench',
      comment: 'Measuring stands beside the product: nothing of the product may come to need it.',
      severity: 'error',
      from: { path: '^(libs|services|cli)/', pathNot: '^cli/src/commands/bench\\.ts$' },
      to: { path: '^bench/' },
    },
    {
      name: 'the-console-stands-alone',
      comment: 'It runs in a browser and knows the doors alone, as any outside program; nothing of ours runs there.',
      severity: 'error',
      from: { path: '^console/' },
      to: { path: '^(libs|services|cli|bench|test)/' },
    },
    {
      name: 'nobody-imports-the-console',
      comment: 'Monitoring serves its files as bytes.',
      severity: 'error',
      from: { path: '^(libs|services|cli|bench)/' },
      to: { path: '^console/' },
    },
    {
      name: 'tests-stay-out-of-the-product',
      comment: 'Test kits and specs are not shipped.',
      severity: 'error',
      from: { path: '^(libs|services|cli)/', pathNot: `${notInTests}|^libs/testing/` },
      to: { path: '\\.(spec|conformance|testing)\\.ts$|^libs/testing/|/conformance/' },
    },
    {
      name: 'only-runtime-and-services-know-nest',
      comment: 'Nest is wiring, life cycle and doors; everything below must run without it.',
      severity: 'error',
      from: { path: '^(libs|cli)/', pathNot: '^libs/runtime/' },
      to: { path: 'node_modules/@nestjs/' },
    },
    {
      name: 'pure-code-meets-no-machine',
      comment:
        'Domain code and the pure libraries import no Node built-ins: what they compute depends on their arguments alone.',
      severity: 'error',
      from: {
        path: ['^libs/(features|learn|drift)/src', '^services/[^/]+/src/domain/'],
        pathNot: notInTests,
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-code-meets-no-client',
      comment: 'A client in pure code would be a hidden input.',
      severity: 'error',
      from: {
        path: ['^libs/(kernel|features|learn|drift)/src', '^services/[^/]+/src/domain/'],
        pathNot: notInTests,
      },
      to: { path: 'node_modules/(@nestjs|kafkajs|pg|typeorm|minio|onnxruntime-node|@duckdb|pino|fastify)/' },
    },
    {
      name: 'kafkajs-stays-behind-the-log-port',
      comment: 'It is unmaintained and its traps are known in one place. One bench measures it as it is.',
      severity: 'error',
      from: { pathNot: ['^libs/eventlog/src/kafka/', '^bench/src/codec/kafkajs-client\\.ts$', notInTests] },
      to: { path: 'node_modules/kafkajs/' },
    },
    {
      name: 'no-cycles',
      comment: 'A cycle is one module in two files.',
      severity: 'error',
      from: { path: '^(libs|services|cli|bench|console)/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'require', 'node', 'default', 'types'],
    },
  },
};
