import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  decodeInferRequest,
  parseJson,
  parsePredictRequest,
  renderBinaryInferResponse,
  renderInferResponse,
  renderPredictResponse,
  type InferRequest,
  type ModelSignature,
} from '#inference';
import { PlatformError, Refused, isPlatformError } from '#kernel';
import { errorAnswer, readOn, type Logger } from '#runtime';
import type { InferAnswer, InferCall, InferenceDesk, ServedModel } from '../../inference';
import { Departure } from './departure';
import { describingDoors, type Described, type DescribingDoor } from './described';
import { sendBinary, sendError, sendJson } from './http-answer';
import { pathReader, type Path } from './path';
import { readBody } from './read-body';

export interface HttpDoorOptions {
  /** Largest body, with its content coding undone, bytes. */
  readonly bodyLimitBytes: number;
  /** Pages of these origins may read the answers. */
  readonly origins: readonly string[];
  readonly logger: Logger;
}

/**
 * The REST doors of the Open Inference Protocol v2 with Triton's extensions, and of TensorFlow Serving's version 1, on node:http alone
 * (docs/adr/0025-bare-inference-doors.md). Errors are `{"error": "..."}` with the status of their code.
 */
export class HttpDoor {
  private readonly pathOf = pathReader();
  private readonly describing: ReturnType<typeof describingDoors>;

  constructor(
    private readonly desk: InferenceDesk,
    private readonly options: HttpDoorOptions,
  ) {
    this.describing = describingDoors(desk);
  }

  /** Takes a request of the protocols and answers it; false for any other, which is left as it came. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const path = this.pathOf(request.url ?? '/');
    if (!path) return false;
    const beganMs = performance.now();
    try {
      if (request.headers.origin !== undefined && this.allow(request, response)) return true;
      if (path.door === 'model infer') this.infer(path, request, response, beganMs);
      else if (path.door === 'v1 predict') this.predict(path, request, response, beganMs);
      else this.describe(path, request, response);
    } catch (error) {
      this.refuse(request, response, error);
    }
    return true;
  };

  private infer(path: Path, request: IncomingMessage, response: ServerResponse, beganMs: number): void {
    if (request.method !== 'POST') return this.refuseMethod(request, response, ['POST']);
    this.withBody(request, response, async (body) => {
      const served = this.desk.find(path.name, path.version);
      const { jsonLength } = headersOf(request);
      const asked = decodeInferRequest(body, signatureOf(served), { jsonLength });
      const answer = await this.desk.infer(callOf(path, request, response, asked, 'rest-v2', beganMs));
      if (response.destroyed) return;
      const answeredMs = performance.now();
      if (asked.binaryOutput) sendBinary(request, response, renderBinaryInferResponse(answer), answer.values);
      else sendJson(request, response, 200, renderInferResponse(answer));
      count(answer, answeredMs);
    });
  }

  private predict(path: Path, request: IncomingMessage, response: ServerResponse, beganMs: number): void {
    if (request.method !== 'POST') return this.refuseMethod(request, response, ['POST']);
    this.withBody(request, response, async (body) => {
      const served = this.desk.find(path.name, path.version);
      const { rows, matrix, answer: member } = parsePredictRequest(parseJson(body), signatureOf(served));
      const asked = { ...NOTHING_ASKED, rows, matrix };
      const answer = await this.desk.infer(callOf(path, request, response, asked, 'rest-v1', beganMs));
      if (response.destroyed) return;
      const answeredMs = performance.now();
      // The protocol has no place for it.
      if (answer.id !== undefined) response.setHeader('X-Request-Id', encodeURI(answer.id));
      sendJson(request, response, 200, renderPredictResponse(member, answer.values, answer.width));
      count(answer, answeredMs);
    });
  }

  private describe(path: Path, request: IncomingMessage, response: ServerResponse): void {
    if (path.door === 'unknown')
      throw new Refused('PLAYHEAD_NOT_FOUND', `there is no door ${request.url}; /openapi.json lists them`);
    const door: DescribingDoor = this.describing[path.door as keyof typeof this.describing];
    const method = request.method === 'HEAD' ? 'GET' : request.method;
    if (!door.methods.some((each) => each === method))
      return this.refuseMethod(request, response, door.methods);
    this.withBody(request, response, async (body) => {
      const { status, body: answer }: Described = await door.answer(
        path,
        body.length === 0 ? undefined : parseJson(body),
      );
      if (!response.destroyed) sendJson(request, response, status, JSON.stringify(answer));
    });
  }

  private withBody(
    request: IncomingMessage,
    response: ServerResponse,
    answer: (body: Buffer) => Promise<void>,
  ): void {
    readBody(request, this.options.bodyLimitBytes, (body) => {
      if (body instanceof PlatformError) return this.refuse(request, response, body);
      answer(body).catch((error: unknown) => this.refuse(request, response, error));
    });
  }

  private refuseMethod(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
    response.setHeader(
      'Allow',
      methods.includes('GET') ? [...methods, 'HEAD'].join(', ') : methods.join(', '),
    );
    const said = `${request.url} is asked with ${methods.join(' or ')}, not ${request.method}`;
    this.refuse(request, response, new Refused('PLAYHEAD_REQUEST_METHOD', said));
  }

  private refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (response.destroyed || response.headersSent) return;
    if (isDefect(error)) {
      this.options.logger.error(
        { err: error, method: request.method, path: request.url },
        'an inference door failed',
      );
    }
    const answer = (): void => {
      if (!response.destroyed) sendError(request, response, error);
    };
    // A connection that is closed while the client still writes is reset, and the client never sees why.
    if (request.complete) answer();
    else void readOn(request).then(answer);
  }

  /** As `allowOrigins` of the runtime does it; true where that was the whole request. */
  private allow(request: IncomingMessage, response: ServerResponse): boolean {
    response.setHeader('Vary', 'Origin');
    const { origin, 'access-control-request-headers': wanted } = request.headers;
    if (!this.options.origins.includes(origin!)) return false;
    response.setHeader('Access-Control-Allow-Origin', origin!);
    if (request.method !== 'OPTIONS') return false;
    response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, POST');
    response.setHeader('Access-Control-Allow-Headers', wanted ?? '*');
    response.setHeader('Access-Control-Max-Age', '600');
    response.writeHead(204).end();
    return true;
  }
}

