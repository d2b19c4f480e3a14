/** Numbers for the different texts that an entity's rows hold; a number is free again when no row holds its text. */
export class Texts {
  private readonly ids = new Map<string, number>();
  private readonly texts: string[] = [];
  private readonly uses: number[] = [];
  private readonly free: number[] = [];

  get size(): number {
    return this.ids.size;
  }

  /** The number of a text, for one more row. */
  take(text: string): number {
    let id = this.ids.get(text);
    if (id === undefined) {
      id = this.free.pop() ?? this.texts.length;
      this.ids.set(text, id);
      this.texts[id] = text;
      this.uses[id] = 0;
    }
    this.uses[id]! += 1;
    return id;
  }

  /** A row with the number is gone. */
  release(id: number): void {
    this.uses[id]! -= 1;
    if (this.uses[id] !== 0) return;
    this.ids.delete(this.texts[id]!);
    this.free.push(id);
  }

  text(id: number): string {
    return this.texts[id]!;
  }
}
