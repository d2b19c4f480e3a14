import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { writeModelCard, type EvaluationReport, type ModelCard } from '#fit';
import { openDoor, path, type Door } from '../doors';
import { describeEvaluation } from '../models/describe-evaluation';
import { parseVersionReference } from '../models/version-reference';
import { printJson, withPlace, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';

const registryOf = async (options: GlobalOptions): Promise<Door> =>
  openDoor((await findPlatform(options.dataDir, process.env)).url('registry'));

/** What is known of how good a version is: `models evaluation` and `models card`. */
export const addModelReports = (models: Command): void => {
  withPlace(
    models
      .command('evaluation')
      .argument('<version>', 'fraud@3 or fraud@champion')
      .description('how good a version is: intervals, slices, fairness, calibration, folds, importance'),
  )
    .addHelpText('after', '\nExample:\n  ./playhead models evaluation fraud@champion')
    .action(async (text: string, options: GlobalOptions) => {
      const { model, version } = parseVersionReference(text);
      const registry = await registryOf(options);
      const report = await registry.get<EvaluationReport>(
        path`/v1/models/${model}/versions/${version}/evaluation`,
      );
      if (options.json) printJson(report);
      else console.log(describeEvaluation(text, report));
    });
  withPlace(
    models
      .command('card')
      .argument('<version>', 'fraud@3 or fraud@champion')
      .description('the model card, generated from the facts, as Markdown'),
  )
    .option(
      '--as-of <when>',
      'decisions as they stood then: a time (RFC 3339) or a position in registry.inputs',
    )
    .option('--output <file>', 'write it there')
    .addHelpText('after', '\nExample:\n  ./playhead models card fraud@3 --output fraud-3.md')
    .action(async (text: string, options: GlobalOptions & { asOf?: string; output?: string }) => {
      const { model, version } = parseVersionReference(text);
      const registry = await registryOf(options);
      const card = await registry.get<ModelCard>(path`/v1/models/${model}/versions/${version}/card`, {
        format: 'json',
        asOf: options.asOf,
      });
      if (options.output !== undefined) await writeFile(options.output, writeModelCard(card));
      if (options.json) printJson(card);
      else if (options.output === undefined) process.stdout.write(writeModelCard(card));
      else console.log(`the card of ${text} is in ${options.output}`);
    });
};
