import type { Command } from 'commander';
import { parseDuration } from '#kernel';
import type { DeploymentDocument } from '../documents';
import { openDoor, path } from '../doors';
import { loadedVersion, untilLoaded, type Loaded } from '../models/until-loaded';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { shortDigest, table } from '../view/text';

interface DeployOptions extends GlobalOptions {
  readonly wait: boolean;
  readonly timeout: string;
  readonly asOf?: string;
}

export const addDeploy = (program: Command): void => {
  withPlace(
    program
      .command('deploy')
      .argument('[deployment]')
      .description(
        'deployments and the versions behind them; a deployment is made by `apply`, its version by `models promote`',
      ),
  )
    .option('--wait', 'until serving has loaded the version that the alias names', false)
    .option('--timeout <duration>', 'wait no longer than this', '60s')
    .option('--as-of <when>', 'what held then: a time (RFC 3339) or a position in registry.inputs (0-12)')
    .addHelpText('after', '\nExample:\n  ./playhead deploy\n  ./playhead deploy fraud --wait')
    .action(async (name: string | undefined, options: DeployOptions) => {
      const timeoutMs = parseDuration(options.timeout);
      const platform = await findPlatform(options.dataDir, process.env);
      const [registry, serving] = [openDoor(platform.url('registry')), openDoor(platform.url('serving'))];
      if (name === undefined) {
        const answer = await registry.get<{ deployments: readonly DeploymentDocument[] }>('/v1/deployments', {
          asOf: options.asOf,
        });
        return options.json ? printJson(answer) : console.log(deploymentTable(answer.deployments));
      }
      if (options.wait) await untilLoaded({ registry, serving, name, timeoutMs, say: progress });
      const deployment = await registry.get<DeploymentDocument>(path`/v1/deployments/${name}`, {
        asOf: options.asOf,
      });
      // What is loaded now says nothing of then.
      const served = options.asOf === undefined ? await loadedVersion(serving, name) : undefined;
      if (options.json) printJson({ ...deployment, ...(served && { served: served.version }) });
      else console.log(describeDeployment(deployment, served));
    });
};

const deploymentTable = (deployments: readonly DeploymentDocument[]): string =>
  table(
    ['deployment', 'state', 'model', 'alias', 'routes', 'features', 'threshold', 'from', 'since'],
    deployments.map(({ name, state, model, alias, routes, service, threshold, from, decidedAt }) => [
      name,
      state,
      model,
      alias,
      routes.map(({ route, version }) => `${route}=${model}@${version}`).join(' ') ||
        `none: promote a version to ${alias}`,
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
