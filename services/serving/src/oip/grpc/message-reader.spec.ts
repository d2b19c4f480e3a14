import { Budget, MessageReader, UNPACK } from './message-reader';

describe('the messages of a stream', () => {
  const readerOf = (limit: number): { read: (chunk: Buffer) => void; messages: string[] } => {
    const reader = new MessageReader(UNPACK.identity!, {
      maxMessageBytes: 65_536,
      budget: new Budget(limit),
    });
    const messages: string[] = [];
    return { read: (chunk) => reader.read(chunk, (message) => messages.push(message.toString())), messages };
  };
  const begun = Buffer.from([0, 0, 0, 0, 3, 0x61]);

  it('keep nothing of frames without bytes', () => {
    const { read, messages } = readerOf(1_000);
    read(begun);
    for (let i = 0; i < 10_000; i++) read(Buffer.alloc(0));
    read(Buffer.from('bc'));
    expect(messages).toEqual(['abc']);
  });

  it('count what a piece costs, not only the byte in it', () => {
    const { read } = readerOf(65_536);
    read(Buffer.from([0, 0, 0, 0xff, 0xff]));
    const pieces = (): void => {
      for (let i = 0; i < 1_000; i++) read(Buffer.from('x'));
    };
    expect(pieces).toThrow('too much of this connection waits');
  });

  it('do not keep what came around a small piece', () => {
    const { read, messages } = readerOf(65_536);
    const chunk = Buffer.alloc(65_536, 'x');
    begun.copy(chunk);
    read(chunk.subarray(0, 6));
    // A view would see what becomes of the memory it came in.
    chunk.fill('?');
    read(Buffer.from('bc'));
    expect(messages).toEqual(['abc']);
  });

  it('give back what they took', () => {
    const { read, messages } = readerOf(400);
    for (let i = 0; i < 100; i++) {
      read(begun);
      read(Buffer.from('bc'));
    }
    expect(messages).toHaveLength(100);
  });
});
