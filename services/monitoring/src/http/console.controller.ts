import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PlatformError, Refused } from '#kernel';
import { CONFIG } from '#runtime';
import type { MonitoringConfig } from '../monitoring.config';
import { consoleFolder, readConsole, type ConsoleFile } from './console-files';

/** The name of a built file holds a hash of its content: it never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * The console: static files. Nothing from elsewhere is loaded, so that it works without internet and tells nobody that it was opened;
 * its script may call the doors of the six services and nobody else.
 */
@ApiExcludeController()
@Controller()
export class ConsoleController {
  private readonly files = readConsole(consoleFolder());
  private readonly policy: string;

  constructor(@Inject(CONFIG) { doors }: MonitoringConfig) {
    const origins = [...new Set(Object.values(doors).map((url) => new URL(url).origin))];
    this.policy = [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' ${origins.join(' ')}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  }

  @Get()
  index(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const page = this.files.get('index.html');
    if (!page)
      throw new PlatformError(
        'PLAYHEAD_NOT_READY',
        'retry',
        'the console is not built: run `npm run build`, then start monitoring again; /v1/overview answers without it',
      );
    void reply
      .header('content-security-policy', this.policy)
      .header('x-content-type-options', 'nosniff')
      .header('referrer-policy', 'no-referrer')
      .header('cache-control', 'no-cache');
    this.send(page, request, reply);
  }

  @Get('assets/:file')
  asset(@Param('file') name: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const file = this.files.get(`assets/${name}`);
    if (!file) throw new Refused('PLAYHEAD_NOT_FOUND', `the console has no file ${name}`);
    void reply.header('cache-control', FOR_EVER).header('x-content-type-options', 'nosniff');
    this.send(file, request, reply);
  }

  private send({ type, bytes, gzip }: ConsoleFile, request: FastifyRequest, reply: FastifyReply): void {
    const isPacked = (request.headers['accept-encoding'] ?? '').includes('gzip');
    if (isPacked) void reply.header('content-encoding', 'gzip');
    // `Vary: Origin` is set for every door.
    void reply.header('vary', 'Origin, Accept-Encoding').header('content-type', type);
    void reply.send(isPacked ? gzip : bytes);
  }
}
