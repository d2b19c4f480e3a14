import { Body, Inject, Query } from '@nestjs/common';
import { CLOCK } from '#runtime';
import type { Clock } from '#kernel';
import { Catalog } from '../catalog';
import type { RegisteredVersion, VersionStage } from '../domain/entities';
import type { FactOf } from '../domain/facts';
import { invalid } from '../domain/refusal';
import { VERSIONS, lookupInVersion } from '../search/dialects';
import { parseOrder } from '../search/order';
import { TrackingLog } from '../tracking-log';
import { Arguments } from './arguments';
import { API, Call, MlflowController } from './doors';
import { modelTags, requireKey } from './limits';
import { searchIn, type Searched } from './search';
import { versionNumber } from './version-number';
import { versionMessage } from './wire';

const STAGES: readonly VersionStage[] = ['None', 'Staging', 'Production', 'Archived'];
const SEARCHED: Searched<RegisteredVersion> = {
  dialect: VERSIONS,
  lookup: lookupInVersion,
  defaultOrder: ['last_updated_timestamp DESC', 'name', 'version_number DESC'].map((text) =>
    parseOrder(text, VERSIONS),
  ),
  usualPage: 10_000,
  mostPage: 200_000,
};
const SOURCES =
  /^(mlflow-artifacts|models|runs|s3|gs|wasbs?|abfss?|dbfs|hdfs|viewfs|ftp|sftp|r2|b2|https?|uc):\/?[^\0]+$/;

@MlflowController(`${API}/model-versions`)
export class ModelVersionsController {
  constructor(
    @Inject(TrackingLog) private readonly tracking: TrackingLog,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Call('POST', 'create', 'register a version')
  async create(@Body() body: unknown) {
    const given = new Arguments(body);
    const name = given.text('name');
    this.catalog.requireModelOfClients(name);
    const source = sourceOf(given.text('source'));
    const model = given.optionalText('model_id') || loggedModelIn(source);
    const run = given.optionalText('run_id') || (model && this.catalog.loggedModel(model).run);
    const link = given.optionalText('run_link');
    const { given: version } = await this.tracking.submit({
      type: 'version-created',
      value: {
        name,
        source,
        ...(run && { run }),
        ...(link && { run_link: link }),
        ...(model && { logged_model: model }),
        description: given.optionalText('description') ?? '',
        tags: modelTags(given.pairs('tags')),
        at: this.clock.now(),
      },
    });
    return { model_version: this.message(this.catalog.version(name, Number(version))) };
  }

  @Call('PATCH', 'update', 'describe a version')
  async update(@Body() body: unknown) {
    const given = new Arguments(body);
    await this.change(given, { description: given.optionalText('description') ?? '' });
    return { model_version: this.message(this.versionIn(given)) };
  }

  @Call('POST', 'transition-stage', 'move a version to a stage')
  async transition(@Body() body: unknown) {
    const given = new Arguments(body);
    const asked = given.text('stage').toLowerCase();
    const stage = STAGES.find((each) => each.toLowerCase() === asked);
    if (stage === undefined)
      throw invalid(
        `Invalid Model Version stage: ${given.text('stage')}. Value must be one of ${STAGES.join(', ')}.`,
      );
    await this.change(given, { stage, archive_others: given.flag('archive_existing_versions') });
    return { model_version: this.message(this.versionIn(given)) };
  }

  @Call('DELETE', 'delete', 'delete a version')
  delete(@Body() body: unknown) {
    return this.change(new Arguments(body), { deleted: true });
  }

  @Call('GET', 'get', 'one version')
  get(@Query() query: unknown) {
    return { model_version: this.message(this.versionIn(new Arguments(query))) };
  }

  @Call('GET', 'search', 'versions by filter, in order, page by page')
  search(@Query() query: unknown) {
    const { entities, next } = searchIn(new Arguments(query), SEARCHED, () =>
      this.catalog.models().flatMap(({ versions }) => [...versions.values()]),
    );
    return { model_versions: entities.map((version) => this.message(version)), next_page_token: next };
  }

  @Call('GET', 'get-download-uri', 'where the files of a version lie')
  downloadUri(@Query() query: unknown) {
    return { artifact_uri: this.resolved(this.versionIn(new Arguments(query)), 0) };
  }

  @Call('POST', 'set-tag', 'tag a version')
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

  private versionIn(given: Arguments): RegisteredVersion {
    return this.catalog.version(given.text('name'), versionNumber(given));
  }

  /** A version can be registered from a logged model or from another version: its files lie where that one's do. */
  private resolved({ source }: RegisteredVersion, depth: number): string {
    const model = loggedModelIn(source);
    if (model !== undefined) return this.catalog.loggedModel(model).artifacts;
    const [, name, version] = /^models:\/+([^/]+)\/(\d{1,9})$/.exec(source) ?? [];
    if (name === undefined || depth > 16) return source;
    return this.resolved(this.catalog.version(decodeURIComponent(name), Number(version)), depth + 1);
  }

  private message(version: RegisteredVersion) {
    const { aliases } = this.catalog.model(version.model);
    const { loggedModels } = this.catalog.state;
    const model = version.loggedModel === undefined ? undefined : loggedModels.get(version.loggedModel);
    return versionMessage(version, aliases, model && { model, metrics: loggedModels.metricsOf(model.id) });
  }

  private async change(
    given: Arguments,
    what: Omit<FactOf<'version-changed'>, 'name' | 'version' | 'at'>,
  ): Promise<object> {
    const name = given.text('name');
    this.catalog.requireModelOfClients(name);
    await this.tracking.submit({
      type: 'version-changed',
      value: { name, version: versionNumber(given), ...what, at: this.clock.now() },
    });
    return {};
  }
}

/** Paths of the client's own machine mean nothing here. */
const sourceOf = (source: string): string => {
  if (!SOURCES.test(source) || source.split('/').includes('..'))
    throw invalid(
      `Invalid model version source: '${source}'. It must be a URI that other machines can read, such as mlflow-artifacts:/, runs:/ or s3://.`,
    );
  return source;
};

const loggedModelIn = (source: string): string | undefined =>
  /^models:\/+(m-[0-9a-f]{32})$/.exec(source)?.[1];
