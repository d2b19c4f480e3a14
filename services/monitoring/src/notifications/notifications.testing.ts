import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver of webhooks: answers what it is told to, and keeps what it has taken. */
export class Receiver {
  readonly taken: Received[] = [];
  refused = 0;
  status = 200;
  private server: Server | undefined;
  private port = 0;

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      void this.answer(request).then((status) => response.writeHead(status).end());
    });
    await new Promise<void>((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve));
    this.port = (this.server.address() as AddressInfo).port;
  }

  /** Nothing listens any more; `start` listens at the same place again. */
  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What came to a path, a copy of what came before left out. */
  bodies<T>(path: string): T[] {
    const seen = new Set<string>();
    return this.taken
      .filter((each) => each.path === path)
      .filter(({ headers, body }) => {
        const id = String(headers['webhook-id'] ?? body);
        return !seen.has(id) && seen.add(id);
      })
      .map(({ body }) => JSON.parse(body) as T);
  }

  private async answer(request: IncomingMessage): Promise<number> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.status >= 300) this.refused++;
    else
      this.taken.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      });
    return this.status;
  }
}

/** As a receiver checks it (docs/how-to/webhooks.md). */
export const isGenuine = (key: string, { headers, body }: Received): boolean => {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const digest = createHmac('sha256', Buffer.from(key.replace(/^whsec_/u, ''), 'base64'))
    .update(signed)
    .digest('base64');
  return headers['webhook-signature'] === `v1,${digest}`;
};
