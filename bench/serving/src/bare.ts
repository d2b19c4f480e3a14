import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeModel } from './model';
import { freePort, startServer, type Server } from './server';

const HANDLER = join(__dirname, '..', 'bare', 'handler.js');

export const startBareOn = async (
  modelFile: string,
  folder: string,
): Promise<Server & { readonly url: string }> => {
  const port = await freePort();
  const server = await startServer({
    name: 'bare',
    command: process.execPath,
    // As our services are started: the same flags for both.
    args: ['--max-semi-space-size=64', HANDLER, modelFile, String(port)],
    folder,
    isReady: () => Promise.resolve(/^ready$/m.test(readFileSync(join(folder, 'bare.log'), 'utf8'))),
  });
  return { ...server, url: `http://127.0.0.1:${port}/` };
};

/** The bare handler with a model of so many features. */
export const startBare = (features: number, folder: string): Promise<Server & { readonly url: string }> => {
  const file = join(folder, 'trees.onnx');
  writeFileSync(file, makeModel(features, 1));
  return startBareOn(file, folder);
};
