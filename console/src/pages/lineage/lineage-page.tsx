import { MODEL_FACTS, type DeployedRoutes, type Version } from '../../data/registry';
import { address, go, setQuery, useRoute } from '../../data/route';
import { useAsOf } from '../../data/as-of';
import { useDoor } from '../../data/use-door';
import { plural } from '../../parts/format';
import { Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered, Empty } from '../../parts/states';
import { Table } from '../../parts/table';
import {
  COLUMNS,
  lineageGraph,
  relativesOf,
  type Definition,
  type LineageGraph,
  type LineageNode,
} from './lineage-graph';
import './lineage.css';

const WIDTH = 128;
const HEIGHT = 46;
const GAP_X = 22;
const GAP_Y = 14;
const TOP = 30;

interface Placed extends LineageNode {
  readonly x: number;
  readonly y: number;
}

const OPTIONS = { on: [...MODEL_FACTS, 'registry.deployments'], asOf: true };

/** What is made of what, drawn from the left to the right; the same as a table below. */
export const LineagePage = () => {
  const definitions = useDoor<{ readonly definitions: readonly Definition[] }>(
    'registry',
    '/v1/definitions',
    OPTIONS,
  );
  const versions = useDoor<{ readonly versions: readonly Version[] }>(
    'registry',
    '/v1/models/search?limit=500',
    OPTIONS,
  );
  const deployments = useDoor<{ readonly deployments: readonly DeployedRoutes[] }>(
    'registry',
    '/v1/deployments',
    OPTIONS,
  );
  return (
    <Page
      title="Lineage"
      about="From what is sent to what is answered, as the registry knows it. Choose a node to see what it is made of and what is made of it."
    >
      <Answered answer={definitions} what="definitions">
        {(value) => (
          <Graph
            graph={lineageGraph(
              value.definitions,
              versions.value?.versions ?? [],
              deployments.value?.deployments ?? [],
            )}
          />
        )}
      </Answered>
    </Page>
  );
};

const Graph = ({ graph }: { readonly graph: LineageGraph }) => {
  const { query } = useRoute();
  if (graph.nodes.length === 0)
    return <Empty>Nothing is defined yet: apply definitions of streams, features and models.</Empty>;
  const chosen = graph.nodes.find(({ id }) => id === query.get('node'));
  const related = chosen && relativesOf(graph, chosen.id);
  const nameOf = new Map(graph.nodes.map((node) => [node.id, node]));
  const edges = graph.edges.filter(({ from, to }) => !related || (related.has(from) && related.has(to)));
  return (
    <>
      <Card
        title="Graph"
        flush
        note={
          chosen
            ? `${chosen.kind} ${chosen.name} and ${plural(related!.size - 1, 'relative')}`
            : plural(graph.nodes.length, 'node')
        }
        actions={
          chosen && (
            <>
              {chosen.to && <Link to={chosen.to}>Open {chosen.name}</Link>}
              <button type="button" className="small" onClick={() => setQuery({ node: undefined })}>
                Show all
              </button>
            </>
          )
        }
      >
        <Drawing graph={graph} chosen={chosen} related={related} />
      </Card>
      <Card title="The same as a table" flush>
        <Table
          caption="What is made of what"
          columns={[
            { head: 'From', isHead: true, cell: ({ from }) => <NodeLink node={nameOf.get(from)!} /> },
            { head: 'Relation', cell: ({ text }) => text },
            { head: 'To', cell: ({ to }) => <NodeLink node={nameOf.get(to)!} /> },
          ]}
          rows={edges}
          keyOf={({ from, to, text }) => `${from} ${text} ${to}`}
          empty="Nothing is connected."
        />
      </Card>
    </>
  );
};

const NodeLink = ({ node: { id, kind, name } }: { readonly node: LineageNode }) => (
  <>
    {kind}{' '}
    <Link to={['lineage']} query={{ node: id }}>
      {name}
    </Link>
  </>
);

interface DrawingProps {
  readonly graph: LineageGraph;
  readonly chosen: LineageNode | undefined;
  readonly related: ReadonlySet<string> | undefined;
}

const Drawing = ({ graph, chosen, related }: DrawingProps) => {
  const asOf = useAsOf();
  const placed = placesOf(graph);
  const at = new Map(placed.map((node) => [node.id, node]));
  const used = [...new Set(placed.map(({ column }) => column))].sort((a, b) => a - b);
  const width = used.length * (WIDTH + GAP_X) - GAP_X + 4;
  const height = Math.max(...placed.map(({ y }) => y)) + HEIGHT + 4;
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label="Graph of the lineage">
      <svg className="lineage" width={width} height={height} viewBox={`-2 0 ${width} ${height}`}>
        {used.map((column, i) => (
          <text key={column} className="column" x={i * (WIDTH + GAP_X)} y={16}>
            {COLUMNS[column]}
          </text>
        ))}
        <g aria-hidden="true">
          {graph.edges.map(({ from, to, text }) => {
            const [a, b] = [at.get(from)!, at.get(to)!];
            const isFaint = related && !(related.has(from) && related.has(to));
            const [x1, x2] = [a.x + WIDTH, b.x];
            const middle = (x1 + x2) / 2;
            const [y1, y2] = [a.y + HEIGHT / 2, b.y + HEIGHT / 2];
            return (
              <path
                key={`${from} ${text} ${to}`}
                className={isFaint ? 'edge faint' : 'edge'}
                d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`}
              />
            );
          })}
        </g>
        {placed.map((node) => {
          const isFaint = related && !related.has(node.id);
          const choose = address(['lineage'], { asOf, node: node.id === chosen?.id ? undefined : node.id });
          return (
            <a
              key={node.id}
              href={choose}
              className={`node${isFaint ? ' faint' : ''}${node.id === chosen?.id ? ' chosen' : ''}`}
              aria-current={node.id === chosen?.id ? 'true' : undefined}
              onDoubleClick={() => node.to && go(address(node.to, { asOf }))}
            >
              <rect x={node.x} y={node.y} width={WIDTH} height={HEIGHT} rx={6} />
              <text x={node.x + 10} y={node.y + 19}>
                {short(node.name, 17)}
              </text>
              <text className="small" x={node.x + 10} y={node.y + 36}>
                {short(node.note, 21)}
              </text>
            </a>
          );
        })}
      </svg>
    </div>
  );
};

const short = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`;

/** Columns from the left to the right without empty ones; in a column by kind and name. */
const placesOf = ({ nodes }: LineageGraph): readonly Placed[] => {
  const used = [...new Set(nodes.map(({ column }) => column))].sort((a, b) => a - b);
  return used.flatMap((column, i) =>
    nodes
      .filter((node) => node.column === column)
      .sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name, 'en', { numeric: true }))
      .map((node, row) => ({ ...node, x: i * (WIDTH + GAP_X), y: TOP + row * (HEIGHT + GAP_Y) })),
  );
};
