import { formatPosition } from '#kernel';
import { keyOfWebhook, type Worker } from '#runtime';
import { Patrol } from '../effects/patrol';
import type { RegistryState, Webhook } from '../domain/state';
import { WebhookSender, type SenderPorts, type WebhookProgress } from './webhook-sender';

export interface WebhookSendersOptions extends SenderPorts {
  readonly namespace: string;
  /** Null: webhooks cannot be signed here, and none is set. */
  readonly secret: string | null;
  readonly view: { readonly now: RegistryState };
}

const LOOK_EVERY_MS = 250;

/** Keeps a sender for each webhook that is set: one that is set anew, with another URL or from another position, gets a new one. */
export class WebhookSenders implements Worker {
  private readonly senders = new Map<string, WebhookSender>();
  private readonly patrol: Patrol;

  constructor(private readonly options: WebhookSendersOptions) {
    this.patrol = new Patrol(LOOK_EVERY_MS, options.sleep, (isStopped) => this.adjust(isStopped));
  }

  start(): Promise<void> {
    return this.patrol.start();
  }

  async stop(): Promise<void> {
    await this.patrol.stop();
    await Promise.all([...this.senders.values()].map((sender) => sender.stop()));
  }

  progressOf(webhook: Webhook): WebhookProgress | null {
    return this.senders.get(idOf(webhook))?.progress() ?? null;
  }

  status(): unknown {
    return Object.fromEntries([...this.senders].map(([id, sender]) => [id, sender.progress()]));
  }

  private async adjust(isStopped: () => boolean): Promise<void> {
    const { view, secret, namespace } = this.options;
    if (secret === null) return;
    const wanted = new Map([...view.now.webhooks.values()].map((webhook) => [idOf(webhook), webhook]));
    for (const [id, sender] of this.senders) {
      if (wanted.has(id)) continue;
      this.senders.delete(id);
      await sender.stop();
    }
    for (const [id, webhook] of wanted) {
      if (this.senders.has(id) || isStopped()) continue;
      const key = keyOfWebhook(secret, webhook.webhook);
      const sender = new WebhookSender(webhook, `${namespace}.registry.webhooks.${id}`, key, this.options);
      this.senders.set(id, sender);
      sender.start();
    }
  }
}

/** Name and the position where it was set: what is set anew has nothing of what it was committed before. */
const idOf = ({ webhook, position }: Webhook): string => `${webhook}.${formatPosition(0, position)}`;
