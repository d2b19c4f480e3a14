import {
  Catch,
  Controller,
  Delete,
  Get,
  HttpCode,
  Patch,
  Post,
  UseFilters,
  applyDecorators,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { errorAnswer } from '#runtime';
import { RefusedByMlflow, type RefusalCode } from '../domain/refusal';

const STATUS: Readonly<Record<RefusalCode, number>> = {
  INVALID_PARAMETER_VALUE: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  BAD_REQUEST: 400,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  REQUEST_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
  NOT_IMPLEMENTED: 501,
  TEMPORARILY_UNAVAILABLE: 503,
};

/** `{"error_code", "message"}`, with the status that MLflow's server gives. */
@Catch()
export class MlflowErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const { status, body } = mlflowAnswer(error);
    void reply.status(status).header('content-type', 'application/json; charset=utf-8').send(body);
  }
}

export const mlflowAnswer = (
  error: unknown,
): {
  readonly status: number;
  readonly body: { readonly error_code: RefusalCode; readonly message: string };
} => {
  if (error instanceof RefusedByMlflow)
    return { status: STATUS[error.code], body: { error_code: error.code, message: error.message } };
  const {
    status,
    body: {
      error: { message },
    },
  } = errorAnswer(error);
  return { status, body: { error_code: codeOf(status), message } };
};

const codeOf = (status: number): RefusalCode => {
  if (status === 404) return 'RESOURCE_DOES_NOT_EXIST';
  if (status === 429) return 'REQUEST_LIMIT_EXCEEDED';
  if (status === 503) return 'TEMPORARILY_UNAVAILABLE';
  return status < 500 ? 'BAD_REQUEST' : 'INTERNAL_ERROR';
};

/** A controller below MLflow's REST API. */
export const MlflowController = (path: string): ClassDecorator =>
  applyDecorators(ApiTags('mlflow'), Controller(path), UseFilters(MlflowErrorFilter)) as ClassDecorator;

const METHODS = { GET: Get, POST: Post, PATCH: Patch, DELETE: Delete } as const;
const ANY_OBJECT = { schema: { type: 'object' } };

/** One call of MLflow's REST API; all of them answer 200. */
export const Call = (method: keyof typeof METHODS, path: string, summary: string): MethodDecorator =>
  applyDecorators(
    METHODS[method](path),
    HttpCode(200),
    ApiOperation({ summary }),
    ...(method === 'GET' ? [] : [ApiBody({ ...ANY_OBJECT, description: "MLflow's message of this call" })]),
  );

export const API = 'api/2.0/mlflow';