const NOTHING_ASKED = {
  id: undefined,
  binaryOutput: false,
  entity: undefined,
  timeoutUs: undefined,
} as const;

const isDefect = (error: unknown): boolean =>
  !isPlatformError(error) || errorAnswer(error).body.error.code === 'PLAYHEAD_DEFECT';

const signatureOf = ({ reads, outputName }: ServedModel): ModelSignature => ({
  featureCount: reads.features.length,
  outputName,
});

const count = ({ served }: InferAnswer, answeredMs: number): void =>
  served.lane.statistics.output.add(performance.now() - answeredMs);

const callOf = (
  { name, version }: Path,
  request: IncomingMessage,
  response: ServerResponse,
  { id, rows, matrix, entity, timeoutUs }: InferRequest,
  protocol: InferCall['protocol'],
  beganMs: number,
): InferCall => {
  const { timeoutMs, traceparent, requestId } = headersOf(request);
  const ms = Math.min(timeoutMs ?? Infinity, timeoutUs === undefined ? Infinity : timeoutUs / 1_000);
  return {
    model: name,
    version,
    id: id ?? requestId,
    key: entity,
    rows,
    matrix,
    deadlineMs: ms === Infinity ? undefined : beganMs + ms,
    signal: new Departure(response),
    protocol,
    traceparent,
    inputMs: performance.now() - beganMs,
  };
};

interface InferHeaders {
  readonly jsonLength: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly traceparent: string | undefined;
  /** Names the request where its body does not. */
  readonly requestId: string | undefined;
}

const headersOf = ({ headers }: IncomingMessage): InferHeaders => {
  const { traceparent, 'x-request-id': requestId } = headers;
  return {
    jsonLength: whole(headers['inference-header-content-length'], 'Inference-Header-Content-Length', 'bytes'),
    timeoutMs: whole(headers['x-request-timeout-ms'], 'X-Request-Timeout-Ms', 'milliseconds'),
    traceparent: typeof traceparent === 'string' ? traceparent : undefined,
    requestId: typeof requestId === 'string' && requestId !== '' ? requestId : undefined,
  };
};

const whole = (value: string | string[] | undefined, name: string, unit: string): number | undefined => {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new Refused('PLAYHEAD_INFERENCE_INVALID', `${name} must be a whole number of ${unit}`);
};
