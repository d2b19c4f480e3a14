import { Body, Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Type } from 'typebox';
import { Refused, parseDuration, timestampMs, type Clock } from '#kernel';
import { CLOCK, bodyOf } from '#runtime';
import { NotificationSender } from '../notifications/notification-sender';
import { Alerts, isInForce, type AlertView, type SilenceView } from '../projections/alerts';
import { Notifications, type NotificationView } from '../projections/notifications';
import { ActionDesk, type Asking } from './action-desk';
import { limitOf } from './limit';

const ACTOR = 'x-playhead-actor';
const REQUEST = 'idempotency-key';

const Comment = Type.String({ maxLength: 2_000 });
const Pattern = Type.String({ minLength: 1, maxLength: 200, description: '`*` stands for any text' });

const AcknowledgeBody = Type.Object({ comment: Type.Optional(Comment) }, { additionalProperties: false });
const ResolveBody = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 2_000, description: 'why it is over' }) },
  { additionalProperties: false },
);
const SilenceBody = Type.Object(
  {
    deployment: Type.Optional(Pattern),
    kind: Type.Optional(Pattern),
    subject: Type.Optional(Pattern),
    for: Type.Optional(Type.String({ description: 'how long from now on, such as 2h' })),
    until: Type.Optional(Type.String({ description: 'instead: RFC 3339' })),
    comment: Type.Optional(Comment),
  },
  { additionalProperties: false },
);

