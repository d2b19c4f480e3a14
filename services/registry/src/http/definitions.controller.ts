import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import {
  KINDS,
  diffDefinitions,
  formatDiff,
  loadDefinitionValues,
  loadDefinitions,
  type Kind,
  type LoadedDefinitions,
} from '#contracts';
import { ENGINE_VERSION } from '#features';
import { Refused, formatPosition } from '#kernel';
import { trainerFaults } from '#learn';
import { definitionsOf, type RegistryState } from '../domain/state';
import { CurrentListings } from '../projections/current-listings';
import { definitionDocument, lifeOf, type DefinitionDocument } from '../projections/documents';
import { RegistryView } from '../projections/registry-view';
import { DefinitionsBody, bodyOf } from './bodies';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

const ENGINE = String(ENGINE_VERSION);

@ApiTags('definitions')
@Controller('v1/definitions')
export class DefinitionsController {
  constructor(
    @Inject(RequestDesk) private readonly desk: RequestDesk,
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(CurrentListings) private readonly listings: CurrentListings,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'apply definitions: JSON, or YAML text; checks all, answers what changes' })
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody({ schema: DefinitionsBody as object })
  @ApiQuery({ name: 'dryRun', required: false })
  async apply(
    @Body() body: unknown,
    @Query('dryRun') dry: string | undefined,
    @Requester() requester: RequesterOf,
  ) {
    const request =
      typeof body === 'string' ? { files: [{ path: 'request', text: body }] } : bodyOf(DefinitionsBody, body);
    const now = this.view.now;
    const { definitions } = load(request, now);
    const plain = definitions.map(({ kind, name, spec }) => ({ kind, name, spec }));
    if (plain.length === 0)
      throw new Refused('PLAYHEAD_REQUEST_INVALID', 'there is no definition in the request');
    const changes = diffDefinitions(definitionsOf(now), plain as never);
    const answer = { changes, diff: formatDiff(changes) };
    const dryRun = ('dryRun' in request && request.dryRun === true) || (dry !== undefined && dry !== 'false');
    const settled = changes.every(({ change }) => change === 'unchanged') && now.engine === ENGINE;
    if (dryRun || settled)
      return {
        dryRun,
        ...answer,
        definitions: identities(plain, now),
        position: formatPosition(0, Math.max(now.position, 0)),
      };
    const actor =
      requester.actor === 'anonymous' && 'actor' in request && request.actor !== undefined
        ? request.actor
        : requester.actor;
    const { state, offset } = await this.desk.submit({
      type: 'definitions',
      value: {
        request: this.desk.requestId(requester.request),
        actor,
        engine: ENGINE,
        definitions: plain as never,
      },
    });
    return { dryRun, ...answer, definitions: identities(plain, state), position: formatPosition(0, offset) };
  }

  @Get()
  @ApiOperation({ summary: 'the newest revision of each definition' })
  @ApiQuery({ name: 'kind', required: false, enum: KINDS })
  @ApiQuery({ name: 'search', required: false })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  async list(@Query('kind') kind?: string, @Query('search') search?: string, @Query('asOf') asOf?: string) {
    return {
      definitions: await this.listings.list(asOf, (listings) =>
        listings.definitions({ kind: kind === undefined ? undefined : kindOf(kind), search }),
      ),
    };
  }

  @Get(':kind')
  @ApiOperation({ summary: 'the newest revisions of one kind' })
  @ApiQuery({ name: 'asOf', required: false })
  async ofKind(@Param('kind') kind: string, @Query('asOf') asOf?: string) {
    return {
      definitions: await this.listings.list(asOf, (listings) => listings.definitions({ kind: kindOf(kind) })),
    };
  }

  @Get(':kind/:name')
  @ApiOperation({ summary: 'one definition with all of its revisions' })
  @ApiQuery({ name: 'asOf', required: false })
  one(
    @Param('kind') kind: string,
    @Param('name') name: string,
    @Query('asOf') asOf?: string,
  ): DefinitionDocument & { revisions: unknown[] } {
    const state = this.view.asOf(asOf);
    const definition = state.definitions.get(`${kindOf(kind)}/${name}`);
    if (!definition) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no ${kindOf(kind)} ${name}`);
    const revisions = Array.from({ length: Number(definition.revision) }, (_, index) =>
      state.revisions.get(`${definition.kind}/${name}@${index + 1}`)!,
    );
    return {
      ...definitionDocument(definition),
      revisions: revisions.map((known) => {
        const { revision, digest, retired, applied_by: appliedBy, time } = known;
        return { revision, digest, retired, ...lifeOf(known), appliedBy, decidedAt: time };
      }),
    };
  }
}

const load = (
  request: { definitions?: unknown[]; files?: { path: string; text: string }[] },
  now: RegistryState,
): LoadedDefinitions => {
  const options = { known: definitionsOf(now), trainerFaults };
  if ((request.definitions === undefined) === (request.files === undefined)) {
    throw new Refused('PLAYHEAD_REQUEST_INVALID', 'give either `definitions` (JSON) or `files` (YAML)');
  }
  return request.files
    ? loadDefinitions(request.files, options)
    : loadDefinitionValues(request.definitions ?? [], options);
};

const identities = (given: readonly { kind: Kind; name: string }[], state: RegistryState) =>
  given.map(({ kind, name }) => {
    const applied = state.definitions.get(`${kind}/${name}`);
    return { kind, name, revision: applied?.revision ?? null, digest: applied?.digest ?? null };
  });

/** `feature-view`, `featureview`, `FeatureViews` and `FeatureView` are the same kind. */
const kindOf = (text: string): Kind => {
  const letters = text.toLowerCase().replace(/[^a-z]/g, '');
  const found = KINDS.find((kind) => kind.toLowerCase() === letters || `${kind.toLowerCase()}s` === letters);
  if (!found)
    throw new Refused('PLAYHEAD_NOT_FOUND', `there is no kind ${text}; there are ${KINDS.join(', ')}`);
  return found;
};
