/**
 * The least that a Node server can do for a request: node:http, JSON.parse, one run of ONNX Runtime, JSON out. No checks, no routes, no
 * batches: what is left of it in a server that does more is the measure of that server.
 *
 *   node handler.js model.onnx port
 */
import { createServer } from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';

interface Body {
  readonly inputs: readonly [{ readonly shape: readonly number[]; readonly data: readonly number[] }];
}

const main = async (): Promise<void> => {
  const [file = '', port = '0'] = process.argv.slice(2);
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { inputs } = JSON.parse(Buffer.concat(parts).toString('utf8')) as Body;
      const [{ shape, data }] = inputs;
      void session
        .run({ input: new Tensor('float32', Float32Array.from(data), shape) })
        .then(({ probability }) => {
          const values = Array.from(probability!.data as Float32Array);
          const outputs = [
            { name: 'probability', datatype: 'FP32', shape: [values.length, 1], data: values },
          ];
          const text = JSON.stringify({ model_name: 'trees', outputs });
          response.writeHead(200, {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(text),
          });
          response.end(text);
        });
    });
  });
  server.listen(Number(port), '127.0.0.1', () => console.log('ready'));
};

void main();
