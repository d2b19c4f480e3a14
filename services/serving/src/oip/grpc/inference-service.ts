import { renderModelMetadata } from '#inference';
import { isPlatformError } from '#kernel';
import type { InferenceDesk } from '../../inference';
import { SERVER, configOf, statisticsOf } from '../descriptions';
import { GrpcError, STATUS, failureOf } from './grpc-status';
import { infer, type CallContext } from './infer';
import { decodeInferRequest } from './infer-request';
import { encodeInferResponse, encodeStreamError, encodeStreamResponse } from './infer-response';
import { loadHealthService, loadInferenceService } from './messages';

/** One request, one answer. Throws what `failureOf` reads. */
export type UnaryMethod = (message: Buffer, context: CallContext) => Promise<Buffer>;

export interface GrpcMethods {
  /** By path, `/package.Service/Method`. */
  readonly unary: ReadonlyMap<string, UnaryMethod>;
  /** An answer for each message of a stream; never rejects: what went wrong stands in the answer. */
  readonly stream: ReadonlyMap<string, UnaryMethod>;
}

const INFERENCE = '/inference.GRPCInferenceService/';

/** All methods of the protocol over a desk, whatever transport carries them. `defect` is told of errors that are nobody's refusal. */
export const inferenceMethods = (desk: InferenceDesk, defect: TellDefect): GrpcMethods => {
  const scored = async (message: Buffer, context: CallContext): Promise<Buffer> => {
    const beganMs = performance.now();
    const answer = await infer(desk, decodeInferRequest(message), context, beganMs);
    const answeredMs = performance.now();
    const response = encodeInferResponse(answer);
    answer.served.lane.statistics.output.add(performance.now() - answeredMs);
    return response;
  };
  const streamed = async (message: Buffer, context: CallContext): Promise<Buffer> => {
    try {
      return encodeStreamResponse(await scored(message, context));
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status === STATUS.INTERNAL) defect(`${INFERENCE}ModelStreamInfer`, error);
      return encodeStreamError(failure.message, idOf(message));
    }
  };
  const unary = new Map<string, UnaryMethod>([[`${INFERENCE}ModelInfer`, scored]]);
  const definitions = { ...loadInferenceService() };
  for (const [name, answer] of Object.entries(coldMethods(desk)))
    addMethod(unary, definitions[name]!, answer);
  for (const { path } of Object.values(definitions)) {
    if (unary.has(path) || path.endsWith('/ModelStreamInfer')) continue;
    unary.set(path, () => Promise.reject(notSupported(path.slice(INFERENCE.length))));
  }
  addMethod(unary, loadHealthService().Check!, ({ service }) => ({
    status: healthOf(desk, String(service)),
  }));
  return {
    unary: new Map([...unary].map(([path, method]) => [path, tellingDefects(path, method, defect)])),
    stream: new Map([[`${INFERENCE}ModelStreamInfer`, streamed]]),
  };
};

type TellDefect = (method: string, error: unknown) => void;

const tellingDefects =
  (path: string, method: UnaryMethod, defect: TellDefect): UnaryMethod =>
  (message, context) =>
    method(message, context).catch((error: unknown) => {
      if (failureOf(error).status === STATUS.INTERNAL) defect(path, error);
      throw error;
    });

type Fields = Readonly<Record<string, unknown>>;

const addMethod = (
  methods: Map<string, UnaryMethod>,
  definition: ReturnType<typeof loadInferenceService>[string],
  answer: (request: Fields) => Promise<object> | object,
): void => {
  methods.set(definition.path, async (message) => {
    const request = decoded(() => definition.requestDeserialize(message));
    return definition.responseSerialize(await answer(request as Fields));
  });
};

const decoded = <T>(decode: () => T): T => {
  try {
    return decode();
  } catch {
    throw new GrpcError(STATUS.INVALID_ARGUMENT, 'the message cannot be decoded');
  }
};

const notSupported = (method: string): GrpcError =>
  new GrpcError(
    STATUS.UNIMPLEMENTED,
    `${method} is not supported: this server has no shared memory, and its traces and logs are set where it is started`,
  );

const idOf = (message: Buffer): string => {
  try {
    return decodeInferRequest(message).id;
  } catch {
    return '';
  }
};

/** The methods that are asked now and then, their messages as plain objects. */
const coldMethods = (desk: InferenceDesk): Record<string, (request: Fields) => Promise<object> | object> => ({
  ServerLive: () => ({ live: true }),
  ServerReady: () => ({ ready: holds(() => desk.assertReady()) }),
  ModelReady: (request) => {
    let ready = false;
    return { ready: holds(() => (ready = desk.ready(...nameOf(request)))) && ready };
  },
  ServerMetadata: () => SERVER,
  ModelMetadata: async (request) => {
    const { name, versions, features, outputName, outputs } = await desk.metadata(...nameOf(request));
    return renderModelMetadata(name, versions, { featureCount: features, outputName, outputs });
  },
  ModelConfig: async (request) => ({ config: configOf(await desk.metadata(...nameOf(request))) }),
  ModelStatistics: (request) => {
    const [name, version] = nameOf(request);
    return { model_stats: desk.statistics(name === '' ? undefined : name, version).map(statisticsOf) };
  },
  RepositoryIndex: ({ ready }) => ({
    models: desk.index().filter(({ state }) => ready !== true || state === 'READY'),
  }),
  RepositoryModelLoad: async ({ model_name: name, parameters }) => {
    if (Object.keys(parameters as object).length > 0)
      throw new GrpcError(
        STATUS.INVALID_ARGUMENT,
        'a model is loaded as the registry has it; "parameters" cannot override it',
      );
    await desk.load(String(name));
    return {};
  },
  RepositoryModelUnload: ({ model_name: name }) => {
    desk.unload(String(name));
    return {};
  },
});

const nameOf = ({ name, version }: Fields): [name: string, version: string | undefined] => [
  String(name),
  version === '' ? undefined : String(version),
];

/** Whether it throws nothing; a refusal is an answer, a defect is not. */
const holds = (check: () => unknown): boolean => {
  try {
    check();
    return true;
  } catch (error) {
    if (isPlatformError(error)) return false;
    throw error;
  }
};

const SERVICES: ReadonlySet<string> = new Set(['', 'inference.GRPCInferenceService']);

const healthOf = (desk: InferenceDesk, service: string): string => {
  if (!SERVICES.has(service)) throw new GrpcError(STATUS.NOT_FOUND, `there is no service ${service}`);
  return holds(() => desk.assertReady()) ? 'SERVING' : 'NOT_SERVING';
};
