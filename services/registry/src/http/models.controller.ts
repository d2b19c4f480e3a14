import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { formatAsOf, parseAsOf } from '#contracts';
import { Refused, formatPosition } from '#kernel';
import { currentVersion, type ModelVersion, type RegistryState } from '../domain/state';
import { CurrentListings } from '../projections/current-listings';
import {
  modelDocument,
  saidOf,
  runDocument,
  versionDocument,
  type ModelDocument,
  type VersionDocument,
} from '../projections/documents';
import { byText } from '../projections/listings';
import { RegistryView } from '../projections/registry-view';
import { PromoteBody, ReviewBody, TrainBody, bodyOf } from './bodies';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

@ApiTags('models')
@Controller('v1/models')
export class ModelsController {
  constructor(
    @Inject(RequestDesk) private readonly desk: RequestDesk,
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(CurrentListings) private readonly listings: CurrentListings,
  ) {}

  @Get()
  @ApiOperation({ summary: 'models with their newest version and aliases' })
  @ApiQuery({ name: 'search', required: false })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  list(@Query('search') search?: string, @Query('asOf') asOf?: string): { models: ModelDocument[] } {
    const state = this.view.asOf(asOf);
    const names = [...state.definitions.values()]
      .filter(({ kind }) => kind === 'Model')
      .map(({ name }) => name);
    const wanted = names.filter(
      (name) => search === undefined || name.toLowerCase().includes(search.toLowerCase()),
    );
    return { models: wanted.sort(byText).map((name) => modelDocument(state, name)) };
  }

  @Get(':model')
  @ApiOperation({ summary: 'one model' })
  @ApiQuery({ name: 'asOf', required: false })
  one(@Param('model') model: string, @Query('asOf') asOf?: string): ModelDocument {
    return modelDocument(modelIn(this.view.asOf(asOf), model), model);
  }

  @Get(':model/versions')
  @ApiOperation({ summary: 'versions of a model, 1 to n' })
  @ApiQuery({ name: 'asOf', required: false })
  async versions(
    @Param('model') model: string,
    @Query('asOf') asOf?: string,
  ): Promise<{ versions: VersionDocument[] }> {
    modelIn(this.view.asOf(asOf), model);
    return { versions: await this.listings.list(asOf, (listings) => listings.versions(model)) };
  }

  @Get(':model/versions/:version')
  @ApiOperation({ summary: 'one version, by number or alias' })
  @ApiQuery({ name: 'asOf', required: false })
  version(
    @Param('model') model: string,
    @Param('version') version: string,
    @Query('asOf') asOf?: string,
  ): VersionDocument {
    const state = this.view.asOf(asOf);
    const found = versionIn(state, model, version);
    return versionDocument(found, saidOf(state, found));
  }

  @Post(':model/train')
  @HttpCode(202)
  @ApiOperation({ summary: 'ask for a training run' })
  @ApiBody({ schema: TrainBody as object, required: false })
  async train(@Param('model') model: string, @Body() body: unknown, @Requester() requester: RequesterOf) {
    const { asOf, seed } = bodyOf(TrainBody, body);
    const { state, offset } = await this.desk.submit({
      type: 'training',
      value: {
        ...this.asked(requester),
        model,
        ...(asOf === undefined ? {} : { as_of: formatAsOf(parseAsOf(asOf)) }),
        ...(seed === undefined ? {} : { seed }),
      },
    });
    return {
      ...runDocument(state.runs.get(`run-${formatPosition(0, offset)}`)!),
      position: formatPosition(0, offset),
    };
  }

  @Post(':model/versions/:version/promote')
  @HttpCode(200)
  @ApiOperation({ summary: 'give an alias to a version' })
  @ApiBody({ schema: PromoteBody as object, required: false })
  async promote(
    @Param('model') model: string,
    @Param('version') version: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ) {
    const { alias = 'champion' } = bodyOf(PromoteBody, body);
    const value = {
      ...this.asked(requester),
      model,
      version: versionNumber(this.view.now, model, version),
      alias,
    };
    const { state, offset } = await this.desk.submit({ type: 'promotion', value });
    return aliasAnswer(state, model, alias, offset);
  }

  @Post(':model/rollback')
  @HttpCode(200)
  @ApiOperation({ summary: 'let an alias name the version it named before' })
  @ApiBody({ schema: PromoteBody as object, required: false })
  async rollback(@Param('model') model: string, @Body() body: unknown, @Requester() requester: RequesterOf) {
    const { alias = 'champion' } = bodyOf(PromoteBody, body);
    const { state, offset } = await this.desk.submit({
      type: 'rollback',
      value: { ...this.asked(requester), model, alias },
    });
    return aliasAnswer(state, model, alias, offset);
  }

  @Post(':model/versions/:version/approve')
  @HttpCode(200)
  @ApiOperation({ summary: 'approve a version' })
  @ApiBody({ schema: ReviewBody as object, required: false })
  approve(
    @Param('model') model: string,
    @Param('version') version: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ) {
    return this.review('approved', model, version, body, requester);
  }

  @Post(':model/versions/:version/reject')
  @HttpCode(200)
  @ApiOperation({ summary: 'reject a version: it can get no alias' })
  @ApiBody({ schema: ReviewBody as object, required: false })
  reject(
    @Param('model') model: string,
    @Param('version') version: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ) {
    return this.review('rejected', model, version, body, requester);
  }

  private async review(
    verdict: 'approved' | 'rejected',
    model: string,
    version: string,
    body: unknown,
    requester: RequesterOf,
  ) {
    const { comment } = bodyOf(ReviewBody, body);
    const number = versionNumber(this.view.now, model, version);
    const value = {
      ...this.asked(requester),
      model,
      version: number,
      verdict,
      ...(comment === undefined ? {} : { comment }),
    };
    const { state, offset } = await this.desk.submit({ type: 'review', value });
    const reviewed = versionIn(state, model, String(number));
    return { ...versionDocument(reviewed, saidOf(state, reviewed)), position: formatPosition(0, offset) };
  }

  private asked({ actor, request }: RequesterOf): { actor: string; request: string } {
    return { actor, request: this.desk.requestId(request) };
  }
}

const modelIn = (state: RegistryState, model: string): RegistryState => {
  if (!state.definitions.has(`Model/${model}`))
    throw new Refused('PLAYHEAD_NOT_FOUND', `there is no model ${model}`);
  return state;
};

/** The number of `3` or of an alias; numbers that do not exist are left to the registry to refuse. */
const versionNumber = (state: RegistryState, model: string, text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  const alias = state.aliases.get(`${model}@${text}`);
  if (!alias)
    throw new Refused('PLAYHEAD_NOT_FOUND', `${text} is neither a version number nor an alias of ${model}`);
  return currentVersion(alias);
};

const versionIn = (state: RegistryState, model: string, text: string): ModelVersion => {
  const version = modelIn(state, model).versions.get(`${model}@${versionNumber(state, model, text)}`);
  if (!version) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no ${model}@${text}`);
  return version;
};

const aliasAnswer = (state: RegistryState, model: string, alias: string, offset: number) => {
  const { history } = state.aliases.get(`${model}@${alias}`)!;
  const deployments = [...state.deployments.values()]
    .map(({ fact }) => fact)
    .filter((fact) => fact.model === model && fact.alias === alias);
  return {
    model,
    alias,
    version: history.at(-1)!,
    previous: history.at(-2) ?? null,
    deployments: deployments.map(({ deployment, state: now }) => ({ name: deployment, state: now })),
    position: formatPosition(0, offset),
  };
};
