import { field, fieldsOf, packed } from './protobuf';
import { bentoJson, framed, grpcContents, grpcRaw, oipBinary, oipJson, unframed } from './wires';

const ROWS = [
  [1, -2.5],
  [0.125, 300],
];
const text = (content: Uint8Array): string => Buffer.from(content).toString('latin1');

describe('wires', () => {
  it('send rows as the Open Inference Protocol says, in JSON and behind it', () => {
    expect(JSON.parse(text(oipJson.request(ROWS, 'trees')))).toEqual({
      inputs: [{ name: 'input', shape: [2, 2], datatype: 'FP32', data: [1, -2.5, 0.125, 300] }],
    });
    const binary = oipBinary.request(ROWS, 'trees');
    const [, length] = oipBinary.headers!(ROWS);
    const head = Number(length!.split(': ')[1]);
    expect(JSON.parse(text(binary.subarray(0, head)))).toMatchObject({
      inputs: [{ shape: [2, 2], parameters: { binary_data_size: 16 } }],
    });
    expect(binary.subarray(head)).toEqual(Buffer.from(Float32Array.of(1, -2.5, 0.125, 300).buffer));
  });

  it('read a number for each row from each kind of answer', () => {
    const floats = Buffer.from(Float32Array.of(0.25, 0.75).buffer);
    const tensor = { name: 'probability', shape: [2, 1], datatype: 'FP32' };
    const json = Buffer.from(JSON.stringify({ outputs: [{ ...tensor, data: [[0.25], [0.75]] }] }));
    const head = JSON.stringify({ outputs: [{ ...tensor, parameters: { binary_data_size: 8 } }] });
    const output = (...more: Uint8Array[]): Uint8Array =>
      field(5, Buffer.concat([field(1, 'probability'), packed(3, [2, 1]), ...more]));
    const answers: [typeof oipJson, Uint8Array][] = [
      [oipJson, json],
      [oipBinary, Buffer.concat([Buffer.from(head), floats])],
      [bentoJson, Buffer.from('[[0.25],[0.75]]')],
      [grpcRaw, Buffer.concat([field(1, 'trees'), output(), field(6, floats)])],
      [grpcContents, Buffer.concat([field(1, 'trees'), output(field(5, field(6, floats)))])],
    ];
    for (const [wire, answer] of answers) expect(wire.answer(answer)).toEqual([0.25, 0.75]);
  });

  it('writes protobuf that it can read', () => {
    const message = fieldsOf(
      Buffer.concat([field(1, 'trees'), field(5, packed(3, [2, 300])), field(7, new Uint8Array(200))]),
    );
    expect(text(message.get(1)![0]!)).toBe('trees');
    expect([...fieldsOf(message.get(5)![0]!).get(3)![0]!]).toEqual([2, 0xac, 2]);
    expect(message.get(7)![0]).toHaveLength(200);
  });

  it('keeps bodies apart in a file', () => {
    const bodies = [Buffer.from('a'), Buffer.alloc(0), Buffer.from('longer')];
    expect(unframed(framed(bodies)).map(text)).toEqual(['a', '', 'longer']);
  });
});
