import * as http from 'node:http';
import * as https from 'node:https';

type Transport = Pick<typeof http, 'request'>;

/**
 * The HTTP client for MinIO's library, with kept connections and a limit on silence: neither Node nor the library has one,
 * so a server that stops in the middle of an answer would hold its reader for ever.
 */
export const deadlineTransport = (secure: boolean, silenceMs: number): Transport => {
  const protocol = secure ? https : http;
  const agent = new protocol.Agent({ keepAlive: true, timeout: silenceMs });
  const request = (
    options: http.RequestOptions,
    answered?: (response: http.IncomingMessage) => void,
  ): http.ClientRequest => {
    const outgoing = protocol.request({ ...options, agent, timeout: silenceMs }, answered);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${silenceMs} ms`)));
    return outgoing;
  };
  return { request } as Transport;
};
