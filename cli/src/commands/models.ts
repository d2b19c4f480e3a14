import type { Command } from 'commander';
import type { AliasDocument, ModelDocument, RunDocument, VersionDocument } from '../documents';
import { openDoor, path, type Door } from '../doors';
import {
  compareVersions,
  type ComparedVersion,
  type Difference,
  type VersionComparison,
} from '../models/compare-versions';
import { parseModelReference, parseVersionReference } from '../models/version-reference';
import { printJson, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { shortDigest, shortNumber, table } from '../view/text';
import { addModelReports } from './model-reports';
import { describeGates } from './runs';

type ReadOptions = GlobalOptions & { readonly asOf?: string };
type WriteOptions = GlobalOptions & ActorOptions;

export const addModels = (program: Command): void => {
  const models = program
    .command('models')
    .description('models and their versions: list, show, diff, promote, roll back, approve, reject');
  models.addHelpText(
    'after',
    '\nExample:\n  ./playhead models list\n  ./playhead models diff fraud@1 fraud@2\n  ./playhead models promote fraud@2 --alias champion --as grace',
  );
  addReading(models);
  addModelReports(models);
  addPromotion(models);
  addReview(models, 'approve', 'approve a version');
  addReview(models, 'reject', 'reject a version: it can get no alias');
};

const registryOf = async (options: GlobalOptions & Partial<ActorOptions>): Promise<Door> =>
  openDoor((await findPlatform(options.dataDir, process.env)).url('registry'), options.as);

const withTime = (command: Command): Command =>
  withPlace(command).option(
    '--as-of <when>',
    'what held then: a time (RFC 3339) or a position in registry.inputs (0-12)',
  );

const addReading = (models: Command): void => {
  withTime(models.command('list').description('models with their newest version and aliases'))
    .addHelpText('after', '\nExample:\n  ./playhead models list')
    .action(async (options: ReadOptions) => {
      const answer = await (
        await registryOf(options)
      ).get<{ models: readonly ModelDocument[] }>('/v1/models', { asOf: options.asOf });
      if (options.json) printJson(answer);
      else console.log(modelTable(answer.models));
    });
  withTime(
    models
      .command('show')
      .argument('<model>', 'fraud, fraud@3 or fraud@champion')
      .description('a model with its versions, or one version'),
  )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead models show fraud\n  ./playhead models show fraud@champion --json',
    )
    .action(async (text: string, options: ReadOptions) => {
      const { model, version } = parseModelReference(text);
      const { asOf } = options;
      const registry = await registryOf(options);
      if (version !== undefined) {
        const found = await registry.get<VersionDocument>(path`/v1/models/${model}/versions/${version}`, {
          asOf,
        });
        return options.json ? printJson(found) : console.log(describeVersion(found));
      }
      const [found, { versions }] = await Promise.all([
        registry.get<ModelDocument>(path`/v1/models/${model}`, { asOf }),
        registry.get<{ versions: readonly VersionDocument[] }>(path`/v1/models/${model}/versions`, { asOf }),
      ]);
      if (options.json) printJson({ ...found, versions });
      else console.log(`${modelTable([found])}\n\n${versionTable(versions)}`);
    });
  withTime(
    models
      .command('diff')
      .argument('<from>', 'fraud@1')
      .argument('<to>', 'fraud@2')
      .description('in what two versions differ: parameters, metrics, features, data'),
  )
    .addHelpText('after', '\nExample:\n  ./playhead models diff fraud@1 fraud@champion')
    .action(async (from: string, to: string, options: ReadOptions) => {
      const registry = await registryOf(options);
      const [a, b] = await Promise.all(
        [from, to].map((text) => comparedVersion(registry, text, options.asOf)),
      );
      const comparison = compareVersions(a!, b!);
      if (options.json) printJson(comparison);
      else console.log(describeComparison(comparison));
    });
};

const addPromotion = (models: Command): void => {
  withActor(
    withPlace(
      models
        .command('promote')
        .argument('<version>', 'fraud@3')
        .description('let an alias name this version; deployments of the alias change to it'),
    ),
  )
    .option('--alias <alias>', 'the alias', 'champion')
    .addHelpText('after', '\nExample:\n  ./playhead models promote fraud@3 --alias champion --as grace')
    .action(async (text: string, options: WriteOptions & { alias: string }) => {
      const { model, version } = parseVersionReference(text);
      const registry = await registryOf(options);
      reportAlias(
        await registry.post<AliasDocument>(path`/v1/models/${model}/versions/${version}/promote`, {
          alias: options.alias,
        }),
        options,
      );
    });
  withActor(
    withPlace(
      models
        .command('rollback')
        .argument('<model>')
        .description('let an alias name the version that it named before'),
    ),
  )
    .option('--alias <alias>', 'the alias', 'champion')
    .addHelpText('after', '\nExample:\n  ./playhead models rollback fraud --as grace')
    .action(async (model: string, options: WriteOptions & { alias: string }) => {
      const registry = await registryOf(options);
      reportAlias(
        await registry.post<AliasDocument>(path`/v1/models/${model}/rollback`, { alias: options.alias }),
        options,
      );
    });
};

