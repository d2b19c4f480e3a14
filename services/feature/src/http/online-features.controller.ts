import { Body, Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { FollowedTopic } from '#eventlog';
import type { ServiceRevision, Services } from '#folds';
import { canonicalKey, type Clock } from '#kernel';
import { CLOCK, LatestVectors } from '#runtime';
import { feastErrorAnswer, type FeastAnswer } from './online/feast-error';
import { LatestParts } from './online/latest-parts';
import { renderOnline, type Known } from './online/online-answer';
import { planOnline, type OnlineColumn } from './online/online-plan';
import { parseOnlineRequest, type OnlineRequest } from './online/online-request';

export const SERVICES = Symbol('feature services');

/**
 * Latest feature values by entity, as Feast's feature server answers them (its `POST /get-online-features`, release 0.67): its client's
 * `online_store: {type: remote}` works against this door.
 */
@ApiTags('online features')
@Controller()
export class OnlineFeaturesController {
  constructor(
    @Inject(SERVICES) private readonly services: FollowedTopic<Services>,
    private readonly vectors: LatestVectors,
    private readonly parts: LatestParts,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('v1/features')
  @ApiOperation({ summary: 'Feature services, their revisions and features' })
  list(): unknown {
    const listed = (phase: string, revisions: readonly ServiceRevision[]) =>
      revisions.map(({ revision, digest, compiled }) => ({
        revision,
        digest,
        phase,
        trigger: compiled.trigger,
        features: compiled.features,
      }));
    const services = [...this.services.state.values()].map(({ name, revisions, warming }) => ({
      name,
      revisions: [...listed('active', revisions), ...listed('warming', warming)],
    }));
    return { services };
  }

  @Post('get-online-features')
  @HttpCode(200)
  @ApiOperation({
    summary: "Latest values for many entities, in Feast's shape",
    description:
      'A feature service, or features as `<view>:<feature>`; for each join key a list of values, all equally long.',
  })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['entities'],
      properties: {
        feature_service: { type: 'string', example: 'fraud' },
        features: { type: 'array', items: { type: 'string' }, example: ['customer-spend:amount'] },
        entities: {
          type: 'object',
          additionalProperties: { type: 'array', items: {} },
          example: { customer_id: ['4961'] },
        },
        full_feature_names: { type: 'boolean', default: false, description: 'names as `<view>__<feature>`' },
        include_feature_view_version_metadata: { type: 'boolean', default: false },
      },
    },
  })
  @ApiResponse({
    status: 200,
    description: 'a list of values, statuses and event times for each name',
    schema: {
      type: 'object',
      properties: {
        metadata: {
          type: 'object',
          properties: { feature_names: { type: 'array', items: { type: 'string' } } },
        },
        results: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              values: { type: 'array', items: {} },
              statuses: {
                type: 'array',
                items: { type: 'string', enum: ['PRESENT', 'NULL_VALUE', 'NOT_FOUND', 'OUTSIDE_MAX_AGE'] },
              },
              event_timestamps: { type: 'array', items: { type: 'string', format: 'date-time' } },
            },
          },
        },
      },
    },
  })
  @ApiResponse({
    status: 404,
    description:
      "no such service, view or feature; as every error but 422, a JSON string that holds Feast's `{module, class, message}`",
    schema: { type: 'string' },
  })
  @ApiResponse({
    status: 422,
    description: "the body is no such request; FastAPI's `detail`",
    schema: { type: 'object' },
  })
  async online(@Body() body: unknown, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer> {
    const answer = await this.answer(body);
    void reply.status(answer.status).header('content-type', 'application/json');
    return Buffer.from(answer.body);
  }

  async answer(body: unknown): Promise<FeastAnswer> {
    try {
      return { status: 200, body: await this.values(parseOnlineRequest(body)) };
    } catch (error) {
      const answer = feastErrorAnswer(error);
      if (!answer) throw error;
      return answer;
    }
  }

  private async values(request: OnlineRequest): Promise<string> {
    const plan = planOnline(this.services.state, request);
    const asked = new Map<string, Promise<readonly (Known | undefined)[]>>();
    for (const column of plan.columns)
      if (!asked.has(lookupOf(column))) asked.set(lookupOf(column), this.lookUp(column, request));
    const known = new Map<string, readonly (Known | undefined)[]>();
    for (const [lookup, found] of asked) known.set(lookup, await found);
    return renderOnline(plan, request, (column) => known.get(lookupOf(column))!, this.clock.now());
  }

  /** Each entity once, however often the request names it. */
  private async lookUp(
    { service: { name }, key, stage }: OnlineColumn,
    { entities }: OnlineRequest,
  ): Promise<readonly (Known | undefined)[]> {
    const keys = entities.get(key)!.map(canonicalKey);
    const found = new Map<string, Known | undefined>();
    for (const entity of keys) {
      if (entity === null || found.has(entity)) continue;
      found.set(
        entity,
        stage === undefined ? await this.vectors.of(name, entity) : await this.parts.of(name, stage, entity),
      );
    }
    return keys.map((entity) => (entity === null ? undefined : found.get(entity)));
  }
}

const lookupOf = ({ service, key, stage }: OnlineColumn): string => `${service.name}\0${key}\0${stage ?? ''}`;
