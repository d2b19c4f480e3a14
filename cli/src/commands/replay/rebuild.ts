import { Option, type Command } from 'commander';
import { localFit } from '../../platform/local-fit';
import {
  rebuildModel,
  versionNumberOf,
  type DatasetSource,
  type RebuildReport,
  type SpoiltArtifact,
} from '#replay';
import { parseVersionReference } from '../../models/version-reference';
import { printJson, progress, withPlace, type GlobalOptions } from '../../options';
import { withPlatformPorts } from '../../platform/platform-ports';

interface RebuildOptions extends GlobalOptions {
  readonly from?: DatasetSource;
}

export const addReplayRebuild = (replay: Command): void => {
  withPlace(
    replay
      .command('rebuild')
      .argument('<version>', 'fraud@3 or fraud@champion')
      .description(
        'fit a version again from the log and its manifest, and compare the bytes; exit 1 where they differ or a stored file is damaged',
      ),
  )
    .addOption(
      new Option(
        '--from <what>',
        'where the rows come from: the logged vectors, or the observations folded again; as its data set was built by default',
      ).choices(['vectors', 'observations']),
    )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead replay rebuild fraud@3\n  ./playhead replay rebuild fraud@champion --from observations --json',
    )
    .action(async (text: string, options: RebuildOptions) => {
      const { model, version: named } = parseVersionReference(text);
      await withPlatformPorts({ dataDir: options.dataDir, client: 'replay' }, async (ports) => {
        const version = await versionNumberOf(ports, model, named);
        const begun = performance.now();
        const report = await rebuildModel(
          { ...ports, fit: localFit(ports.artifacts), progress },
          { model, version, ...(options.from && { source: options.from }) },
        );
        const seconds = Math.round(performance.now() - begun) / 1_000;
        if (!report.identical || report.spoilt.length > 0) process.exitCode = 1;
        if (options.json) printJson({ ...report, seconds });
        else console.log(describeRebuild(report, seconds));
      });
    });
};

export const describeRebuild = (report: RebuildReport, seconds: number): string => {
  const { model, version, expected, rebuilt, identical, cause, dataset, profile, from } = report;
  return [
    `${model}@${version}${from === null ? '' : ` from ${from}`}: ${identical ? 'identical' : 'NOT identical'}, ${seconds} s`,
    `  expected ${expected}`,
    `  rebuilt  ${rebuilt ?? 'nothing'}`,
    ...(dataset
      ? [
          `  data set ${dataset.rebuilt}${dataset.rebuilt === dataset.expected ? ', the same' : `, not ${dataset.expected}`}`,
        ]
      : []),
    ...(profile && profile.rebuilt !== profile.expected
      ? [`  profile  ${profile.rebuilt}, not ${profile.expected}`]
      : []),
    ...(cause === undefined ? [] : [`  why: ${cause}`]),
    ...report.spoilt.map(describeSpoilt),
  ].join('\n');
};

const describeSpoilt = ({ what, digest, is }: SpoiltArtifact): string =>
  `  the stored ${what} ${digest} is ${is}; it was not used`;
