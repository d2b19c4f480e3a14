import 'reflect-metadata';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { CommonConfig } from './config';
import { readBodies, type BodyMode } from './http/bodies';
import { allowOrigins } from './http/cors';
import { errorAnswer } from './http/error-answer';
import { ErrorFilter } from './http/error-filter';
import { SaidOnce } from './http/said-once';
import { traceDoors } from './http/trace-doors';
import { LogTransport, type WorkerFailure } from './log-transport';
import { NestLogger } from './logger';
import { addProcessMetrics } from './metrics';
import type { Ports } from './ports';
import { Readiness } from './readiness';
import { Sealer } from './sealer';
import { rootModule, RuntimeModule } from './runtime.module';

/** Takes a request before the framework sees it; false leaves it to the framework. */
export type FrontDoor = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface ServiceOptions {
  readonly config: CommonConfig;
  /** The service's `<name>.module.ts`. */
  readonly module: Type | DynamicModule;
  /** `openPorts(config)`, or in-memory twins in tests. */
  readonly ports: Ports;
  /** See `BodyMode`; `parsed` by default. */
  readonly bodies?: BodyMode;
  /** Largest body of a door, in bytes; 1 MiB by default. */
  readonly bodyLimitBytes?: number;
  /** Called before the doors open, for what only this service needs of Fastify. */
  readonly prepare?: (server: FastifyInstance) => void | Promise<void>;
  /** Doors on the bare node:http server, on the same port, for protocols whose requests are too small to pay for a framework. */
  readonly frontDoor?: (app: NestFastifyApplication) => FrontDoor;
  /** What the OpenAPI document says of them: its `paths` and `components`. */
  readonly frontDoorDescription?: FrontDoorDescription;
}

export interface FrontDoorDescription {
  readonly paths: Readonly<Record<string, object>>;
  readonly schemas: Readonly<Record<string, object>>;
}

export interface RunningService {
  /** Where the doors listen. */
  readonly url: string;
  readonly app: NestFastifyApplication;
  /** Resolves when a worker on the log cannot go on. */
  readonly failed: Promise<WorkerFailure>;
  /** Drains the workers, then closes the doors and the adapters. */
  stop(): Promise<void>;
}

/** As Fastify has it: longer than the idle time of the usual load balancers. */
const KEEP_ALIVE_MS = 72_000;

/**
 * Builds a service and opens its doors; the workers on the log start behind them, so that `/health/ready` can say what they wait for.
 * Rejects when the module cannot be built or the port is taken; a dependency that is away does not hinder the start.
 */
export const startService = async (options: ServiceOptions): Promise<RunningService> => {
  const { config, ports } = options;
  const bodyLimit = options.bodyLimitBytes ?? 1_048_576;
  const { accessLog, tracing } = ports;
  let frontDoor: FrontDoor = () => false;
  const adapter = new FastifyAdapter({
    serverFactory: (framework: RequestListener) =>
      createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
        if (accessLog) {
          const beganMs = performance.now();
          response.once('close', () => accessLog.http(request, response, performance.now() - beganMs));
        }
        if (!frontDoor(request, response)) framework(request, response);
      }),
    bodyLimit,
    routerOptions: { maxParamLength: 1_000 },
    forceCloseConnections: 'idle',
    // What the router refuses before any hook (a malformed or over-long path) never reaches the error filter.
    frameworkErrors: (error: Error, _request: FastifyRequest, reply: FastifyReply) => {
      const { status, body } = errorAnswer(error);
      void reply.status(status).send(body);
    },
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    rootModule(RuntimeModule.with(config, ports), options.module),
    adapter,
    {
      logger: new NestLogger(ports.logger),
      bodyParser: false,
      abortOnError: false,
    },
  );
  const server = adapter.getInstance<FastifyInstance>();
  readBodies(server, options.bodies ?? 'parsed', bodyLimit);
  allowOrigins(server, config.consoleOrigins);
  app.useGlobalFilters(new ErrorFilter(ports.logger));
  app.useGlobalPipes(new SaidOnce());
  // Ingestion's door has spans of its own: its records decide about their traces.
  if (tracing && config.service !== 'ingestion') traceDoors(server, tracing.requests);
  await options.prepare?.(server);
  describeDoors(app, server, config.service, options.frontDoorDescription);
  if (options.frontDoor) frontDoor = options.frontDoor(app);
  const endProcessMetrics = addProcessMetrics(ports.metrics);

  const transport = app.get(LogTransport);
  const { service, namespace, sealing } = config;
  if (sealing) transport.add('sealer', new Sealer({ service, namespace, sealing, ports }));
  app.get(Readiness).register({ name: 'workers', check: () => transport.assertRunning() });
  app.connectMicroservice({ strategy: transport });
  await app.listen(config.port, config.host);
  await app.startAllMicroservices();

  const { port } = app.getHttpServer().address() as { port: number };
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`;
  ports.logger.info({ url, namespace: config.namespace }, `${config.service} listens at ${url}`);

  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await transport.close();
    await app.close();
    endProcessMetrics();
    await ports.log.close();
    await tracing?.close();
    await accessLog?.close();
    ports.logger.info({}, `${config.service} has stopped`);
  };
  return { url, app, failed: transport.failed, stop: () => (stopping ??= stop()) };
};

/** `/openapi.json`, made from the controllers at the first request. */
const describeDoors = (
  app: NestFastifyApplication,
  server: FastifyInstance,
  service: string,
  front: FrontDoorDescription = { paths: {}, schemas: {} },
): void => {
  const about = new DocumentBuilder().setTitle(`Playhead ${service}`).setVersion('1').build();
  let document: unknown;
  const describe = (): unknown => {
    const { paths, components, ...rest } = SwaggerModule.createDocument(app, about);
    const schemas = { ...components?.schemas, ...front.schemas };
    return { ...rest, paths: { ...paths, ...front.paths }, components: { ...components, schemas } };
  };
  server.get('/openapi.json', () => (document ??= describe()));
};
