import { Body, Controller, Delete, HttpCode, Inject, Param, Post, Put } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Refused, formatPosition } from '#kernel';
import { noteOf } from '../domain/state';
import { VersionChecks } from '../effects/version-checks';
import { saidOf, versionDocument } from '../projections/documents';
import { RegistryView } from '../projections/registry-view';
import { AliasBody, NoteBody, PromoteBody, ReviewBody, aliasOf, bodyOf, checkedAlias } from './bodies';
import { DecisionDesk } from './decision-desk';
import { aliasAnswer, versionIn, versionNumber } from './model-names';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

/** Who decides about versions: approval, aliases and environments, checks, and what people write about them. */
@ApiTags('models')
@Controller('v1/models')
export class GovernanceController {
  constructor(
    @Inject(RequestDesk) private readonly desk: RequestDesk,
    @Inject(DecisionDesk) private readonly decisions: DecisionDesk,
    @Inject(VersionChecks) private readonly checks: VersionChecks,
    @Inject(RegistryView) private readonly view: RegistryView,
  ) {}

  @Post(':model/versions/:version/promote')
  @HttpCode(200)
  @ApiOperation({ summary: 'give an alias, or the place in an environment, to a version' })
  @ApiBody({ schema: PromoteBody as object, required: false })
  promote(
    @Param('model') model: string,
    @Param('version') version: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ) {
    return this.assign(model, version, aliasOf(bodyOf(PromoteBody, body)), requester);
  }

  @Put(':model/aliases/:alias')
  @HttpCode(200)
  @ApiOperation({ summary: 'let an alias name a version; the same as to promote it' })
  @ApiBody({ schema: AliasBody as object })
  setAlias(
    @Param('model') model: string,
    @Param('alias') alias: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ) {
    return this.assign(model, String(bodyOf(AliasBody, body).version), checkedAlias(alias), requester);
  }

  @Delete(':model/aliases/:alias')
  @HttpCode(200)
  @ApiOperation({ summary: 'take an alias away; refused while a deployment answers with it' })
  async removeAlias(
    @Param('model') model: string,
    @Param('alias') alias: string,
    @Requester() requester: RequesterOf,
  ) {
    const { offset } = await this.desk.submit({
      type: 'alias-removal',
      value: { ...this.desk.asked(requester), model, alias },
    });
    return { model, alias, removed: true, position: formatPosition(0, offset) };
  }

  @Post(':model/rollback')
  @HttpCode(200)
  @ApiOperation({ summary: 'let an alias name the version it named before' })
  @ApiBody({ schema: PromoteBody as object, required: false })
  async rollback(@Param('model') model: string, @Body() body: unknown, @Requester() requester: RequesterOf) {
    const alias = aliasOf(bodyOf(PromoteBody, body));
    const { state, offset } = await this.desk.submit({
      type: 'rollback',
      value: { ...this.desk.asked(requester), model, alias },
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

  @Post(':model/versions/:version/check')
  @HttpCode(200)
  @ApiOperation({ summary: 'load a version as serving would and ask it about recorded vectors, now' })
  async check(
    @Param('model') model: string,
    @Param('version') version: string,
    @Requester() { request }: RequesterOf,
  ) {
    const found = versionIn(this.view.now, model, version);
    await this.checks.again(found, this.desk.requestId(request));
    return this.documentOf(model, found.version);
  }

  @Post(':model/notes')
  @HttpCode(200)
  @ApiOperation({ summary: 'set tags and the description of a model; null takes one away' })
  @ApiBody({ schema: NoteBody as object })
  async noteModel(@Param('model') model: string, @Body() body: unknown, @Requester() requester: RequesterOf) {
    const { state, offset } = await this.desk.submit({
      type: 'note',
      value: { ...this.desk.asked(requester), model, ...bodyOf(NoteBody, body) },
    });
    return { model, ...noteOf(state, model), position: formatPosition(0, offset) };
  }

  @Post(':model/versions/:version/notes')
  @HttpCode(200)
  @ApiOperation({ summary: 'set tags and the description of a version; null takes one away' })
  @ApiBody({ schema: NoteBody as object })
  async noteVersion(
    @Param('model') model: string,
    @Param('version') text: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ) {
    const version = versionNumber(this.view.now, model, text);
    const { state, offset } = await this.desk.submit({
      type: 'note',
      value: { ...this.desk.asked(requester), model, version, ...bodyOf(NoteBody, body) },
    });
    return { model, version, ...noteOf(state, model, version), position: formatPosition(0, offset) };
  }

  private async assign(model: string, version: string, alias: string, requester: RequesterOf) {
    const { state, offset } = await this.decisions.promote({
      ...this.desk.asked(requester),
      model,
      version: versionNumber(this.view.now, model, version),
      alias,
    });
    return aliasAnswer(state, model, alias, offset);
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
    const { state, offset } = await this.decisions.review({
      ...this.desk.asked(requester),
      model,
      version: number,
      verdict,
      ...(comment === undefined ? {} : { comment }),
    });
    const reviewed = versionIn(state, model, String(number));
    return { ...versionDocument(reviewed, saidOf(state, reviewed)), position: formatPosition(0, offset) };
  }

  private documentOf(model: string, number: number) {
    const state = this.view.now;
    const version = state.versions.get(`${model}@${number}`);
    if (!version) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no ${model}@${number}`);
    return versionDocument(version, saidOf(state, version));
  }
}
