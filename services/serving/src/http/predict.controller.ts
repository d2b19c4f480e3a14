import { championOf } from '#contracts';
import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Refused } from '#kernel';
import { ServingStatus } from '../effects/serving-status';
import { Predictor, type PredictAnswer, type PredictRequest } from '../events';
import { ServedModels } from '../inference';

/** A model's answer for an entity, from its newest vector, or for an event that is not on the stream. */
@ApiTags('predictions')
@Controller('v1/deployments')
export class PredictController {
  constructor(
    private readonly models: ServedModels,
    private readonly predictor: Predictor,
    private readonly status: ServingStatus,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Deployments and the version each one serves' })
  list(): unknown {
    return {
      deployments: this.models.deployments().map((deployment) => ({
        deployment: deployment.deployment,
        model: deployment.model,
        state: deployment.state,
        version: championOf(deployment)?.version ?? null,
        begun: this.status.hasBegun(deployment.deployment),
      })),
    };
  }

  @Post(':deployment/predict')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Predict for an entity from its newest vector, or for an event with the features that the stream would give it now',
  })
  @ApiBody({
    schema: {
      type: 'object',
      properties: {
        entity: { type: 'object', example: { customer_id: '4961' } },
        event: { type: 'object', description: 'an event of the trigger stream, instead of `entity`' },
        id: { type: 'string', description: 'that later labels name the request by' },
        explain: { type: 'boolean', description: 'say how far each feature moved the answer' },
      },
    },
  })
  async predict(
    @Param('deployment') name: string,
    @Body() body: unknown,
    @Headers('x-request-id') requestId: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PredictAnswer> {
    const request = requestOf(body);
    const id = request.id ?? requestId;
    const answer = await this.predictor.predict(
      name,
      { ...request, ...(id !== undefined && { id }) },
      traceparent,
    );
    if (answer.id !== undefined) void reply.header('x-request-id', encodeURI(answer.id));
    return answer;
  }
}

const requestOf = (body: unknown): PredictRequest => {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', 'the body must be a JSON object with `entity` or `event`');
  const { entity, event, id, explain } = body as Readonly<Record<string, unknown>>;
  if (id !== undefined && (typeof id !== 'string' || id === '' || id.length > MAX_ID_LENGTH))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `"id" must be a text of 1 to ${MAX_ID_LENGTH} characters`);
  if (explain !== undefined && typeof explain !== 'boolean')
    throw new Refused('PLAYHEAD_REQUEST_INVALID', '"explain" must be true or false');
  return { entity, event, ...(id !== undefined && { id }), ...(explain !== undefined && { explain }) };
};

const MAX_ID_LENGTH = 1_000;
