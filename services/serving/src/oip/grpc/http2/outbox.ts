import type { Socket } from 'node:net';

/** Everything written in one turn of the event loop goes out together. A client that does not read is not read from. */
export class Outbox {
  private out: Buffer[] = [];
  private bytes = 0;
  private isScheduled = false;

  constructor(private readonly socket: Socket) {
    socket.on('drain', () => socket.resume());
  }

  write(bytes: Buffer): void {
    this.out.push(bytes);
    this.bytes += bytes.length;
    if (this.isScheduled) return;
    this.isScheduled = true;
    process.nextTick(this.flush);
  }

  readonly flush = (): void => {
    const { out, bytes } = this;
    this.isScheduled = false;
    this.out = [];
    this.bytes = 0;
    if (out.length === 0 || this.socket.destroyed || this.socket.writableEnded) return;
    if (!this.socket.write(out.length === 1 ? out[0]! : Buffer.concat(out, bytes))) this.socket.pause();
  };
}
