import { connect } from 'node:http2';
import { createServer, type AddressInfo, type Server } from 'node:net';
import fc from 'fast-check';
import { Http2Connection, type RequestHeaders } from './connection';
import { encodeFields, HpackDecoder } from './hpack';

const decode = (decoder: HpackDecoder, hex: string): string[] => {
  const fields: string[] = [];
  decoder.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'), (name, value) =>
    fields.push(`${name}: ${value}`),
  );
  return fields;
};

describe('HpackDecoder', () => {
  it('reads the requests of RFC 7541, appendix C.4', () => {
    const decoder = new HpackDecoder();
    const first = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];
    expect(decode(decoder, '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff')).toEqual(first);
    expect(decode(decoder, '8286 84be 5886 a8eb 1064 9cbf')).toEqual([...first, 'cache-control: no-cache']);
    expect(decode(decoder, '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf')).toEqual([
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ]);
  });

  it('forgets the oldest entries first, when the table is full and when it is made smaller', () => {
    const decoder = new HpackDecoder();
    const entry = (name: string, value: string): Buffer => {
      const literal = encodeFields({ [name]: value });
      literal[0] = 0x40;
      return literal;
    };
    const read = (block: Buffer): string[] => decode(decoder, block.toString('hex'));
    for (let i = 0; i < 5; i++) read(entry(`n${i}`, 'v'.repeat(900)));
    expect(read(Buffer.of(0x80 | 62))[0]).toMatch(/^n4: v+$/);
    expect(read(Buffer.of(0x80 | 65))[0]).toMatch(/^n1: v+$/);
    expect(() => read(Buffer.of(0x80 | 66))).toThrow('there is no entry 66');
    read(Buffer.of(0x3f, 0xe1, 0x07));
    expect(read(Buffer.of(0x80 | 62))[0]).toMatch(/^n4: v+$/);
    expect(() => read(Buffer.of(0x80 | 63))).toThrow('there is no entry 63');
  });

  it.each([
    ['an index beyond the table', 'be'],
    ['index 0', '80'],
    ['a text beyond the block', '4005'],
    ['a number without end', 'ffffffffffffff'],
    ['a table larger than agreed', '3fe21f'],
    ['a change of the table within a block', '8220'],
    ['padding of zeros', '4081e0'],
    ['padding of a byte', '4082 1fff'],
    ['the end of a string within a string', '4084 ffffffff'],
  ])('refuses %s', (_, hex) => {
    expect(() => decode(new HpackDecoder(), hex)).toThrow(expect.objectContaining({ code: 9 }));
  });

  it('takes any bytes for fields or for broken ones', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }), (blocks) => {
        const decoder = new HpackDecoder();
        try {
          for (const block of blocks) decoder.decode(Buffer.from(block), () => undefined);
        } catch (error) {
          expect(error).toMatchObject({ code: 9 });
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the compression of another implementation', () => {
  let server: Server;
  const seen: RequestHeaders[] = [];
  const sent: Record<string, string>[] = [];
  beforeAll(async () => {
    server = createServer((socket) => {
      new Http2Connection(
        socket,
        (stream, headers) => {
          seen.push(headers);
          stream.sendTrailers(encodeFields({ ':status': '204' }));
          return { data: () => undefined, drained: () => undefined, gone: () => undefined };
        },
        () => undefined,
        () => undefined,
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
  });

  it('is read over a connection with many requests, as it was sent', async () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/).map((name) => `x-${name}`);
    const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
    const requests = fc.sample(fc.dictionary(token, value, { maxKeys: 8, noNullPrototype: true }), {
      numRuns: 100,
      seed: 7,
    });
    // Some again, as clients do: then they come out of the table.
    sent.push(...requests, ...requests.slice(50));
    const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    for (const headers of sent) {
      const stream = client.request({ ':path': '/p', ...headers }, { endStream: true });
      await new Promise<void>((resolve, reject) => {
        stream.on('error', reject).on('close', resolve).resume();
      });
    }
    client.close();
    expect(
      seen.map((headers) => Object.fromEntries([...headers].filter(([name]) => !name.startsWith(':')))),
    ).toEqual(sent);
  });
});
