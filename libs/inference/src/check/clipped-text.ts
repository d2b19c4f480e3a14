import { StringDecoder } from 'node:string_decoder';

/** What a program says: the first and the last half of `limit` characters are kept, and a note on what lay between. */
export class ClippedText {
  private readonly decoder = new StringDecoder('utf8');
  private head = '';
  private tail = '';
  private dropped = 0;
  private line = '';

  constructor(
    private readonly limit: number,
    private readonly onLine?: (line: string) => void,
  ) {}

  add(bytes: Buffer): void {
    this.take(this.decoder.write(bytes));
  }

  /** All that was kept; a last line without an end is one, too. */
  end(): string {
    this.take(this.decoder.end());
    if (this.line !== '') this.onLine?.(this.line);
    this.line = '';
    const note = this.dropped === 0 ? '' : `\n... ${this.dropped} characters left out ...\n`;
    return `${this.head}${note}${this.tail}`;
  }

  private take(text: string): void {
    this.split(text);
    const half = this.limit / 2;
    const room = Math.max(0, half - this.head.length);
    this.head += text.slice(0, room);
    this.tail += text.slice(room);
    if (this.tail.length <= half) return;
    this.dropped += this.tail.length - half;
    this.tail = this.tail.slice(-half);
  }

  private split(text: string): void {
    if (!this.onLine) return;
    const lines = (this.line + text).split('\n');
    // A line without an end would be kept for ever.
    this.line = lines.pop()!.slice(-this.limit);
    for (const line of lines) this.onLine(line);
  }
}
