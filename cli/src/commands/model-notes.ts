import type { Command } from 'commander';
import { Refused } from '#kernel';
import type { NoteDocument } from '../documents';
import { path } from '../doors';
import { registryOf } from '../models/registry-door';
import { parseModelReference } from '../models/version-reference';
import { printJson, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';

type WriteOptions = GlobalOptions & ActorOptions;

/** What people write about a model or a version. */
export const addNotes = (models: Command): void => {
  withActor(
    withPlace(
      models
        .command('tag')
        .argument('<model>', 'fraud, fraud@3 or fraud@champion')
        .argument('[tags...]', 'name=value')
        .description('set tags of a model or a version, or take them away'),
    ),
  )
    .option('--delete <names...>', 'tags to take away')
    .addHelpText('after', '\nExample:\n  ./playhead models tag fraud@3 team=risk reviewed=yes --delete draft')
    .action(async (text: string, tags: readonly string[], options: WriteOptions & { delete?: string[] }) => {
      const taken = (options.delete ?? []).map((name) => [name, null] as const);
      report(
        await write(text, { tags: Object.fromEntries([...tags.map(parseTag), ...taken]) }, options),
        options,
      );
    });
  withActor(
    withPlace(
      models
        .command('describe')
        .argument('<model>', 'fraud, fraud@3 or fraud@champion')
        .argument('<text>', 'an empty one takes the description away')
        .description('say in words what a model or a version is'),
    ),
  )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead models describe fraud@3 "trained after the outage of May"',
    )
    .action(async (text: string, description: string, options: WriteOptions) => {
      report(await write(text, { description: description === '' ? null : description }, options), options);
    });
};

const parseTag = (text: string): readonly [string, string] => {
  const at = text.indexOf('=');
  if (at < 1)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `"${text}" is no tag; write for example team=risk`);
  return [text.slice(0, at), text.slice(at + 1)];
};

const write = async (text: string, note: object, options: WriteOptions): Promise<NoteDocument> => {
  const { model, version } = parseModelReference(text);
  const registry = await registryOf(options);
  return version === undefined
    ? registry.post(path`/v1/models/${model}/notes`, note)
    : registry.post(path`/v1/models/${model}/versions/${version}/notes`, note);
};

const report = (note: NoteDocument, { json }: GlobalOptions): void => {
  if (json) return printJson(note);
  const { model, version, tags, description } = note;
  const said = Object.entries(tags).map(([name, value]) => `${name}=${value}`);
  console.log(`${model}${version === undefined ? '' : `@${version}`}: ${said.join(' ') || 'no tags'}`);
  if (description !== null) console.log(`  ${description}`);
};
