import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { formatAsOf, parseAsOf } from '#contracts';
import { Refused, formatPosition } from '#kernel';
import {
  compareVersions,
  type ComparedVersion,
  type VersionComparison,
} from '../projections/compare-versions';
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
import { parseVersionQuery } from '../projections/search/version-query';
import { TrainBody, bodyOf, limitOf } from './bodies';
import { modelIn, versionIn } from './model-names';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

const MOST_FOUND = 1_000;

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

  @Get('search')
  @ApiOperation({
    summary: 'versions of all models by words, tags, metrics, aliases and status; by model, the newest first',
  })
  @ApiQuery({
    name: 'q',
    required: false,
    description:
      'such as `fraud metric.average_precision>=0.6 tag.team=risk alias=champion status!=rejected`',
  })
  @ApiQuery({ name: 'limit', required: false, description: `100 by default, at most ${MOST_FOUND}` })
  @ApiQuery({ name: 'asOf', required: false })
  async search(
    @Query('q') q = '',
    @Query('limit') limit?: string,
    @Query('asOf') asOf?: string,
  ): Promise<{ versions: VersionDocument[] }> {
    const query = parseVersionQuery(q, limitOf(limit, MOST_FOUND));
    return { versions: await this.listings.list(asOf, (listings) => listings.search(query)) };
  }

  @Get(':model')
  @ApiOperation({ summary: 'one model' })
  @ApiQuery({ name: 'asOf', required: false })
  one(@Param('model') model: string, @Query('asOf') asOf?: string): ModelDocument {
    return modelDocument(modelIn(this.view.asOf(asOf), model), model);
  }

  @Get(':model/diff')
  @ApiOperation({ summary: 'in what two versions differ: parameters, metrics, features, data' })
  @ApiQuery({ name: 'from', description: 'a number, an alias, or another model as `name@3`' })
  @ApiQuery({ name: 'to', description: 'the same' })
  @ApiQuery({ name: 'asOf', required: false })
  diff(
    @Param('model') model: string,
    @Query('from') from?: string,
    @Query('to') to?: string,
    @Query('asOf') asOf?: string,
  ): VersionComparison {
    const state = this.view.asOf(asOf);
    const compared = (text: string | undefined, name: string): ComparedVersion => {
      if (!text)
        throw new Refused('PLAYHEAD_REQUEST_INVALID', `say \`${name}\`: a version number or an alias`);
      const [other, version] = text.includes('@') ? (text.split('@') as [string, string]) : [model, text];
      const found = versionIn(state, other, version);
      const run = state.runs.get(found.run);
      return { version: versionDocument(found, saidOf(state, found)), run: run && runDocument(run) };
    };
    return compareVersions(compared(from, 'from'), compared(to, 'to'));
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
        ...this.desk.asked(requester),
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
}
