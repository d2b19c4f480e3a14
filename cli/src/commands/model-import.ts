import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Refused, messageOf } from '#kernel';
import type { RunDocument } from '../documents';
import { path } from '../doors';
import { progress, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';
import { askForRun } from './runs';

interface ImportOptions extends GlobalOptions, ActorOptions {
  readonly model: string;
  readonly metrics?: string;
  readonly output?: string;
  readonly negate: boolean;
  readonly asOf?: string;
  readonly wait: boolean;
  readonly timeout?: string;
}

interface Imported extends RunDocument {
  readonly check: { readonly changes: readonly string[]; readonly warnings: readonly string[] };
}

/** `models import`: a file from elsewhere becomes the next version, once it is checked and judged. */
export const addImport = (models: Command): void => {
  withActor(
    withPlace(
      models
        .command('import')
        .argument('<file>', 'an ONNX file')
        .description(
          'take a model file from elsewhere: it is checked, judged on the hold-out as any other, and becomes the next version',
        ),
    ),
  )
    .requiredOption(
      '--model <name>',
      'whose version it becomes; task and features are those of its definition',
    )
    .option('--metrics <file>', 'JSON: metrics by your own account, kept as claims')
    .option('--output <name>', 'the output of the file to take, where it cannot be told')
    .option('--negate', 'turn the sign of the output: where less means stranger', false)
    .option('--as-of <cut>', 'judge it on what was known then')
    .option('--wait', 'wait for the end of the run (the default)', true)
    .option('--no-wait', 'only ask for the run')
    .option('--timeout <duration>', 'wait no longer than this, for example 10m; the run goes on')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead models import forest.onnx --model fraud --metrics metrics.json --as ada\n\nWhat is taken and what is refused: docs/how-to/import.md',
    )
    .action(async (file: string, options: ImportOptions) => {
      const bytes = await readGiven(file);
      const metrics = options.metrics === undefined ? undefined : String(await readGiven(options.metrics));
      const { model, output, negate, asOf } = options;
      await askForRun(model, options, async (registry) => {
        const imported = await registry.upload<Imported>(path`/v1/models/${model}/import`, bytes, {
          output,
          metrics: metrics === undefined ? undefined : compact(metrics, options.metrics!),
          asOf,
          ...(negate && { negate }),
        });
        for (const change of imported.check.changes) progress(`changed: ${change}`);
        for (const warning of imported.check.warnings) progress(`warning: ${warning}`);
        return imported;
      });
    });
};

const readGiven = async (file: string): Promise<Buffer> => {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
};

const compact = (text: string, file: string): string => {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (cause) {
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `${file} is no JSON`, { cause });
  }
};
