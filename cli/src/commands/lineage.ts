import { Argument, type Command } from 'commander';
import { Refused } from '#kernel';
import { parseSubject, traceLineage, type Subject } from '#replay';
import { printJson, withPlace, type GlobalOptions } from '../options';
import { withPlatformPorts } from '../platform/platform-ports';
import { lineageTree } from '../view/lineage-tree';

interface LineageOptions extends GlobalOptions {
  readonly all: boolean;
}

const KINDS: readonly Subject['kind'][] = ['prediction', 'vector', 'observation'];

export const addLineage = (program: Command): void => {
  withPlace(
    program
      .command('lineage')
      .argument('<what>', 'DEPLOYMENT/ID of a prediction; or vector, observation, with the next argument')
      .addArgument(new Argument('[id]', 'SERVICE/ID of a vector, STREAM/ID of an observation'))
      .description('what a prediction came from, or all that came of an observation, as a tree'),
  )
    .option('--all', 'every observation and vector, not the newest few', false)
    .addHelpText(
      'after',
      `
ID is the position on its topic (2-18273), as \`tail\` shows it, or the event id, which takes a look at the whole topic.
<- is what something came from, -> what it went into.

Example:
  ./playhead lineage fraud/2-18273
  ./playhead lineage vector fraud/2-18290
  ./playhead lineage observation transactions/tx-4961 --all`,
    )
    .action(async (what: string, id: string | undefined, options: LineageOptions) => {
      const subject = subjectOf(what, id);
      const place = { dataDir: options.dataDir, client: 'lineage' };
      const node = await withPlatformPorts(place, ({ log, namespace }) =>
        traceLineage(log, namespace, subject),
      );
      if (options.json) printJson(node);
      else console.log(lineageTree(node, options.all));
    });
};

const subjectOf = (what: string, id: string | undefined): Subject => {
  if (id === undefined) return parseSubject('prediction', what);
  const kind = KINDS.find((known) => known === what);
  if (!kind)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `"${what}" is none of ${KINDS.join(', ')}; see \`playhead lineage --help\``,
    );
  return parseSubject(kind, id);
};
