import { createServer, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** A span as it arrived over OTLP, with the resource that sent it. Ids in hexadecimal; no parent is an empty text. */
export interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
}

/** Stands in for an OpenTelemetry collector: takes traces over OTLP/HTTP (protobuf, the default of the SDKs) and keeps them. */
export class OtlpCollector {
  readonly spans: ReceivedSpan[] = [];
  requests = 0;
  /** While true, requests are taken and never answered. */
  hangs = false;
  private readonly open = new Set<ServerResponse>();

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OtlpCollector> {
    const server = createServer();
    const collector = new OtlpCollector(server);
    server.on('request', (request, response) => {
      const body: Buffer[] = [];
      request.on('data', (part: Buffer) => body.push(part));
      request.on('end', () => {
        const whole = Buffer.concat(body);
        const bytes = request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole;
        collector.take(String(request.url), String(request.headers['content-type']), bytes, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  trace(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId);
  }

  async stop(): Promise<void> {
    for (const response of this.open) response.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(url: string, contentType: string, body: Buffer, response: ServerResponse): void {
    this.requests++;
    if (this.hangs) return void this.open.add(response);
    if (url !== '/v1/traces' || contentType !== 'application/x-protobuf') {
      response
        .writeHead(415)
        .end(`this collector takes protobuf on /v1/traces, not ${contentType} on ${url}`);
      return;
    }
    this.spans.push(...decodeTraces(body));
    response.writeHead(200, { 'content-type': contentType }).end();
  }
}

/** The spans of an `ExportTraceServiceRequest` (opentelemetry-proto 1.x, trace/v1/trace.proto). */
export const decodeTraces = (request: Buffer): ReceivedSpan[] =>
  messages(request, 1).flatMap((resourceSpans) => {
    const [resource] = messages(resourceSpans, 1);
    const service = String(resource ? attributesOf(messages(resource, 1))['service.name'] : undefined);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => spanOf(span, service));
  });

const KINDS = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;

const spanOf = (span: Buffer, service: string): ReceivedSpan => {
  const fields = fieldsOf(span);
  const bytes = (field: number): Buffer => (fields.get(field)?.[0] as Buffer | undefined) ?? Buffer.alloc(0);
  const number = (field: number): bigint => (fields.get(field)?.[0] as bigint | undefined) ?? 0n;
  return {
    service,
    traceId: bytes(1).toString('hex'),
    spanId: bytes(2).toString('hex'),
    traceState: bytes(3).toString(),
    parentSpanId: bytes(4).toString('hex'),
    name: bytes(5).toString(),
    kind: KINDS[Number(number(6))]!,
    startNs: number(7),
    endNs: number(8),
    attributes: attributesOf(messages(span, 9)),
    links: messages(span, 13).map((link) => {
      const [traceId, spanId] = [messages(link, 1)[0]!, messages(link, 2)[0]!];
      return { traceId: traceId.toString('hex'), spanId: spanId.toString('hex') };
    }),
  };
};

/** Texts and whole numbers; other values are left out. */
const attributesOf = (pairs: readonly Buffer[]): Record<string, string | number> => {
  const attributes: Record<string, string | number> = {};
  for (const pair of pairs) {
    const [key, value] = [
      messages(pair, 1)[0]!.toString(),
      fieldsOf(messages(pair, 2)[0] ?? Buffer.alloc(0)),
    ];
    const [text, whole] = [value.get(1)?.[0], value.get(3)?.[0]];
    if (Buffer.isBuffer(text)) attributes[key] = text.toString();
    else if (typeof whole === 'bigint') attributes[key] = Number(whole);
  }
  return attributes;
};

const messages = (message: Buffer, field: number): Buffer[] =>
  (fieldsOf(message).get(field) ?? []).filter((value) => Buffer.isBuffer(value));

/** The fields of a protobuf message as they stand on the wire: lengths as bytes, the rest as numbers. */
const fieldsOf = (message: Buffer): Map<number, (Buffer | bigint)[]> => {
  const fields = new Map<number, (Buffer | bigint)[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const read = {
      0: varint,
      1: () => message.readBigUInt64LE((at += 8) - 8),
      2: () => {
        const length = Number(varint());
        return message.subarray(at, (at += length));
      },
      5: () => BigInt(message.readUInt32LE((at += 4) - 4)),
    }[tag & 7];
    if (!read) throw new Error(`wire type ${tag & 7} at byte ${at}`);
    const values = fields.get(tag >>> 3) ?? [];
    values.push(read());
    fields.set(tag >>> 3, values);
  }
  return fields;
};
