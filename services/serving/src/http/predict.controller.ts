import { championOf, fillRow } from '#contracts';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused, canonicalKey } from '#kernel';
import { LatestVectors } from '#runtime';
import { compileOutput, decide } from '#folds';
import { ServingStatus } from '../effects/serving-status';
import { InferenceDesk, ServedModels } from '../inference';

/** A model's answer for an entity, from its newest vector. */
@ApiTags('predictions')
@Controller('v1/deployments')
export class PredictController {
  constructor(
    private readonly models: ServedModels,
    private readonly desk: InferenceDesk,
    private readonly vectors: LatestVectors,
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
  @ApiOperation({ summary: 'Predict for an entity from its newest vector' })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['entity'],
      properties: { entity: { type: 'object', example: { customer_id: '4961' } } },
    },
  })
  async predict(@Param('deployment') name: string, @Body() body: unknown): Promise<unknown> {
    const { deployment } = this.models.find(name, undefined, undefined);
    if (!deployment) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no deployment ${name}`);
    const { service } = deployment;
    const key = entityKey(body, service.key);
    const vector = await this.vectors.of(service.name, key);
    if (!vector)
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `${service.key} ${key} has no vector yet: no event of it has been folded`,
      );
    const served = this.models.reading(name, key, ({ revision }) => vector.values[revision] !== undefined);
    const matrix = new Float32Array(served.reads.features.length);
    fillRow(vector, served.reads, matrix, 0);
    const { values, width } = await this.desk.infer(
      { model: name, key, rows: 1, matrix, protocol: 'predict' },
      served,
    );
    const scores = { values, width };
    const decision = decide(deployment, scores, 0);
    return {
      deployment: name,
      model: deployment.model,
      version: served.reads.version,
      route: served.route,
      entity: vector.entity,
      event_id: vector.event_id,
      event_time: vector.event_time,
      output: JSON.parse(compileOutput(deployment.task)(scores, 0)) as object,
      ...(decision === undefined ? {} : { decision }),
      vector: vector.position,
    };
  }
}

const entityKey = (body: unknown, field: string): string => {
  const example = `{"entity": {"${field}": "..."}}`;
  const entity =
    typeof body === 'object' && body !== null ? (body as { entity?: unknown }).entity : undefined;
  if (typeof entity !== 'object' || entity === null)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `the body must be ${example}`);
  const key = canonicalKey((entity as Record<string, unknown>)[field]);
  if (key === null)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `the entity has no ${field}; write ${example}`);
  return key;
};
