import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Type } from 'typebox';
import { Refused, formatPosition, tryParsePosition } from '#kernel';
import { CONFIG, keyOfWebhook, keyText } from '#runtime';
import type { RegistryState, Webhook } from '../domain/state';
import { RegistryView } from '../projections/registry-view';
import type { RegistryConfig } from '../registry.config';
import { neverSent } from '../webhooks/deliveries';
import { WebhookSenders } from '../webhooks/webhook-senders';
import { bodyOf } from './bodies';
import { RequestDesk } from './request-desk';
import { Requester, type RequesterOf } from './requester';

const From = Type.String({
  description: '`now`, `beginning`, or a position in registry.inputs such as 0-12',
});

const WebhookBody = Type.Object(
  {
    url: Type.String({ minLength: 1, maxLength: 2_000 }),
    events: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
        minItems: 1,
        description: 'types of facts, `registry.model-version.*` for all that begin so; all by default',
      }),
    ),
    from: Type.Optional(From),
  },
  { additionalProperties: false },
);

const ResendBody = Type.Object({ from: From }, { additionalProperties: false });

/** Facts of the registry, sent to a URL: signed, in order, until they are taken. */
@ApiTags('webhooks')
@Controller('v1/webhooks')
export class WebhooksController {
  constructor(
    @Inject(RequestDesk) private readonly desk: RequestDesk,
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(WebhookSenders) private readonly senders: WebhookSenders,
    @Inject(CONFIG) private readonly config: RegistryConfig,
  ) {}

  @Get()
  @ApiOperation({ summary: 'webhooks, and how far each has come' })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  list(@Query('asOf') asOf?: string): { webhooks: WebhookDocument[] } {
    const webhooks = [...this.view.asOf(asOf).webhooks.values()];
    return {
      webhooks: webhooks
        .sort((a, b) => (a.webhook < b.webhook ? -1 : 1))
        .map((webhook) => this.document(webhook)),
    };
  }

  @Get(':webhook')
  @ApiOperation({ summary: 'one webhook, and how far it has come' })
  one(@Param('webhook') name: string): WebhookDocument {
    return this.document(webhookIn(this.view.now, name));
  }

  @Put(':webhook')
  @HttpCode(200)
  @ApiOperation({ summary: 'send facts to a URL; answers the key that signs them' })
  @ApiBody({ schema: WebhookBody as object })
  async set(
    @Param('webhook') name: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ): Promise<WebhookDocument & { key: string }> {
    const { url, events = ['*'], from } = bodyOf(WebhookBody, body);
    const wrong = neverSent(events);
    if (wrong !== undefined)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `the registry decides nothing of the type "${wrong}"; docs/reference/events.md has the types, registry.model-version.* is all that begin so`,
      );
    return this.submit(name, url, events, offsetOf(from), requester);
  }

  @Post(':webhook/resend')
  @HttpCode(200)
  @ApiOperation({ summary: 'send everything again from a position on' })
  @ApiBody({ schema: ResendBody as object })
  async resend(
    @Param('webhook') name: string,
    @Body() body: unknown,
    @Requester() requester: RequesterOf,
  ): Promise<WebhookDocument & { key: string }> {
    const { from } = bodyOf(ResendBody, body);
    const { url, events } = webhookIn(this.view.now, name);
    return this.submit(name, url, events, offsetOf(from), requester);
  }

  @Delete(':webhook')
  @HttpCode(200)
  @ApiOperation({ summary: 'send nothing more' })
  async remove(@Param('webhook') name: string, @Requester() requester: RequesterOf) {
    const { offset } = await this.desk.submit({
      type: 'webhook-removal',
      value: { ...this.desk.asked(requester), webhook: name },
    });
    return { webhook: name, removed: true, position: formatPosition(0, offset) };
  }

  private async submit(
    webhook: string,
    url: string,
    events: readonly string[],
    from: number | undefined,
    requester: RequesterOf,
  ): Promise<WebhookDocument & { key: string }> {
    const { webhookSecret } = this.config;
    if (webhookSecret === null)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        'webhooks are signed, and the registry has no secret to sign with: set PLAYHEAD_WEBHOOK_SECRET',
      );
    const value = { ...this.desk.asked(requester), webhook, url, events: [...events] };
    const { state } = await this.desk.submit({
      type: 'webhook',
      value: { ...value, ...(from === undefined ? {} : { from }) },
    });
    const key = keyText(keyOfWebhook(webhookSecret, webhook));
    return { ...this.document(webhookIn(state, webhook)), key };
  }

  private document(webhook: Webhook) {
    const { webhook: name, url, events, from, set_by: setBy, position, time } = webhook;
    const progress = this.senders.progressOf(webhook);
    return {
      webhook: name,
      url,
      events,
      from: formatPosition(0, from),
      setBy,
      position: formatPosition(0, position),
      setAt: time,
      progress: progress && { ...progress, next: formatPosition(0, progress.next) },
    };
  }
}
type WebhookDocument = ReturnType<WebhooksController['document']>;

const webhookIn = ({ webhooks }: RegistryState, name: string): Webhook => {
  const found = webhooks.get(name);
  if (!found) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no webhook ${name}`);
  return found;
};

const offsetOf = (from: string | undefined): number | undefined => {
  if (from === undefined || from === 'now') return undefined;
  if (from === 'beginning') return 0;
  const position = tryParsePosition(from);
  if (position?.partition !== 0)
    throw new Refused(
      'PLAYHEAD_POSITION_INVALID',
      `"${from}" is neither now, beginning, nor a position in registry.inputs such as 0-12`,
    );
  return position.offset;
};
