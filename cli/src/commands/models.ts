import type { Command } from 'commander';
import type { Difference, ModelDocument, VersionComparison, VersionDocument } from '../documents';
import { path } from '../doors';
import { parseModelReference, parseVersionReference } from '../models/version-reference';
import { registryOf } from '../models/registry-door';
import { printJson, withPlace, type GlobalOptions } from '../options';
import { shortDigest, shortNumber, table } from '../view/text';
import { addDecisions } from './model-decisions';
import { addNotes } from './model-notes';
import { addImport } from './model-import';
import { addModelReports } from './model-reports';
import { describeGates } from './runs';

type ReadOptions = GlobalOptions & { readonly asOf?: string };

export const addModels = (program: Command): void => {
  const models = program
    .command('models')
    .description(
      'models and their versions: list, search, show, diff, check, approve, promote, roll back, tag, import',
    );
  models.addHelpText(
    'after',
    '\nExample:\n  ./playhead models list\n  ./playhead models diff fraud@1 fraud@2\n  ./playhead models promote fraud@2 --alias champion --as grace',
  );
  addReading(models);
  addModelReports(models);
  addDecisions(models);
  addNotes(models);
  addImport(models);
};

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
      .command('search')
      .argument('<query...>', 'words, and conditions on metric.<name>, tag.<name>, alias, status ...')
      .description('versions of all models that fit, the newest first'),
  )
    .option('--limit <n>', 'at most so many', Number, 100)
    .addHelpText(
      'after',
      `\nFields: model version status alias trainer task run origin description metric.<name> tag.<name>; with = != ~ (contains) < <= > >=.
A condition on what a version does not have does not hold.

Example:
  ./playhead models search 'metric.average_precision>=0.6 tag.team=risk'
  ./playhead models search fraud alias=champion --as-of 2026-01-01T00:00:00Z`,
    )
    .action(async (words: readonly string[], options: ReadOptions & { limit: number }) => {
      const answer = await (
        await registryOf(options)
      ).get<{ versions: readonly VersionDocument[] }>('/v1/models/search', {
        q: words.join(' '),
        limit: options.limit,
        asOf: options.asOf,
      });
      if (options.json) printJson(answer);
      else console.log(versionTable(answer.versions));
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
      const { model } = parseVersionReference(from);
      const comparison = await registry.get<VersionComparison>(path`/v1/models/${model}/diff`, {
        from,
        to: `${parseVersionReference(to).model}@${parseVersionReference(to).version}`,
        asOf: options.asOf,
      });
      if (options.json) printJson(comparison);
      else console.log(describeComparison(comparison));
    });
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
    ['version', 'status', 'aliases', 'tags', 'trainer', ...metrics, 'run', 'at'],
    versions.map((version) => [
      `${version.model}@${version.version}`,
      version.status,
      version.aliases.join(' '),
      tagText(version.tags),
      version.trainer,
      ...metrics.map((name) => shortNumber(version.metrics.holdout[name])),
      version.run,
      version.decidedAt,
    ]),
  );
};

const tagText = (tags: VersionDocument['tags']): string =>
  Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

const checkText = (check: VersionDocument['check']): string => {
  if (!check) return 'not checked yet; that comes before an approval or a promotion';
  const about = check.rows === 0 ? 'no vector carries its revision yet' : `on ${check.rows} recorded vectors`;
  return check.ok ? `loads and answers, ${about}` : `cannot be served: ${check.reason}`;
};

const describeVersion = (version: VersionDocument): string => {
  const { model, service, metrics, review, parameters } = version;
  return [
    `${model}@${version.version}: ${version.status}${version.aliases.length > 0 ? `, ${version.aliases.join(', ')}` : ''}`,
    `  run ${version.run}, registered at ${version.decidedAt}`,
    ...(version.description === null ? [] : [`  ${version.description}`]),
    ...(Object.keys(version.tags).length === 0 ? [] : [`  tags ${tagText(version.tags)}`]),
    `  check: ${checkText(version.check)}`,
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
