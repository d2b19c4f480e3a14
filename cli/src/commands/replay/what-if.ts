import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { localFit } from '../../platform/local-fit';
import { Refused } from '#kernel';
import {
  parsePlace,
  versionNumberOf,
  monitorOnTrial,
  whatIfFeatures,
  whatIfGates,
  whatIfModel,
  whatIfMonitor,
  deploymentOf,
  type Candidate,
  type WhatIfModelReport,
  type WhatIfModelRequest,
} from '#replay';
import { atLeastOne } from '../../arguments';
import { parseModelReference } from '../../models/version-reference';
import { printJson, progress, withPlace, type GlobalOptions } from '../../options';
import { withPlatformPorts, type PlatformPorts } from '../../platform/platform-ports';
import { readDefinitionFiles } from '../../project/definition-files';
import { describeMonitor } from '../../replay/monitor-view';
import { describeComparison, describeGates } from '../../replay/what-if-view';
import { readGates } from '../../replay/gate-argument';
import { paceOf } from '../../replay/pace';

export interface WhatIfOptions extends GlobalOptions {
  readonly model?: string;
  readonly file?: string;
  readonly features?: string;
  readonly gate?: string;
  readonly monitor?: string;
  readonly from?: string;
  readonly to?: string;
  readonly slice?: string;
  readonly threshold?: number;
  readonly rate?: number;
}

export const addReplayWhatIf = (replay: Command): void => {
  withPlace(
    replay
      .command('what-if')
      .argument('<deployment>')
      .description(
        'recorded traffic with labels that have come since, under another model, feature definition, gate or monitor; changes nothing',
      ),
  )
    .option('--model <version>', 'another version of its model (fraud@4): recorded vectors are scored again')
    .option('--file <model.onnx>', 'a model file instead, reading what the champion reads')
    .option(
      '--features <path>',
      'changed definitions (file or folder): folded again, fitted anew as the champion was, compared on the hold-out',
    )
    .option(
      '--gate <gate>',
      'which versions would have passed: metric>=x, metric<=x, or a .yaml file with gates',
    )
    .option(
      '--monitor <monitor>',
      'a Monitor, by name or in a file (.yaml): the alerts that it would have raised, beside those that were',
    )
    .option(
      '--from <place>',
      'with --model, --file or --monitor: a time (RFC 3339), or p:offset,... in the observations',
    )
    .option('--to <place>', 'with --model, --file or --monitor: not in it')
    .option('--slice <field>', 'also by slice: time, a feature, or a field of the trigger event')
    .option('--threshold <x>', "where a score is decided; the deployment's own by default", finite)
    .option('--rate <n>', 'with --model, --file or --monitor: at most so many records a second', atLeastOne)
    .addHelpText(
      'after',
      "\nExample:\n  ./playhead replay what-if fraud --model fraud@4 --slice terminal_id\n  ./playhead replay what-if fraud --features changed-view.yaml\n  ./playhead replay what-if fraud --gate 'average_precision>=0.3' --json\n  ./playhead replay what-if fraud --monitor strict.yaml --from 2018-05-01T00:00:00Z",
    )
    .action(async (deployment: string, options: WhatIfOptions) => {
      const { model, file, features, gate, monitor } = options;
      const asked = [model, file, features, gate, monitor].filter((each) => each !== undefined).length;
      if (asked !== 1)
        throw new Refused(
          'PLAYHEAD_REQUEST_INVALID',
          'say what would be another: one of --model, --file, --features, --gate, --monitor',
        );
      if (features !== undefined) return whatIfOtherFeatures(deployment, features, options);
      if (gate !== undefined) return whatIfOtherGates(deployment, gate, options);
      if (monitor !== undefined) return whatIfOtherMonitor(deployment, monitor, options);
      return whatIfOtherModel(deployment, options);
    });
};

const finite = (text: string): number => {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `--threshold is a number, not "${text}"`);
  return number;
};

const withReplay = <T>({ dataDir }: GlobalOptions, work: (ports: PlatformPorts) => Promise<T>): Promise<T> =>
  withPlatformPorts({ dataDir, client: 'replay' }, work);

const placesOf = ({ from, to }: WhatIfOptions): Pick<WhatIfModelRequest, 'from' | 'to'> => ({
  ...(from !== undefined && { from: parsePlace(from, '--from') }),
  ...(to !== undefined && { to: parsePlace(to, '--to') }),
});

