import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../logger';
import { errorAnswer } from './error-answer';

/** Renders every error of a door as `{"error": {"code", "message", "details"}}`. A protocol with another shape brings its own filter. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const { status, body } = errorAnswer(error);
    if (status >= 500 && body.error.code !== 'PLAYHEAD_NOT_READY') {
      this.logger.error(
        { err: error, method: request.method, path: request.url, code: body.error.code },
        `a door failed: ${body.error.code}`,
      );
    }
    void reply.status(status).header('content-type', 'application/json; charset=utf-8').send(body);
  }
}
