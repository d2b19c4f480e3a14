import type { FastifyInstance } from 'fastify';

/**
 * Lets pages of the allowed origins call the doors, and no others: a browser keeps the answer from a page whose origin is not named.
 * (Nest's own CORS loads its plugin by a dynamic import, which jest cannot follow.)
 */
export const allowOrigins = (server: FastifyInstance, origins: readonly string[]): void => {
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return done();
    void reply.header('access-control-allow-origin', origin);
    const isPreflight =
      request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) return done();
    void reply
      .header('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE')
      .header('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '*')
      .header('access-control-max-age', '600')
      .status(204)
      .send();
  });
};
