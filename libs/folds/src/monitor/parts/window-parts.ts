import { byWindow, watchedKey, type Watched } from '../event-window';

/**
 * Parts of windows that collect until they are handed on. A part that was handed on is forgotten: what comes later for the same
 * window is another part, and all parts of a window add up to the whole.
 */
export class WindowParts<Part extends { readonly watched: Watched }> {
  private readonly parts = new Map<string, Part>();

  of(watched: Watched, begin: () => Part): Part {
    const key = watchedKey(watched);
    let part = this.parts.get(key);
    if (!part) this.parts.set(key, (part = begin()));
    return part;
  }

  /** Takes out the parts of windows that end at or before a moment, the earliest window first. */
  takeThrough(time: number): Part[] {
    const due = [...this.parts].filter(([, { watched }]) => watched.window.end <= time);
    for (const [key] of due) this.parts.delete(key);
    return due.map(([, part]) => part).sort((a, b) => byWindow(a.watched, b.watched));
  }

  all(): Part[] {
    return [...this.parts.values()];
  }

  static from<Part extends { readonly watched: Watched }>(stored: readonly Part[]): WindowParts<Part> {
    const parts = new WindowParts<Part>();
    for (const part of stored) parts.parts.set(watchedKey(part.watched), part);
    return parts;
  }
}
