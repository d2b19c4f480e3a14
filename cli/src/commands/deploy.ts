import type { Command } from 'commander';
import { Refused, parseDuration } from '#kernel';
import { describeRollout } from '../deployments/describe-rollout';
import { overwriting, watchRollout } from '../deployments/watch-rollout';
import type { DeploymentDocument, RolloutDocument } from '../documents';
import { openDoor, path, type Door } from '../doors';
import { loadedVersion, untilLoaded, type Loaded } from '../models/until-loaded';
import { printJson, progress, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { shortDigest, shortNumber, table } from '../view/text';

const ACTIONS = ['pause', 'resume', 'promote', 'abort'] as const;
type Action = (typeof ACTIONS)[number];

interface DeployOptions extends GlobalOptions, ActorOptions, Readonly<Partial<Record<Action, boolean>>> {
  readonly wait: boolean;
  readonly watch: boolean;
  readonly timeout: string;
  readonly asOf?: string;
  readonly comment?: string;
}

export const addDeploy = (program: Command): void => {
  withActor(
    withPlace(
      program
        .command('deploy')
        .argument('[deployment]')
        .description(
          'deployments, the versions behind them and their rollouts; a deployment is made by `apply`, its version by `models promote`',
        ),
    ),
  )
    .option('--wait', 'until serving has loaded the version that the alias names', false)
    .option('--watch', 'show the rollout until it has ended; exit code 1 where it was not completed', false)
    .option('--pause', 'hold the rollout at its share')
    .option('--resume', 'let it go on, watched anew')
    .option('--promote', 'bring the new version to everybody at once')
    .option('--abort', 'take the new version back')
    .option('--comment <text>', 'why, of one of these')
    .option('--timeout <duration>', '--wait no longer than this', '60s')
    .option('--as-of <when>', 'what held then: a time (RFC 3339) or a position in registry.inputs (0-12)')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead deploy\n  ./playhead deploy fraud --wait\n  ./playhead deploy fraud --watch\n  ./playhead deploy fraud --abort --as grace --comment "the helpdesk is flooded"',
    )
    .action(async (name: string | undefined, options: DeployOptions) => {
      const timeoutMs = parseDuration(options.timeout);
      const action = actionOf(name, options);
      const platform = await findPlatform(options.dataDir, process.env);
      const [registry, serving] = [
        openDoor(platform.url('registry'), options.as),
        openDoor(platform.url('serving')),
      ];
      if (name === undefined) {
        const answer = await registry.get<{ deployments: readonly DeploymentDocument[] }>('/v1/deployments', {
          asOf: options.asOf,
        });
        return options.json ? printJson(answer) : console.log(deploymentTable(answer.deployments));
      }
      if (action)
        await registry.post(path`/v1/deployments/${name}/rollout/${action}`, { comment: options.comment });
      if (options.wait) await untilLoaded({ registry, serving, name, timeoutMs, say: progress });
      if (options.watch) return watch(registry, name, options);
      const { asOf } = options;
      const deployment = await registry.get<DeploymentDocument>(path`/v1/deployments/${name}`, { asOf });
      const rollout = await registry.get<RolloutDocument>(path`/v1/deployments/${name}/rollout`, { asOf });
      // What is loaded now says nothing of then.
      const served = asOf === undefined ? await loadedVersion(serving, name) : undefined;
      if (options.json) {
        const { routes: _, ...live } = rollout;
        return printJson({ ...deployment, ...(served && { served: served.version }), live });
      }
      console.log(
        [describeDeployment(deployment, served), describeRollout(rollout, Date.now())]
          .filter(Boolean)
          .join('\n'),
      );
    });
};

/** What is asked of the rollout, one thing at most. */
const actionOf = (name: string | undefined, options: DeployOptions): Action | undefined => {
  const [action, other] = ACTIONS.filter((each) => options[each]);
  if (other) throw new Refused('PLAYHEAD_REQUEST_INVALID', `say either --${action} or --${other}`);
  if (name === undefined && (action || options.watch))
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `say of which deployment: playhead deploy NAME --${action ?? 'watch'}`,
    );
  if (options.asOf !== undefined && (action || options.watch))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `--as-of looks back, and --${action ?? 'watch'} does not`);
  return action;
};

const watch = async (registry: Door, name: string, { json }: DeployOptions): Promise<void> => {
  const draw =
    process.stdout.isTTY && !json
      ? overwriting(
          (text) => void process.stdout.write(text),
          () => process.stdout.columns,
        )
      : undefined;
  const ended = await watchRollout({ registry, name, now: () => Date.now(), say: progress, draw });
  const status = ended.rollout?.status;
  if (json) printJson(ended);
  else if (!draw) console.log(status === undefined ? `${name} has had no rollout` : `${name}: ${status}`);
  if (status !== undefined && status !== 'completed') process.exitCode = 1;
};

const deploymentTable = (deployments: readonly DeploymentDocument[]): string =>
  table(
    ['deployment', 'state', 'model', 'alias', 'routes', 'features', 'threshold', 'from', 'since'],
    deployments.map(({ name, state, model, alias, routes, service, threshold, from, decidedAt }) => [
      name,
      state,
      model,
      alias,
      routes
        .map(
          ({ route, version, share }) =>
            `${route}=${model}@${version}${share === undefined ? '' : `:${shortNumber(share)}%`}`,
        )
        .join(' ') || `none: promote a version to ${alias}`,
      `${service.name} revision ${service.revision}`,
      threshold,
      from,
      decidedAt,
    ]),
  );

const describeDeployment = (deployment: DeploymentDocument, served: Loaded | undefined): string => {
  const { model, routes, monitor } = deployment;
  return [
    deploymentTable([deployment]),
    ...routes.map(
      ({ route, version, artifact, revision, features }) =>
        `  ${route}: ${model}@${version}, model file ${shortDigest(artifact)}, features of revision ${revision}: ${features.join(', ')}`,
    ),
    ...(served
      ? [`  ${served.version === null ? served.reason : `serving has ${model}@${served.version} loaded`}`]
      : []),
    ...(monitor ? [`  watched by monitor ${monitor.name}`] : []),
  ].join('\n');
};
