import { createTransport, type Transporter } from 'nodemailer';
import type { Clock } from '#kernel';
import { messageOf } from '#kernel';
import { deliver, keyOfText, signedHeaders, type Fault } from '#runtime';
import { alertmanagerBody, mailOf, slackMessage, webhookBody } from '../domain/notifications/payloads';
import type { Waiting } from '../domain/notifications/outbox';
import type { Sender } from '../domain/notifications/words';

export interface ChannelsOptions {
  readonly sender: Sender;
  readonly smtp: { readonly url: string | null; readonly from: string };
  /** Where the keys of webhooks are looked up. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly post: typeof fetch;
}

const SMTP_TIMEOUT_MS = 10_000;
const JSON_TYPE = { 'content-type': 'application/json' };

/** One attempt at one notification, by whatever its target is. */
export class Channels {
  private mailer: Transporter | undefined;

  constructor(private readonly options: ChannelsOptions) {}

  /** Undefined once the target has taken it. */
  async attempt({ due, time }: Waiting, signal: AbortSignal): Promise<Fault | undefined> {
    const { sender, clock, post } = this.options;
    const { webhook, secret, alertmanager, slack, email } = due.target;
    if (webhook !== undefined) {
      const body = webhookBody(due, time);
      const key = secret === undefined ? undefined : this.options.environment[secret];
      if (secret !== undefined && (key === undefined || key === ''))
        return fault(`the environment variable ${secret} with the key of its signature is not set`);
      // Without a key nothing is signed; the name by which a copy is dropped stands there all the same.
      const id = `monitoring.notifications:${due.notification}`;
      const signed =
        key === undefined ? { 'webhook-id': id } : signedHeaders(keyOfText(key), id, body, clock.now());
      const headers = { 'content-type': 'application/cloudevents+json', ...signed };
      return deliver({ url: webhook, headers, body }, post, signal);
    }
    if (alertmanager !== undefined) {
      const url = `${alertmanager.replace(/\/+$/u, '')}/api/v2/alerts`;
      const body = JSON.stringify(alertmanagerBody(due, sender, clock.now()));
      return deliver({ url, headers: JSON_TYPE, body }, post, signal);
    }
    if (slack !== undefined) {
      const body = JSON.stringify(slackMessage(due, sender));
      return deliver({ url: slack, headers: JSON_TYPE, body }, post, signal);
    }
    return this.mail(email ?? [], due);
  }

  close(): void {
    this.mailer?.close();
  }

  private async mail(to: readonly string[], due: Waiting['due']): Promise<Fault | undefined> {
    const { smtp, sender } = this.options;
    if (smtp.url === null) return fault('there is no mail server: PLAYHEAD_MONITORING_SMTP_URL is not set');
    try {
      this.mailer ??= createTransport(smtp.url, { from: smtp.from });
      await withinTime(
        this.mailer.sendMail({
          to: [...to],
          messageId: `<${due.notification}.${due.target.email?.length ?? 0}@${sender.namespace}.playhead>`,
          ...mailOf(due, sender),
        }),
      );
      return undefined;
    } catch (error) {
      const status = (error as { responseCode?: unknown }).responseCode;
      const isRefusal = typeof status === 'number' && status >= 500 && status < 600;
      return { message: messageOf(error), isRefusal };
    }
  }
}

/** What passes once somebody has set it right and started again. */
const fault = (message: string): Fault => ({ message, isRefusal: false });

const withinTime = async (sending: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`the mail server gave no answer within ${SMTP_TIMEOUT_MS / 1_000} s`)),
      SMTP_TIMEOUT_MS,
    );
  });
  try {
    await Promise.race([sending, late]);
  } finally {
    clearTimeout(timer);
  }
};
