import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pythonWith } from '#localstack';
import { startBareOn } from './bare';
import { answersAt, freePort, startServer, type Server } from './server';
import { bentoJson, grpcRaw, oipBinary, oipJson, type Wire } from './wires';

export const MODEL = 'trees';

/** One way in to a server. */
export interface PartyDoor {
  readonly kind: 'rest' | 'binary' | 'grpc';
  readonly wire: Wire;
  readonly url: string;
  /** Name of the model there. */
  readonly model: string;
}

/** A server that runs and is measured. */
export interface Party {
  readonly name: string;
  /** Root of its tree of processes. */
  readonly pid: number;
  readonly doors: readonly PartyDoor[];
  /** How far its answers may be from those of `#inference`; rounding by default. */
  readonly tolerance?: number;
}

export interface PeerStart {
  readonly modelFile: string;
  /** Of this peer alone. */
  readonly folder: string;
  readonly say: (line: string) => void;
}

/** A server of other people, with the model in it. */
export interface Peer {
  readonly name: string;
  /** What is in its folder of `peers/`, and its environment. */
  readonly sources?: string;
  start(options: PeerStart): Promise<Party & Pick<Server, 'stop'>>;
}

export const restDoor = (port: number, model = MODEL): PartyDoor => ({
  kind: 'rest',
  wire: oipJson,
  url: `http://127.0.0.1:${port}/v2/models/${model}/infer`,
  model,
});

export const binaryDoor = (port: number, model = MODEL): PartyDoor => ({
  ...restDoor(port, model),
  kind: 'binary',
  wire: oipBinary,
});

export const grpcDoor = (port: number, model = MODEL): PartyDoor => ({
  kind: 'grpc',
  wire: grpcRaw,
  url: `grpc://127.0.0.1:${port}/inference.GRPCInferenceService/ModelInfer`,
  model,
});

const SOURCES = join(__dirname, '..', 'peers');

/** One thread for each library that would start as many as there are cores. */
const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };

const QUIET = { BENTOML_DO_NOT_TRACK: 'True', DO_NOT_TRACK: '1', PYTHONDONTWRITEBYTECODE: '1' };

interface PythonPeer {
  readonly name: string;
  /** Folder of `peers/`. */
  readonly sources: string;
  readonly command: (ports: Ports, start: PeerStart) => readonly string[];
  readonly env?: (ports: Ports, start: PeerStart) => NodeJS.ProcessEnv;
  readonly prepare?: (ports: Ports, start: PeerStart) => void;
  readonly ready: string;
  readonly doors: (ports: Ports) => readonly PartyDoor[];
}

interface Ports {
  readonly http: number;
  readonly grpc: number;
  readonly metrics: number;
}

const python = (peer: PythonPeer): Peer => ({
  name: peer.name,
  sources: peer.sources,
  start: async (start) => {
    const source = join(SOURCES, peer.sources);
    const packages = readFileSync(join(source, 'requirements.txt'), 'utf8').trim().split('\n');
    const interpreter = await pythonWith(`serving-${peer.sources}`, packages, start.say);
    cpSync(source, start.folder, { recursive: true });
    const ports = { http: await freePort(), grpc: await freePort(), metrics: await freePort() };
    peer.prepare?.(ports, start);
    const [program = '', ...args] = peer.command(ports, start);
    const programs = dirname(interpreter);
    const server = await startServer({
      name: 'server',
      command: join(programs, program),
      args,
      env: {
        ...process.env,
        ...ONE_THREAD,
        ...QUIET,
        PATH: `${programs}:${process.env.PATH ?? ''}`,
        PYTHONPATH: start.folder,
        TREES_FILE: start.modelFile,
        ...peer.env?.(ports, start),
      },
      folder: start.folder,
      isReady: answersAt(`http://127.0.0.1:${ports.http}${peer.ready}`),
    });
    return { name: peer.name, pid: server.pid, doors: peer.doors(ports), stop: () => server.stop() };
  },
});

const mlserver = (name: string, parallelWorkers: number | undefined): Peer =>
  python({
    name,
    sources: 'mlserver',
    prepare: ({ http, grpc, metrics }, { folder, modelFile }) => {
      const settings = {
        host: '127.0.0.1',
        http_port: http,
        grpc_port: grpc,
        metrics_port: metrics,
        debug: false,
        ...(parallelWorkers === undefined ? {} : { parallel_workers: parallelWorkers }),
      };
      const model = { name: MODEL, implementation: 'runtime.Trees', parameters: { uri: modelFile } };
      writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
      writeFileSync(join(folder, 'model-settings.json'), JSON.stringify(model));
    },
    command: (_, { folder }) => ['mlserver', 'start', folder],
    ready: `/v2/models/${MODEL}/ready`,
    doors: ({ http, grpc }) => [restDoor(http), grpcDoor(grpc)],
  });

const fastapi = (name: string, module: string): Peer =>
  python({
    name,
    sources: 'fastapi',
    command: ({ http }) => [
      'python',
      ...['-m', 'uvicorn', `${module}:app`, '--host', '127.0.0.1', '--port', String(http)],
      ...['--workers', '1', '--loop', 'uvloop', '--http', 'httptools', '--no-access-log'],
      ...['--log-level', 'warning'],
    ],
    ready: '/ready',
    doors: ({ http }) => [restDoor(http)],
  });

/** In the order of the table. */
export const PEERS: readonly Peer[] = [
  {
    name: 'bare node:http',
    start: async ({ modelFile, folder }) => {
      const own = join(folder, 'model.onnx');
      copyFileSync(modelFile, own);
      const server = await startBareOn(own, folder);
      const door: PartyDoor = { kind: 'rest', wire: oipJson, url: server.url, model: MODEL };
      return { name: 'bare node:http', pid: server.pid, doors: [door], stop: () => server.stop() };
    },
  },
  mlserver('MLServer', undefined),
  mlserver('MLServer, in process', 0),
  python({
    name: 'KServe',
    sources: 'kserve',
    command: ({ http, grpc }, { modelFile }) => [
      'python',
      'server.py',
      modelFile,
      String(http),
      String(grpc),
    ],
    ready: `/v2/models/${MODEL}/ready`,
    doors: ({ http, grpc }) => [restDoor(http), binaryDoor(http), grpcDoor(grpc)],
  }),
  python({
    name: 'BentoML',
    sources: 'bentoml',
    env: (_, { folder }) => ({ BENTOML_HOME: join(folder, 'home') }),
    prepare: (_, { folder }) => void mkdirSync(join(folder, 'home')),
    command: ({ http }) => [
      'bentoml',
      'serve',
      'service:Trees',
      '--host',
      '127.0.0.1',
      '--port',
      String(http),
    ],
    ready: '/readyz',
    doors: ({ http }) => [
      { kind: 'rest', wire: bentoJson, url: `http://127.0.0.1:${http}/predict`, model: MODEL },
    ],
  }),
  fastapi('FastAPI, validated', 'validated'),
  fastapi('Starlette, bare', 'bare'),
];
