import { Agent, request } from 'node:http';

export interface Measured {
  readonly calls: number;
  /** Answered calls a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

interface Caller {
  readonly name: string;
  /** So many connections, each with one call under way, for so many seconds. Rejects when an answer is not 200. */
  measure(url: string, connections: number, seconds: number): Promise<Measured>;
}

const API = '/api/2.0/mlflow';

const call = (agent: Agent, url: string, path: string, body: unknown): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const outgoing = request(`${url}${API}/${path}`, { method: 'POST', agent, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const content = Buffer.concat(parts).toString('utf8');
        if (answer.statusCode === 200) resolve(JSON.parse(content) as Record<string, unknown>);
        else reject(new Error(`${path}: ${answer.statusCode} ${content}`));
      });
      answer.on('error', reject);
    });
    outgoing.setNoDelay(true);
    outgoing.on('error', reject).end(text);
  });

const createRun = async (agent: Agent, url: string): Promise<string> => {
  const answer = await call(agent, url, 'runs/create', {
    experiment_id: '0',
    user_id: 'bench',
    start_time: Date.now(),
    tags: [
      { key: 'mlflow.user', value: 'bench' },
      { key: 'mlflow.source.name', value: 'bench.py' },
      { key: 'mlflow.source.type', value: 'LOCAL' },
    ],
  });
  return (answer['run'] as { info: { run_id: string } }).info.run_id;
};

/** Every connection works for itself: it prepares what it needs, then calls until the time is over. */
const load = (
  name: string,
  prepare: (agent: Agent, url: string) => Promise<(turn: number) => Promise<unknown>>,
): Caller => ({
  name,
  measure: async (url, connections, seconds) => {
    const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const turns = await Promise.all(agents.map((agent) => prepare(agent, url)));
    const times: number[] = [];
    const begun = performance.now();
    const end = begun + seconds * 1_000;
    await Promise.all(
      turns.map(async (turn) => {
        for (let index = 0; performance.now() < end; index++) {
          const from = performance.now();
          await turn(index);
          times.push(performance.now() - from);
        }
      }),
    );
    const took = (performance.now() - begun) / 1_000;
    for (const agent of agents) agent.destroy();
    times.sort((a, b) => a - b);
    const at = (share: number): number =>
      times[Math.min(times.length - 1, Math.floor(share * times.length))]!;
    return { calls: times.length, rate: times.length / took, p50: at(0.5), p99: at(0.99) };
  },
});

const batchOf = (metrics: number, params: number, tags: number, turn: number): object => ({
  metrics: Array.from({ length: metrics }, (_, i) => ({
    key: `metric-${i % 10}`,
    value: Math.sqrt(turn + i),
    timestamp: 1_767_225_600_000 + turn,
    step: turn * Math.ceil(metrics / 10) + Math.floor(i / 10),
  })),
  params: Array.from({ length: params }, (_, i) => ({ key: `param-${turn}-${i}`, value: String(i) })),
  tags: Array.from({ length: tags }, (_, i) => ({ key: `tag-${i}`, value: String(turn) })),
});

const logBatch = (name: string, metrics: number, params: number, tags: number): Caller =>
  load(name, async (agent, url) => {
    const run = await createRun(agent, url);
    return (turn) =>
      call(agent, url, 'runs/log-batch', { run_id: run, ...batchOf(metrics, params, tags, turn) });
  });

export const callers: readonly Caller[] = [
  load('runs/create', (agent, url) => Promise.resolve(() => createRun(agent, url))),
  logBatch('log-batch, 10 metrics, 5 parameters, 5 tags', 10, 5, 5),
  logBatch('log-batch, 1,000 metrics', 1_000, 0, 0),
];
