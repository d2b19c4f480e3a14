import { Body, Inject, Query } from '@nestjs/common';
import { CLOCK } from '#runtime';
import type { Clock } from '#kernel';
import { Catalog } from '../catalog';
import type { RegisteredModel } from '../domain/entities';
import type { FactOf } from '../domain/facts';
import { RefusedByMlflow, absent } from '../domain/refusal';
import { MODELS, lookupInModel } from '../search/dialects';
import { parseOrder } from '../search/order';
import { TrackingLog } from '../tracking-log';
import { Arguments } from './arguments';
import { API, Call, MlflowController } from './doors';
import { modelTags, requireAlias, requireKey, requireModelName } from './limits';
import { searchIn, type Searched } from './search';
import { versionNumber } from './version-number';
import { latestByStage, modelMessage, versionMessage } from './wire';

const SEARCHED: Searched<RegisteredModel> = {
  dialect: MODELS,
  lookup: lookupInModel,
  defaultOrder: [parseOrder('name', MODELS)],
  usualPage: 100,
  mostPage: 1_000,
};

@MlflowController(`${API}/registered-models`)
export class RegisteredModelsController {
  constructor(
    @Inject(TrackingLog) private readonly tracking: TrackingLog,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Call('POST', 'create', 'create a registered model')
  async create(@Body() body: unknown) {
    const given = new Arguments(body);
    const name = requireModelName(given.text('name'));
    if (this.catalog.isOwnModel(name))
      throw new RefusedByMlflow(
        'RESOURCE_ALREADY_EXISTS',
        `Registered Model (name=${name}) already exists: Playhead trains it.`,
      );
    await this.tracking.submit({
      type: 'model-created',
      value: {
        name,
        description: given.optionalText('description') ?? '',
        tags: modelTags(given.pairs('tags')),
        at: this.clock.now(),
      },
    });
    return { registered_model: modelMessage(this.catalog.model(name)) };
  }

  @Call('POST', 'rename', 'rename a registered model')
  async rename(@Body() body: unknown) {
    const given = new Arguments(body);
    const name = requireModelName(given.text('new_name'));
    this.catalog.requireModelOfClients(name);
    await this.change(given, { new_name: name });
    return { registered_model: modelMessage(this.catalog.model(name)) };
  }

  @Call('PATCH', 'update', 'describe a registered model')
  async update(@Body() body: unknown) {
    const given = new Arguments(body);
    await this.change(given, { description: given.optionalText('description') ?? '' });
    return { registered_model: modelMessage(this.catalog.model(given.text('name'))) };
  }

  @Call('DELETE', 'delete', 'delete a registered model with its versions')
  delete(@Body() body: unknown) {
    return this.change(new Arguments(body), { deleted: true });
  }

  @Call('GET', 'get', 'one registered model')
  get(@Query() query: unknown) {
    return { registered_model: modelMessage(this.catalog.model(new Arguments(query).text('name'))) };
  }

  @Call('GET', 'search', 'registered models by filter, in order, page by page')
  search(@Query() query: unknown) {
    const { entities, next } = searchIn(new Arguments(query), SEARCHED, () => this.catalog.models());
    return { registered_models: entities.map(modelMessage), next_page_token: next };
  }

  @Call('GET', 'get-latest-versions', 'the greatest version of each stage')
  latestByQuery(@Query() query: unknown) {
    return this.latest(query);
  }

  @Call('POST', 'get-latest-versions', 'the same, by body')
  latest(@Body() body: unknown) {
    const given = new Arguments(body);
    const model = this.catalog.model(given.text('name'));
    const stages = given.texts('stages').map((stage) => stage.toLowerCase());
    const wanted = latestByStage(model).filter(
      ({ stage }) => stages.length === 0 || stages.includes(stage.toLowerCase()),
    );
    return { model_versions: wanted.map((version) => versionMessage(version, model.aliases)) };
  }

  @Call('POST', 'set-tag', 'tag a registered model')
  setTag(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.change(given, {
      tags: modelTags({ [given.text('key')]: given.optionalText('value') ?? '' }),
    });
  }

  @Call('DELETE', 'delete-tag', 'take a tag away')
  deleteTag(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.change(given, { tags: { [requireKey(given.text('key'), 'key')]: null } });
  }

  @Call('POST', 'alias', 'let an alias name a version')
  setAlias(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.change(given, { aliases: { [requireAlias(given.text('alias'))]: versionNumber(given) } });
  }

  @Call('DELETE', 'alias', 'take an alias away')
  deleteAlias(@Body() body: unknown) {
    const given = new Arguments(body);
    return this.change(given, { aliases: { [requireAlias(given.text('alias'))]: null } });
  }

  @Call('GET', 'alias', 'the version that an alias names')
  byAlias(@Query() query: unknown) {
    const given = new Arguments(query);
    const model = this.catalog.model(given.text('name'));
    const alias = given.text('alias');
    const version = model.aliases.get(alias);
    if (version === undefined) throw absent(`Registered model alias ${alias} not found.`);
    return {
      model_version: versionMessage(this.catalog.version(model.name, version), model.aliases),
    };
  }

  private async change(
    given: Arguments,
    what: Omit<FactOf<'model-changed'>, 'name' | 'at'>,
  ): Promise<object> {
    const name = given.text('name');
    this.catalog.requireModelOfClients(name);
    await this.tracking.submit({ type: 'model-changed', value: { name, ...what, at: this.clock.now() } });
    return {};
  }
}