/** Alerts, what operators say of them, and who was told. */
@ApiTags('alerts')
@Controller('v1')
export class AlertsController {
  constructor(
    private readonly alerts: Alerts,
    private readonly notifications: Notifications,
    private readonly desk: ActionDesk,
    private readonly sender: NotificationSender,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('alerts')
  @ApiOperation({ summary: 'Alerts, open ones first' })
  @ApiQuery({ name: 'state', required: false, enum: ['open', 'resolved'] })
  @ApiQuery({ name: 'deployment', required: false })
  @ApiQuery({ name: 'kind', required: false })
  list(
    @Query('state') state?: string,
    @Query('deployment') deployment?: string,
    @Query('kind') kind?: string,
  ): { alerts: ShownAlert[] } {
    if (state !== undefined && state !== 'open' && state !== 'resolved')
      throw new Refused('PLAYHEAD_REQUEST_INVALID', `state is open or resolved, not "${state}"`);
    const wanted = (alert: AlertView): boolean =>
      (state === undefined || alert.state === state) &&
      (deployment === undefined || alert.deployment === deployment) &&
      (kind === undefined || alert.kind === kind);
    return {
      alerts: this.alerts
        .list()
        .filter(wanted)
        .map((alert) => this.shown(alert)),
    };
  }

  @Get('alerts/:alert')
  @ApiOperation({ summary: 'One alert, with those who were told of it' })
  one(@Param('alert') alert: string): ShownAlert & { notifications: NotificationView[] } {
    const about = ({ firing, resolved }: NotificationView): boolean =>
      firing.includes(alert) || resolved.includes(alert);
    return { ...this.shown(this.known(alert)), notifications: this.told().filter(about) };
  }

  @Post('alerts/:alert/acknowledge')
  @HttpCode(200)
  @ApiOperation({ summary: 'Somebody has seen it: it is not sent again while it is open' })
  @ApiBody({ schema: AcknowledgeBody as object, required: false })
  async acknowledge(
    @Param('alert') alert: string,
    @Body() body: unknown,
    @Headers(ACTOR) actor?: string,
    @Headers(REQUEST) request?: string,
  ): Promise<ShownAlert> {
    this.known(alert);
    const { comment } = bodyOf(AcknowledgeBody, body);
    await this.desk.submit(
      { do: 'acknowledge', alert, ...(comment !== undefined && { comment }) },
      asking(actor, request),
    );
    return this.shown(this.known(alert));
  }

  @Post('alerts/:alert/resolve')
  @HttpCode(200)
  @ApiOperation({ summary: 'It is over, whatever the values say; a later window can raise it anew' })
  @ApiBody({ schema: ResolveBody as object })
  async resolve(
    @Param('alert') alert: string,
    @Body() body: unknown,
    @Headers(ACTOR) actor?: string,
    @Headers(REQUEST) request?: string,
  ): Promise<ShownAlert> {
    this.known(alert);
    const { reason } = bodyOf(ResolveBody, body);
    await this.desk.submit({ do: 'resolve', alert, reason }, asking(actor, request));
    return this.shown(this.known(alert));
  }

  @Get('silences')
  @ApiOperation({ summary: 'Silences in force, the newest first; `all` has those that are over, too' })
  @ApiQuery({ name: 'all', required: false, enum: ['true', 'false'] })
  silences(@Query('all') all?: string): { silences: ShownSilence[] } {
    const silences = this.alerts.silences(all === 'true' ? undefined : this.clock.now());
    return { silences: silences.map((silence) => this.shownSilence(silence)) };
  }

  @Post('silences')
  @HttpCode(201)
  @ApiOperation({ summary: 'Send no alerts that fit, for a time' })
  @ApiBody({ schema: SilenceBody as object })
  async silence(
    @Body() body: unknown,
    @Headers(ACTOR) actor?: string,
    @Headers(REQUEST) request?: string,
  ): Promise<ShownSilence> {
    const { for: duration, until, comment, ...match } = bodyOf(SilenceBody, body);
    const action = {
      do: 'silence' as const,
      match,
      until: this.endOf(duration, until),
      ...(comment !== undefined && { comment }),
    };
    return this.shownSilence(this.knownSilence(await this.desk.submit(action, asking(actor, request))));
  }

  @Delete('silences/:silence')
  @HttpCode(200)
  @ApiOperation({ summary: 'Send again before the silence is over' })
  async unsilence(
    @Param('silence') silence: string,
    @Headers(ACTOR) actor?: string,
    @Headers(REQUEST) request?: string,
  ): Promise<ShownSilence> {
    this.knownSilence(silence);
    await this.desk.submit({ do: 'unsilence', silence }, asking(actor, request));
    return this.shownSilence(this.knownSilence(silence));
  }

  @Get('notifications')
  @ApiOperation({
    summary: 'Who was told of what, who waits and why, and what nobody is told; the newest first',
  })
  @ApiQuery({ name: 'limit', required: false, description: 'at most, 1 to 500', schema: { default: 50 } })
  notified(@Query('limit') limit?: string): unknown {
    const most = limitOf(limit, { most: 500, otherwise: 50 });
    return {
      notifications: this.told().slice(0, most),
      silenced: this.notifications.silenced().slice(0, most),
    };
  }

  /** With the attempts of this moment, where this instance is the one that sends. */
  private told(): NotificationView[] {
    const waiting = new Map(this.sender.waiting().map((each) => [each.due.notification, each]));
    return this.notifications.list().map((view) => {
      const now = view.state === 'waiting' ? waiting.get(view.notification) : undefined;
      return now ? { ...view, attempts: now.attempts, error: now.error } : view;
    });
  }

  private shown(alert: AlertView): ShownAlert {
    const silence = alert.state === 'open' ? this.alerts.silencedBy(alert, this.clock.now()) : undefined;
    return { ...alert, ...(silence && { silenced: { by: silence.silence, until: silence.until } }) };
  }

  private shownSilence(silence: SilenceView): ShownSilence {
    const now = this.clock.now();
    const inForce = isInForce(silence, now);
    const held = this.alerts
      .list()
      .filter(
        (alert) => alert.state === 'open' && this.alerts.silencedBy(alert, now)?.silence === silence.silence,
      );
    return { ...silence, inForce, holdsBack: inForce ? held.map(({ alert }) => alert) : [] };
  }

  private known(alert: string): AlertView {
    const view = this.alerts.get(alert);
    if (!view) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no alert ${alert}`);
    return view;
  }

  private knownSilence(id: string): SilenceView {
    const silence = this.alerts.silence(id);
    if (!silence) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no silence ${id}`);
    return silence;
  }

  private endOf(duration: string | undefined, until: string | undefined): string {
    if ((duration === undefined) === (until === undefined))
      throw new Refused('PLAYHEAD_REQUEST_INVALID', 'say either `for`, such as 2h, or `until`, RFC 3339');
    const end = duration === undefined ? timestampMs(until!) : this.clock.now() + parseDuration(duration);
    if (!Number.isFinite(end) || end > LATEST_MS)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `"${until ?? duration}" says no time that a silence can end at`,
      );
    return new Date(end).toISOString();
  }
}

/** The last millisecond that four digits of a year can say. */
const LATEST_MS = Date.parse('9999-12-31T23:59:59.999Z');

type ShownAlert = AlertView & { readonly silenced?: { readonly by: string; readonly until: string } };
type ShownSilence = SilenceView & { readonly inForce: boolean; readonly holdsBack: readonly string[] };

const LONGEST = 200;

const asking = (actor: string | undefined, request: string | undefined): Asking => {
  for (const [name, value] of [
    [ACTOR, actor],
    [REQUEST, request],
  ] as const)
    if (value !== undefined && (value.length === 0 || value.length > LONGEST))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `the header ${name} must be one text of 1 to ${LONGEST} characters`,
      );
  return { actor: actor ?? 'anonymous', ...(request !== undefined && { request }) };
};
