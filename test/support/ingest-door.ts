/** The HTTP door of ingestion as a client sees it, byte by byte where fetch would be too polite. */
import { request } from 'node:http';
import { connect } from 'node:net';

export interface DoorAnswer {
  readonly status: number;
  readonly body: {
    readonly accepted?: number;
    readonly rejected?: readonly {
      readonly index: number;
      readonly code: string;
      readonly message: string;
    }[];
    readonly positions?: readonly {
      readonly topic: string;
      readonly partition: number;
      readonly offset: number;
    }[];
    readonly error?: { readonly code: string; readonly message: string };
  };
}

export type Body = string | Buffer;
export const JSON_TYPE = { 'content-type': 'application/json' } as const;
export const NDJSON_TYPE = { 'content-type': 'application/x-ndjson' } as const;

export class IngestDoor {
  constructor(private readonly url: string) {}

  async post(
    body: Body,
    headers: Record<string, string> = JSON_TYPE,
    stream = 'transactions',
  ): Promise<DoorAnswer> {
    const answer = await fetch(`${this.url}/v1/streams/${stream}/events`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers,
    });
    return { status: answer.status, body: (await answer.json()) as DoorAnswer['body'] };
  }

  /** In chunks of so many bytes. */
  postChunked(
    body: Body,
    chunkBytes: number,
    headers: Record<string, string> = JSON_TYPE,
  ): Promise<DoorAnswer> {
    return new Promise((done, fail) => {
      const posted = request(
        `${this.url}/v1/streams/transactions/events`,
        { method: 'POST', headers: { ...headers, 'transfer-encoding': 'chunked' } },
        (answer) => {
          const parts: Buffer[] = [];
          answer
            .on('data', (part: Buffer) => parts.push(part))
            .on('end', () =>
              done({
                status: answer.statusCode!,
                body: JSON.parse(Buffer.concat(parts).toString()) as DoorAnswer['body'],
              }),
            );
        },
      );
      posted.on('error', fail).setNoDelay(true);
      const bytes = Buffer.from(body);
      for (let start = 0; start < bytes.length; start += chunkBytes)
        posted.write(bytes.subarray(start, start + chunkBytes));
      posted.end();
    });
  }

  /** The first line of the answer to these very bytes; empty where there was none before the connection ended. */
  raw(text: string, hangUp = false): Promise<string> {
    return new Promise((done) => {
      const { hostname, port } = new URL(this.url);
      let answer = '';
      const socket = connect(Number(port), hostname, () => {
        socket.write(text, () => {
          if (hangUp) socket.destroy();
        });
      });
      socket.on('data', (part) => {
        answer += part.toString('latin1');
        if (answer.includes('\r\n')) socket.destroy();
      });
      socket.on('error', () => undefined).on('close', () => done(answer.split('\r\n')[0]!));
    });
  }
}
