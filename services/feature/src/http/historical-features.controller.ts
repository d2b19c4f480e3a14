import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EventLog, FollowedTopic } from '#eventlog';
import { newest, type Services } from '#folds';
import { Refused } from '#kernel';
import { entityFieldsOf, historicalFeatures, parseEntityRows, type EntityRowInput } from '#replay';
import { CONFIG, EVENT_LOG, type CommonConfig } from '#runtime';
import { SERVICES } from './online-features.controller';

/** More rows than this are a job for the command, which needs no door and holds up nobody. */
const MOST_ROWS = 10_000;

/** Feature values at points in time, as known then. One request is answered at a time: each reads whole partitions. */
@ApiTags('historical features')
@Controller('v1/features')
export class HistoricalFeaturesController {
  private before: Promise<unknown> = Promise.resolve();

  constructor(
    @Inject(EVENT_LOG) private readonly log: EventLog,
    @Inject(CONFIG) private readonly config: CommonConfig,
    @Inject(SERVICES) private readonly services: FollowedTopic<Services>,
  ) {}

  @Post(':service/historical')
  @HttpCode(200)
  @ApiOperation({ summary: 'Values of entities as known at the time of each row' })
  @ApiBody({
    schema: {
      type: 'object',
      required: ['entity_rows'],
      properties: {
        entity_rows: {
          type: 'array',
          items: { type: 'object' },
          example: [{ customer_id: '4961', event_timestamp: '2018-05-01T00:00:00Z' }],
        },
        features: { type: 'array', items: { type: 'string' }, example: ['customer-spend:tx_count_1d'] },
      },
    },
  })
  async historical(@Param('service') name: string, @Body() body: unknown): Promise<unknown> {
    const service = this.services.state.get(name);
    if (!service) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no feature service ${name}`);
    const { revision, digest, compiled } = newest(service);
    const { entity_rows, features } = requestIn(body);
    const rows = parseEntityRows(entity_rows, compiled);
    const { log } = this;
    const { namespace } = this.config;
    const found = await this.inTurn(() =>
      historicalFeatures({ log, namespace, service: compiled, rows, ...(features && { features }) }),
    );
    const fields = entityFieldsOf(compiled);
    return {
      service: name,
      revision,
      definition: digest,
      rows: rows.map(({ keys, time }, row) => ({
        ...Object.fromEntries(fields.map((field) => [field, keys[field]])),
        event_timestamp: new Date(time).toISOString(),
        ...Object.fromEntries(found.features.map((feature, i) => [feature, found.values[row]![i]])),
      })),
    };
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.before.then(work, work);
    this.before = answer.catch(() => undefined);
    return answer;
  }
}

const requestIn = (
  body: unknown,
): { readonly entity_rows: readonly EntityRowInput[]; readonly features?: readonly string[] } => {
  const { entity_rows, features } = (typeof body === 'object' && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  if (!Array.isArray(entity_rows) || entity_rows.length === 0)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      '"entity_rows" must be a list: [{"customer_id": "4961", "event_timestamp": "2018-05-01T00:00:00Z"}]',
    );
  if (entity_rows.length > MOST_ROWS)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${entity_rows.length} rows are too many for a door, which takes ${MOST_ROWS}; \`./playhead features historical\` takes any number`,
    );
  if (
    features !== undefined &&
    !(Array.isArray(features) && features.every((each) => typeof each === 'string'))
  )
    throw new Refused('PLAYHEAD_REQUEST_INVALID', '"features" must be a list of names');
  return {
    entity_rows: entity_rows as EntityRowInput[],
    ...(features ? { features: features as string[] } : {}),
  };
};
