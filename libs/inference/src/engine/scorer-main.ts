/**
 * A scorer: a process that loads models and scores rows for another one. It reads frames from file descriptor 4 and answers each on 5, one
 * after the other; it ends when nobody writes to it any more.
 */
import { readSync, writeSync } from 'node:fs';
import { messageOf } from '#kernel';
import { loadModel, type OnnxModel } from '../onnx-model';
import { FRAME_HEAD, LOAD, LOADED, REFUSED, SCORE, SCORES, bytesOf, frameHead } from './frames';
import { measureCost } from './model-cost';
import { traitsOf } from './model-traits';
import type { LoadFrame, Tried } from './scorer';

const FROM_PARENT = 4;
const TO_PARENT = 5;

/** Blocking: between two frames there is nothing else to do here. False at the end. */
const fill = (bytes: Uint8Array): boolean => {
  for (let at = 0; at < bytes.length;) {
    const took = readSync(FROM_PARENT, bytes, at, bytes.length - at, null);
    if (took === 0) return false;
    at += took;
  }
  return true;
};

const answer = (kind: number, body: Uint8Array): void => {
  for (const bytes of [frameHead(kind, body.length), body])
    for (let at = 0; at < bytes.length;) at += writeSync(TO_PARENT, bytes, at);
};

let model: OnnxModel | undefined;

/** Body: the length of the options as u32, the options as JSON, the file. */
const load = async (body: Buffer): Promise<Uint8Array> => {
  await model?.close();
  model = undefined;
  const { options, measured } = JSON.parse(body.toString('utf8', 4, 4 + body.readUInt32LE(0))) as LoadFrame;
  const file = new Uint8Array(body.subarray(4 + body.readUInt32LE(0)));
  const began = performance.now();
  model = await loadModel(file, options);
  const loadMs = performance.now() - began;
  const { digest, task, featureCount, outputName, outputs, fingerprint } = model;
  const tried: Tried = {
    described: { digest, task, featureCount, outputName, outputs, fingerprint },
    cost: measured ?? (await measureCost(model)),
    loadMs,
    processBytes: process.memoryUsage.rss(),
    traits: traitsOf(file),
  };
  return Buffer.from(JSON.stringify(tried));
};

const handle = async (kind: number, body: Buffer): Promise<void> => {
  try {
    if (kind === LOAD) return answer(LOADED, await load(body));
    if (kind !== SCORE || !model) throw new Error(`a frame of kind ${kind} before a model was loaded`);
    const rows = new Float32Array(body.buffer, body.byteOffset, body.length / 4);
    answer(SCORES, bytesOf(await model.score(rows)));
  } catch (error) {
    answer(REFUSED, Buffer.from(messageOf(error)));
  }
};

const main = async (): Promise<void> => {
  const head = Buffer.alloc(FRAME_HEAD);
  let room = Buffer.alloc(0);
  while (fill(head)) {
    const length = head.readUInt32LE(4);
    if (room.length < length || room.length > 4 * length + 2 ** 20)
      room = Buffer.from(new ArrayBuffer(length));
    const body = room.subarray(0, length);
    if (!fill(body)) return;
    await handle(head.readUInt32LE(0), body);
  }
};

void main().then(() => process.exit(0));