const whatIfOtherModel = async (deployment: string, options: WhatIfOptions): Promise<void> => {
  const { slice, threshold, rate } = options;
  const places = placesOf(options);
  const file = options.file === undefined ? undefined : await bytesOf(options.file);
  await withReplay(options, async (ports) => {
    const candidate: Candidate = file ?? { version: await versionIn(ports, deployment, options.model!) };
    const report = await whatIfModel(
      { ...ports, stopwatch: () => performance.now(), paced: paceOf('scored', rate) },
      {
        deployment,
        candidate,
        ...places,
        ...(slice !== undefined && { slice }),
        ...(threshold !== undefined && { threshold }),
      },
    );
    if (options.json) return printJson(report);
    const { baseline, latencyUs } = report;
    console.log(
      describeComparison(report, {
        baseline: `recorded (${baseline.versions.map((version) => `${report.model}@${version}`).join(', ') || 'nothing'})`,
        candidate: report.candidate.name,
        threshold: baseline.threshold,
        notes: [
          ...(report.immature > 0 ? [`${report.immature} too young for their label`] : []),
          ...(report.unlabelled > 0 ? [`${report.unlabelled} without a label`] : []),
          ...(report.unscorable > 0
            ? [
                `${report.unscorable} left out: their vectors are from before the revision that the candidate reads; --features FILE folds the past again`,
              ]
            : []),
          ...(report.records === 0 ? [] : [scoringTimes(latencyUs)]),
        ],
        flipped: report.flipped,
      }),
    );
  });
};

const scoringTimes = ({ baseline, candidate }: WhatIfModelReport['latencyUs']): string =>
  `scoring, us a row: ${baseline?.p50 ?? '-'} -> ${candidate?.p50 ?? '-'} (median), ${baseline?.p99 ?? '-'} -> ${candidate?.p99 ?? '-'} (p99)`;

const versionIn = async (ports: PlatformPorts, deployment: string, text: string): Promise<number> => {
  const { model } = await deploymentOf(ports, deployment);
  const named = text.includes('@') ? parseModelReference(text) : { model, version: text };
  if (named.model !== model)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `deployment ${deployment} answers with ${model}; "${text}" is another model`,
    );
  return versionNumberOf(ports, model, named.version!);
};

const bytesOf = async (path: string): Promise<{ readonly file: Uint8Array; readonly name: string }> => {
  try {
    return { file: await readFile(path), name: basename(path) };
  } catch (cause) {
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `there is no file ${path}`, { cause });
  }
};

const whatIfOtherFeatures = async (
  deployment: string,
  path: string,
  options: WhatIfOptions,
): Promise<void> => {
  const { slice, threshold } = options;
  const files = await readDefinitionFiles(path);
  await withReplay(options, async (ports) => {
    const report = await whatIfFeatures(
      { ...ports, fit: localFit(ports.artifacts), progress },
      {
        deployment,
        files,
        ...(slice !== undefined && { slice }),
        ...(threshold !== undefined && { threshold }),
      },
    );
    if (options.json) return printJson(report);
    console.log(
      describeComparison(report, {
        baseline: `${report.model}@${report.version}, fitted again${report.baseline.identical ? ' to the same bytes' : ' (its bytes differ: see replay rebuild)'}`,
        candidate: `the changed definition${report.added.map((name) => ` +${name}`).join('')}${report.removed.map((name) => ` -${name}`).join('')}`,
        threshold: report.baseline.threshold,
        notes: ['figures are of the hold-out', `order: ${report.order}`],
        flipped: [],
      }),
    );
  });
};

const whatIfOtherGates = async (deployment: string, gate: string, options: WhatIfOptions): Promise<void> => {
  const gates = await readGates(gate);
  await withReplay(options, async (ports) => {
    const report = await whatIfGates(ports, deployment, gates);
    if (options.json) printJson(report);
    else console.log(describeGates(report));
  });
};

/** A path, or else a name. */
const FILE = /[/\\]|\.(ya?ml|json)$/;

const whatIfOtherMonitor = async (
  deployment: string,
  monitor: string,
  options: WhatIfOptions,
): Promise<void> => {
  const places = placesOf(options);
  const asked = FILE.test(monitor) ? { files: await readDefinitionFiles(monitor) } : { name: monitor };
  await withReplay(options, async (ports) => {
    const onTrial = await monitorOnTrial(ports, deployment, asked);
    const report = await whatIfMonitor(
      { ...ports, paced: paceOf('watched', options.rate) },
      { deployment, monitor: onTrial, ...places },
    );
    if (options.json) printJson(report);
    else console.log(describeMonitor(report));
  });
};
