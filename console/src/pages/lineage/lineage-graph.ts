import type { DeployedRoutes, Version } from '../../data/registry';

/** A definition as `GET /v1/definitions` of the registry gives it. */
export interface Definition {
  readonly kind: string;
  readonly name: string;
  readonly revision: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface LineageNode {
  readonly id: string;
  /** Column of the drawing, from what is sent to what is answered. */
  readonly column: number;
  readonly kind: string;
  readonly name: string;
  readonly note: string;
  /** Page of the node, where it has one. */
  readonly to?: readonly string[];
}

export interface LineageEdge {
  readonly from: string;
  readonly to: string;
  readonly text: string;
}

export interface LineageGraph {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

export const COLUMNS = [
  'Streams',
  'Views and labels',
  'Services',
  'Models',
  'Versions',
  'Deployments',
  'Monitors',
];

const COLUMN_OF: Readonly<Record<string, number>> = {
  Stream: 0,
  FeatureView: 1,
  Label: 1,
  FeatureService: 2,
  Model: 3,
  Deployment: 5,
  Monitor: 6,
};

const PAGE_OF: Readonly<Record<string, string>> = {
  Stream: 'streams',
  FeatureService: 'features',
  Model: 'models',
  Deployment: 'deployments',
};

/** The newest so many of a model; older ones only where a route names them. */
const SHOWN_VERSIONS = 4;

/** Whatever is made of what, from the definitions, versions and routes as they stand. Pure. */
export const lineageGraph = (
  definitions: readonly Definition[],
  versions: readonly Version[],
  deployments: readonly DeployedRoutes[],
): LineageGraph => {
  const routed = new Set(
    deployments.flatMap(({ model, routes }) => routes.map(({ version }) => `${model}@${version}`)),
  );
  const newest = new Map<string, number>();
  for (const { model, version } of versions) newest.set(model, Math.max(newest.get(model) ?? 0, version));
  const shown = versions.filter(
    ({ model, version }) =>
      version > newest.get(model)! - SHOWN_VERSIONS || routed.has(`${model}@${version}`),
  );
  const nodes = [
    ...definitions.flatMap(nodeOf),
    ...shown.map(({ model, version, status, aliases }) => ({
      id: `Version/${model}@${version}`,
      column: 4,
      kind: 'Version',
      name: `${model}@${version}`,
      note: [status, ...aliases].join(', '),
      to: ['models', model, String(version)],
    })),
  ];
  const known = new Set(nodes.map(({ id }) => id));
  const edges = [
    ...definitions.flatMap(edgesOf),
    ...shown.map(({ model, version }) => edge('Model', model, 'Version', `${model}@${version}`, 'trained')),
    ...deployments.flatMap(({ name, model, routes }) =>
      routes.map(({ route, version }) => edge('Version', `${model}@${version}`, 'Deployment', name, route)),
    ),
  ];
  return { nodes, edges: edges.filter(({ from, to }) => known.has(from) && known.has(to)) };
};

const nodeOf = ({ kind, name, revision }: Definition): LineageNode[] => {
  const column = COLUMN_OF[kind];
  if (column === undefined) return [];
  const page = PAGE_OF[kind];
  return [
    {
      id: `${kind}/${name}`,
      column,
      kind,
      name,
      note: kind === 'Label' ? 'label' : `revision ${revision}`,
      ...(page && { to: [page, name] }),
    },
  ];
};

const edge = (fromKind: string, from: unknown, toKind: string, to: string, text: string): LineageEdge => ({
  from: `${fromKind}/${String(from)}`,
  to: `${toKind}/${to}`,
  text,
});

const edgesOf = ({ kind, name, spec }: Definition): LineageEdge[] => {
  switch (kind) {
    case 'FeatureView':
      return [edge('Stream', spec['stream'], kind, name, 'is folded')];
    case 'Label':
      return [edge('Stream', spec['stream'], kind, name, 'holds')];
    case 'FeatureService':
      return [
        edge('Stream', spec['trigger'], kind, name, 'triggers'),
        ...(spec['views'] as readonly string[]).map((view) =>
          edge('FeatureView', view, kind, name, 'is part of'),
        ),
      ];
    case 'Model':
      return [
        edge('FeatureService', spec['features'], kind, name, 'is read by'),
        edge('Label', spec['label'], kind, name, 'is learned by'),
      ];
    case 'Monitor':
      return [edge('Deployment', spec['deployment'], kind, name, 'is watched by')];
    default:
      return [];
  }
};

/** Everything that a node is made of, and everything that is made of it, itself included. */
export const relativesOf = ({ edges }: LineageGraph, id: string): ReadonlySet<string> => {
  const reach = (step: (edge: LineageEdge) => readonly [from: string, to: string]): Set<string> => {
    const seen = new Set([id]);
    for (const each of seen)
      for (const one of edges) {
        const [from, to] = step(one);
        if (from === each) seen.add(to);
      }
    return seen;
  };
  return new Set([...reach(({ from, to }) => [from, to]), ...reach(({ from, to }) => [to, from])]);
};
