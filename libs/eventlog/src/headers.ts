import type { Content, HeaderEntry, NewHeader, RecordHeaders } from './port';

/** Headers already in memory as entries. */
export class HeaderList implements RecordHeaders {
  static readonly EMPTY = new HeaderList([]);

  constructor(private readonly list: readonly NewHeader[]) {}

  get(name: string): Buffer | undefined {
    for (let i = this.list.length - 1; i >= 0; i--)
      if (this.list[i]![0] === name) return bytesOf(this.list[i]![1]);
    return undefined;
  }

  text(name: string): string | undefined {
    return this.get(name)?.toString('utf8');
  }

  entries(): readonly HeaderEntry[] {
    return this.list.map(([name, content]) => [name, bytesOf(content)]);
  }
}

export const bytesOf = (content: Content): Buffer =>
  typeof content === 'string' ? Buffer.from(content) : content;
