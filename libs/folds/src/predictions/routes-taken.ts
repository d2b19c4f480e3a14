import {
  EnvelopeTemplate,
  RoutesTaken,
  encodeEvent,
  shareOf,
  type DeploymentFact,
  type EventOf,
} from '#contracts';
import type { Output, Round } from '#eventlog';
import type { Row } from './route-batch';
import type { RoutePlan } from './route-parts';

type Taken = Pick<EventOf<typeof RoutesTaken>, 'control' | 'routes'>;

/** By partition, what was told of it last. Kept up to date as more is told. */
export type TakenRoutes = Map<number, Taken>;

/**
 * Says from which vector of a partition on other routes answer. It is sent before that vector's own prediction, so there is no prediction under
 * routes that were not told; after a crash in between, or where a partition has moved, it may be told twice.
 */
export const routesTaken = (
  deployment: string,
  { topic, known }: { readonly topic: string; readonly known: TakenRoutes },
): ((
  round: Pick<Round<null, unknown>, 'slices' | 'controlPosition'>,
  plan: RoutePlan,
  rows: readonly Row[],
) => Output[]) => {
  const template = new EnvelopeTemplate({ type: RoutesTaken.type, source: 'serving' });
  return ({ slices, controlPosition: control }, plan, rows) => {
    const outputs: Output[] = [];
    for (const { partition } of slices) {
      const last = known.get(partition);
      if (last && last.control >= control) continue;
      const first = rows.find(({ record }) => record.partition === partition);
      if (!first) continue;
      const routes = routesOf(plan.deployment);
      known.set(partition, { control, routes });
      if (last && textOf(last.routes) === textOf(routes)) continue;
      const { offset } = first.record;
      outputs.push({
        topic,
        partition: 0,
        sourcePartition: partition,
        key: deployment,
        value: encodeEvent(RoutesTaken, { deployment, control, partition, offset, routes }),
        headers: template.headers(`${deployment}/routes/${control}/${partition}`, first.head.eventTime),
        source: offset,
        k: 0,
      });
    }
    return outputs;
  };
};

const routesOf = (deployment: DeploymentFact): Taken['routes'] =>
  deployment.routes.map((route) => ({
    route: route.route,
    version: route.version,
    share: shareOf(deployment, route),
  }));

const textOf = (routes: Taken['routes']): string =>
  routes.map(({ route, version, share }) => `${route}/${version}/${share}`).join();