const addReview = (models: Command, verb: 'approve' | 'reject', description: string): void => {
  withActor(withPlace(models.command(verb).argument('<version>', 'fraud@3').description(description)))
    .option('--comment <text>', 'why')
    .addHelpText(
      'after',
      `\nExample:\n  ./playhead models ${verb} fraud@3 --as grace --comment "looked at the slices"`,
    )
    .action(async (text: string, options: WriteOptions & { comment?: string }) => {
      const { model, version } = parseVersionReference(text);
      const registry = await registryOf(options);
      const reviewed = await registry.post<VersionDocument>(
        path`/v1/models/${model}/versions/${version}/${verb}`,
        { comment: options.comment },
      );
      if (options.json) printJson(reviewed);
      else
        console.log(
          `${model}@${reviewed.version} is ${reviewed.status} by ${reviewed.review?.by ?? options.as}`,
        );
    });
};

const comparedVersion = async (
  registry: Door,
  text: string,
  asOf: string | undefined,
): Promise<ComparedVersion> => {
  const { model, version: named } = parseVersionReference(text);
  const version = await registry.get<VersionDocument>(path`/v1/models/${model}/versions/${named}`, { asOf });
  return { version, run: await registry.get<RunDocument>(path`/v1/runs/${version.run}`, { asOf }) };
};

const reportAlias = (answer: AliasDocument, { json }: GlobalOptions): void => {
  if (json) return printJson(answer);
  const { model, alias, version, previous, deployments } = answer;
  console.log(
    `${alias} of ${model} is version ${version}${previous === null ? '' : ` (before: ${previous})`}`,
  );
  for (const { name, state } of deployments)
    console.log(
      `  deployment ${name}: ${state}; \`./playhead deploy ${name} --wait\` waits until it serves version ${version}`,
    );
};

const modelTable = (models: readonly ModelDocument[]): string =>
  table(
    ['model', 'task', 'features', 'label', 'versions', 'newest', 'aliases'],
    models.map(({ name, task, service, label, versions, latest, aliases }) => [
      name,
      task,
      service,
      label,
      versions,
      latest === null
        ? 'none yet'
        : `${name}@${latest.version}, ${latest.passed ? 'passed' : 'failed'} its gates`,
      Object.entries(aliases)
        .map(([alias, version]) => `${alias}=${version}`)
        .join(' '),
    ]),
  );

const MOST_METRICS = 4;

/** Those that gates look at come first. */
const tableMetrics = (versions: readonly VersionDocument[]): readonly string[] => {
  const measured = versions.flatMap(({ metrics }) => Object.keys(metrics.holdout)).sort();
  const judged = versions
    .flatMap(({ gates }) => gates.map(({ metric }) => metric))
    .filter((name) => measured.includes(name));
  return [...new Set([...judged, ...measured])].slice(0, MOST_METRICS);
};

const versionTable = (versions: readonly VersionDocument[]): string => {
  const metrics = tableMetrics(versions);
  return table(
    ['version', 'status', 'aliases', 'trainer', ...metrics, 'run', 'at'],
    versions.map((version) => [
      version.version,
      version.status,
      version.aliases.join(' '),
      version.trainer,
      ...metrics.map((name) => shortNumber(version.metrics.holdout[name])),
      version.run,
      version.decidedAt,
    ]),
  );
};

const describeVersion = (version: VersionDocument): string => {
  const { model, service, metrics, review, parameters } = version;
  return [
    `${model}@${version.version}: ${version.status}${version.aliases.length > 0 ? `, ${version.aliases.join(', ')}` : ''}`,
    `  run ${version.run}, registered at ${version.decidedAt}`,
    ...(review
      ? [`  ${review.verdict} by ${review.by}${review.comment === null ? '' : `: ${review.comment}`}`]
      : []),
    `  trainer ${version.trainer}, seed ${version.seed}, ${
      Object.entries(parameters)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ') || 'default parameters'
    }`,
    `  feature service ${service.name} revision ${service.revision}: ${service.features.join(', ')}`,
    `  model file ${version.artifact}`,
    `  data set   ${version.dataset}`,
    `  manifest   ${version.manifest}`,
    describeGates(version),
    table(
      ['metric', 'hold-out', 'train'],
      Object.entries(metrics.holdout).map(([name, value]) => [
        name,
        shortNumber(value),
        shortNumber(metrics.train?.[name]),
      ]),
    ),
  ].join('\n');
};

const describeComparison = ({ from, to, parameters, metrics, features, data }: VersionComparison): string => {
  const changes = (title: string, differences: readonly Difference[]): string =>
    differences.length === 0
      ? `${title}: the same`
      : `${title}:\n${differences.map(({ name, from: a, to: b }) => `  ${name}: ${a ?? '-'} -> ${b ?? '-'}`).join('\n')}`;
  const named = [
    ...features.added.map((name) => `  + ${name}`),
    ...features.removed.map((name) => `  - ${name}`),
    ...(features.reordered ? ['  the order changed'] : []),
    ...(features.definition ? [`  ${features.definition.from} -> ${features.definition.to}`] : []),
  ];
  return [
    `${from} -> ${to}`,
    changes('parameters', parameters),
    table(
      ['metric', from, to, 'change'],
      metrics.map(({ name, from: a, to: b, delta }) => [
        name,
        shortNumber(a),
        shortNumber(b),
        delta === null ? '-' : `${delta > 0 ? '+' : ''}${shortNumber(delta)}`,
      ]),
    ),
    named.length === 0 ? 'features: the same' : `features:\n${named.join('\n')}`,
    changes(
      'data',
      data.map((difference) => ({ ...difference, from: brief(difference.from), to: brief(difference.to) })),
    ),
  ].join('\n');
};

const brief = (value: Difference['from']): Difference['from'] =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? shortDigest(value) : value;
