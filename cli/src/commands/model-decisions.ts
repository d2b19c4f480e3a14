import type { Command } from 'commander';
import type { AliasDocument, VersionDocument } from '../documents';
import { path } from '../doors';
import { registryOf } from '../models/registry-door';
import { parseVersionReference } from '../models/version-reference';
import { printJson, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';

type WriteOptions = GlobalOptions & ActorOptions;

/** Who decides about versions: check, approve, reject, promote, roll back, aliases. */
export const addDecisions = (models: Command): void => {
  addCheck(models);
  addReview(models, 'approve', 'approve a version');
  addReview(models, 'reject', 'reject a version: it can get no alias');
  addPromotion(models);
  addAlias(models);
};

const addCheck = (models: Command): void => {
  withActor(
    withPlace(
      models
        .command('check')
        .argument('<version>', 'fraud@3')
        .description('load a version as serving would and ask it about recorded vectors, now'),
    ),
  )
    .addHelpText('after', '\nExample:\n  ./playhead models check fraud@3')
    .action(async (text: string, options: WriteOptions) => {
      const { model, version } = parseVersionReference(text);
      const checked = await (
        await registryOf(options)
      ).post<VersionDocument>(path`/v1/models/${model}/versions/${version}/check`);
      if (options.json) printJson(checked);
      else {
        const { ok, rows, reason } = checked.check!;
        console.log(
          `${model}@${checked.version} ${ok ? `loads, and answers ${rows} recorded vectors` : `cannot be served: ${reason}`}`,
        );
      }
      if (!checked.check?.ok) process.exitCode = 1;
    });
};

const addAlias = (models: Command): void => {
  const alias = models.command('alias').description('names of versions: set, delete');
  alias.addHelpText('after', '\nExample:\n  ./playhead models alias set fraud@3 candidate --as grace');
  withActor(
    withPlace(
      alias
        .command('set')
        .argument('<version>', 'fraud@3')
        .argument('<alias>', 'candidate')
        .description('let an alias name a version; the same as promote --alias'),
    ),
  )
    .addHelpText('after', '\nExample:\n  ./playhead models alias set fraud@3 candidate --as grace')
    .action(async (text: string, name: string, options: WriteOptions) => {
      const { model, version } = parseVersionReference(text);
      const registry = await registryOf(options);
      reportAlias(
        await registry.post<AliasDocument>(path`/v1/models/${model}/versions/${version}/promote`, {
          alias: name,
        }),
        options,
      );
    });
  withActor(
    withPlace(
      alias
        .command('delete')
        .argument('<model>')
        .argument('<alias>')
        .description('take an alias away; refused while a deployment answers with it'),
    ),
  )
    .addHelpText('after', '\nExample:\n  ./playhead models alias delete fraud candidate --as grace')
    .action(async (model: string, name: string, options: WriteOptions) => {
      const registry = await registryOf(options);
      const removed = await registry.delete(path`/v1/models/${model}/aliases/${name}`);
      if (options.json) printJson(removed);
      else console.log(`${name} of ${model} names nothing any more`);
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
    .option('--alias <alias>', 'the alias; champion without --to')
    .option('--to <environment>', 'dev, staging or production: the alias of that name')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead models promote fraud@3 --alias champion --as grace\n  ./playhead models promote fraud@3 --to staging --as grace',
    )
    .action(async (text: string, options: WriteOptions & { alias?: string; to?: string }) => {
      const { model, version } = parseVersionReference(text);
      const registry = await registryOf(options);
      reportAlias(
        await registry.post<AliasDocument>(path`/v1/models/${model}/versions/${version}/promote`, {
          alias: options.alias,
          to: options.to,
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

const reportAlias = (answer: AliasDocument, { json }: GlobalOptions): void => {
  if (json) return printJson(answer);
  const { model, alias, version, previous, deployments } = answer;
  console.log(
    `${alias} of ${model} is version ${version}${previous === null ? '' : ` (before: ${previous})`}`,
  );
  for (const { name, state, share } of deployments)
    console.log(
      share === undefined
        ? `  deployment ${name}: ${state}; \`./playhead deploy ${name} --wait\` waits until it serves version ${version}`
        : `  deployment ${name}: version ${version} is rolled out, at ${share} % now; \`./playhead deploy ${name} --watch\` shows it`,
    );
};
