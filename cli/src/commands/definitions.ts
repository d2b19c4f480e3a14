import type { Command } from 'commander';
import {
  diffDefinitions,
  formatDiff,
  loadDefinitions,
  type Definition,
  type DefinitionChange,
  type DefinitionFile,
} from '#contracts';
import { isPlatformError } from '#kernel';
import { trainerFaults } from '#learn';
import type { AppliedDocument, DefinitionDocument, OneDefinitionDocument } from '../documents';
import { openDoor, path, type Door } from '../doors';
import { printJson, progress, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { readDefinitionFiles } from '../project/definition-files';
import { writtenForm } from '../project/written-form';
import { plural, shortDigest, table } from '../view/text';

interface FileOptions extends GlobalOptions {
  readonly file: string;
}

const withFile = (command: Command): Command =>
  command.requiredOption('-f, --file <path>', 'a YAML file, or a folder of them');

export const addApply = (program: Command): void => {
  withActor(
    withFile(
      withPlace(
        program.command('apply').description('check definitions, show what they change, and make them hold'),
      ),
    ),
  )
    .option('--dry-run', 'only check and show; works without a running platform too', false)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead apply -f playhead.yaml\n  ./playhead apply -f my-project --dry-run',
    )
    .action(async (options: FileOptions & ActorOptions & { dryRun: boolean }) => {
      const files = await readDefinitionFiles(options.file);
      const registry = await registryUnless(options, options.dryRun);
      const checked = check(files, registry ? await definitionsIn(registry) : []);
      if (!registry) {
        progress('no platform is up: the definitions were checked by themselves');
        return report({ dryRun: true, changes: checked, definitions: [] }, options.json);
      }
      const said = formatDiff(checked);
      if (!options.json && said !== '') console.log(said);
      const answer = await registry.post<AppliedDocument>('/v1/definitions', {
        files,
        dryRun: options.dryRun,
      });
      if (options.json) printJson(answer);
      else console.log(summary(answer));
    });
};

export const addDiff = (program: Command): void => {
  withFile(withPlace(program.command('diff').description('what `apply` would change')))
    .addHelpText('after', '\nExample:\n  ./playhead diff -f playhead.yaml')
    .action(async (options: FileOptions) => {
      const files = await readDefinitionFiles(options.file);
      const registry = await registryUnless(options, false);
      const changes = check(files, await definitionsIn(registry!));
      report({ dryRun: true, changes, definitions: [] }, options.json);
    });
};

export const addGet = (program: Command): void => {
  withPlace(
    program
      .command('get')
      .argument('<kind>', 'Stream, FeatureView, FeatureService, Label, Model, Deployment or Monitor')
      .argument('[name]'),
  )
    .description('definitions that hold, or one of them as it is written')
    .option('--as-of <when>', 'what held then: a time (RFC 3339) or a position in registry.inputs (0-12)')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead get Stream\n  ./playhead get Model fraud --as-of 2018-05-06T00:00:00Z',
    )
    .action(async (kind: string, name: string | undefined, options: GlobalOptions & { asOf?: string }) => {
      const { asOf } = options;
      const registry = openDoor((await findPlatform(options.dataDir, process.env)).url('registry'));
      if (name === undefined) {
        const answer = await registry.get<{ definitions: readonly DefinitionDocument[] }>(
          path`/v1/definitions/${kind}`,
          { asOf },
        );
        return options.json ? printJson(answer) : console.log(definitionTable(answer.definitions));
      }
      const definition = await registry.get<OneDefinitionDocument>(path`/v1/definitions/${kind}/${name}`, {
        asOf,
      });
      if (options.json) return printJson(definition);
      const { revision, digest, appliedBy, decidedAt } = definition;
      console.log(
        `# revision ${revision}, digest ${digest}, applied by ${appliedBy} at ${decidedAt}\n${writtenForm(definition)}`,
      );
      if (definition.kind === 'FeatureService') console.log(lives(definition));
    });
};

/** The revisions of a feature service as comments below its text: which ones vectors carry, and how far the others are. */
const lives = ({ revisions }: OneDefinitionDocument): string =>
  revisions
    .map(({ revision, digest, phase, warm, activeSince }) => {
      const since = activeSince ? ` since ${activeSince.position} of registry.inputs` : '';
      const of = warm.of ?? 0;
      const percent = of === 0 ? 0 : Math.floor((100 * warm.partitions) / of);
      const how =
        phase === 'warming'
          ? `warming, ${percent} % of its partitions`
          : `${phase}${phase === 'active' ? since : ''}`;
      return `# revision ${revision}, ${shortDigest(digest)}: ${how}`;
    })
    .join('\n');

/** The registry's door; nothing where no platform is up and `mayBeAway`. */
const registryUnless = async (
  options: GlobalOptions & Partial<ActorOptions>,
  mayBeAway: boolean,
): Promise<Door | undefined> => {
  try {
    return openDoor((await findPlatform(options.dataDir, process.env)).url('registry'), options.as);
  } catch (error) {
    if (mayBeAway && isPlatformError(error) && error.code === 'PLAYHEAD_NOT_FOUND') return undefined;
    throw error;
  }
};

const definitionsIn = async (registry: Door): Promise<Definition[]> => {
  const { definitions } = await registry.get<{ definitions: readonly DefinitionDocument[] }>(
    '/v1/definitions',
  );
  return definitions.map(({ kind, name, spec }) => ({ kind, name, spec }) as unknown as Definition);
};

/** What would change; throws with every fault, each with its line, where something is wrong. */
const check = (
  files: readonly DefinitionFile[],
  known: readonly Definition[],
): readonly DefinitionChange[] => {
  const { definitions } = loadDefinitions(files, {
    known,
    trainerFaults,
  });
  return diffDefinitions(known, definitions);
};

type Reported = Pick<AppliedDocument, 'dryRun' | 'changes' | 'definitions'>;

const report = (answer: Reported, json: boolean): void => {
  if (json) return printJson(answer);
  const said = formatDiff(answer.changes);
  if (said !== '') console.log(said);
  console.log(summary(answer));
};

const summary = ({ dryRun, changes, definitions }: Reported): string => {
  const changed = changes.filter(({ change }) => change !== 'unchanged');
  const unchanged = changes.length - changed.length;
  if (changed.length === 0) return `nothing changes: ${plural(unchanged, 'definition')} as they hold`;
  const counts = `${plural(changed.length, 'definition')} ${dryRun ? 'would change' : 'applied'}, ${unchanged} unchanged`;
  if (dryRun) return counts;
  const revisions = changed.flatMap(({ kind, name }) =>
    definitions.filter((given) => given.kind === kind && given.name === name),
  );
  return [
    ...revisions.map(
      ({ kind, name, revision, digest }) => `${kind} ${name}: revision ${revision}, ${shortDigest(digest)}`,
    ),
    counts,
    ...revisions
      .filter(({ kind, revision }) => kind === 'FeatureService' && Number(revision) > 1)
      .map(
        ({ name }) =>
          `the new revision warms up beside the old one: \`./playhead get FeatureService ${name}\``,
      ),
  ].join('\n');
};

const definitionTable = (definitions: readonly DefinitionDocument[]): string =>
  table(
    ['kind', 'name', 'revision', 'digest', 'applied by', 'at'],
    definitions.map(({ kind, name, revision, digest, appliedBy, decidedAt }) => [
      kind,
      name,
      revision,
      shortDigest(digest),
      appliedBy,
      decidedAt,
    ]),
  );
