import { Body, Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FollowedTopic } from '#eventlog';
import { Refused, canonicalKey, valueNames } from '#kernel';
import { LatestVectors, type LatestVector } from '#runtime';
import { newest, type ServiceDefinition, type ServiceRevision, type Services } from '#folds';

export const SERVICES = Symbol('feature services');

/** Latest feature values by entity, in the shape of Feast's feature server. */
@ApiTags('online features')
@Controller()
export class OnlineFeaturesController {
  constructor(
    @Inject(SERVICES) private readonly services: FollowedTopic<Services>,
    private readonly vectors: LatestVectors,
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
  @ApiOperation({ summary: 'Latest values for many entities' })
  @ApiBody({
    schema: {
      type: 'object',
      properties: {
        feature_service: { type: 'string', example: 'fraud' },
        features: { type: 'array', items: { type: 'string' }, example: ['customer-spend:amount'] },
        entities: { type: 'object', example: { customer_id: ['4961'] } },
      },
    },
  })
  async online(@Body() body: unknown): Promise<unknown> {
    const request = parse(body);
    const { service, wanted } = this.resolve(request);
    const { key } = newest(service).compiled.trigger;
    const ids = request.entities[key];
    if (!Array.isArray(ids))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `entities must list ${key}: {"entities": {"${key}": ["..."]}}`,
      );
    const found = await Promise.all(ids.map((id) => this.latest(service, id)));
    const column = (name: string): unknown => ({
      values: found.map((vector) => (vector && valueIn(service, vector, name)) ?? null),
      statuses: found.map((vector) =>
        vector && valueIn(service, vector, name) !== undefined ? 'PRESENT' : 'NOT_FOUND',
      ),
      event_timestamps: found.map((vector) => vector?.event_time ?? '1970-01-01T00:00:00.000Z'),
    });
    const now = found.map((vector) => vector?.event_time ?? '1970-01-01T00:00:00.000Z');
    return {
      metadata: { feature_names: [key, ...wanted.map(({ name }) => name)] },
      results: [
        { values: ids, statuses: ids.map(() => 'PRESENT'), event_timestamps: now },
        ...wanted.map(({ name }) => column(name)),
      ],
    };
  }

  private async latest(service: ServiceDefinition, id: unknown): ReturnType<LatestVectors['of']> {
    const key = canonicalKey(id);
    return key === null ? undefined : this.vectors.of(service.name, key);
  }

  private resolve({ feature_service: name, features }: OnlineRequest): {
    service: ServiceDefinition;
    wanted: readonly { name: string }[];
  } {
    if (name !== undefined) {
      const service = this.services.state.get(name);
      if (!service) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no feature service ${name}`);
      return {
        service,
        wanted: newest(service).compiled.features.map((feature) => ({ name: feature })),
      };
    }
    for (const service of this.services.state.values()) {
      const wanted = features!.map((reference) => ({
        name: reference.slice(reference.indexOf(':') + 1),
        index: indexOf(newest(service), reference),
      }));
      if (wanted.every(({ index }) => index >= 0)) return { service, wanted };
    }
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `no feature service has all of ${features!.join(', ')}; name them as <view>:<feature>`,
    );
  }
}

/**
 * The value of a feature in a vector, by the newest revision that the vector carries; undefined where that one has no such feature. So an
 * entity without an event since a new revision began is still answered, as of its newest vector.
 */
export const valueIn = (
  { revisions, retired }: Pick<ServiceDefinition, 'revisions' | 'retired'>,
  { values }: Pick<LatestVector, 'values'>,
  feature: string,
): number | null | undefined => {
  const carried = [...retired, ...revisions].filter(({ revision }) => values[revision] !== undefined).at(-1);
  return carried && values[carried.revision]![carried.compiled.features.indexOf(feature)];
};

interface OnlineRequest {
  readonly feature_service?: string;
  readonly features?: readonly string[];
  readonly entities: Readonly<Record<string, unknown>>;
}

const parse = (body: unknown): OnlineRequest => {
  const request = (typeof body === 'object' && body !== null ? body : {}) as Partial<OnlineRequest>;
  const named = typeof request.feature_service === 'string';
  const listed =
    Array.isArray(request.features) &&
    request.features.length > 0 &&
    request.features.every((feature) => typeof feature === 'string');
  if (!named && !listed)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      'say "feature_service": "<name>" or "features": ["<view>:<feature>", ...]',
    );
  if (typeof request.entities !== 'object' || request.entities === null)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      '"entities" must be an object of lists: {"customer_id": ["4961"]}',
    );
  return {
    entities: request.entities,
    ...(named ? { feature_service: request.feature_service } : { features: request.features }),
  };
};

/** Index of `<view>:<feature>` in the vector, -1 where the service has no such one. */
const indexOf = (revision: ServiceRevision, reference: string): number => {
  let index = 0;
  for (const view of revision.compiled.views) {
    for (const name of view.features.flatMap(valueNames)) {
      if (reference === `${view.name}:${name}`) return index;
      index++;
    }
  }
  return -1;
};
