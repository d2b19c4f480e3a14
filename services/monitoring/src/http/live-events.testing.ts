/** Reads server-sent events, as a page does. */
export class LiveEvents {
  private text = '';
  private readonly decoder = new TextDecoder();

  private constructor(private readonly reader: ReadableStreamDefaultReader<Uint8Array>) {}

  static async open(url: string): Promise<LiveEvents> {
    const answer = await fetch(url, { headers: { accept: 'text/event-stream' } });
    if (!answer.ok || !answer.body) throw new Error(`${url} answered ${answer.status}`);
    return new LiveEvents(answer.body.getReader() as ReadableStreamDefaultReader<Uint8Array>);
  }

  /** The value of the next event of this name; others are passed over. */
  async next<T>(name: string): Promise<T> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.reader.read();
        if (done) throw new Error(`the stream ended before an event "${name}"`);
        this.text += this.decoder.decode(value, { stream: true });
        continue;
      }
      const lines = this.text.slice(0, end).split('\n');
      this.text = this.text.slice(end + 2);
      const field = (key: string): string | undefined =>
        lines.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2);
      const data = field('data');
      if (field('event') === name && data !== undefined) return JSON.parse(data) as T;
    }
  }

  close(): Promise<void> {
    return this.reader.cancel();
  }
}
