// first.mjs BACKEND_PACKAGE BACKEND NET_PACKAGE NET WEIGHTS INPUT SIZE
// THREADS OUTPUT: the built packages as a user's program has
// them, from nothing to the first output of one image. Plain JavaScript, so that no transpiler is timed.
import { readFileSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { chooseBackend, sharedRegistry } from '@zoo/core';
import { report } from './report.mjs';

const [backendPackage, backend, netPackage, name, weights, input, sizeText, threads, output] = process.argv.slice(2);
const [factories] = await Promise.all([import(backendPackage), import(netPackage), import('@zoo/weights/register')]);
const plugin = factories[`${backend}Backend`]({ threads: Number(threads) });
await chooseBackend({ registry: { backends: () => [plugin] }, only: backend });
const net = await sharedRegistry().load(name, { weights });
const size = Number(sizeText);
const values = new Float32Array(new Uint8Array(readFileSync(input)).buffer);
const image = tf.tidy(() => tf.transpose(tf.tensor(values, [1, 3, size, size]), [0, 2, 3, 1]));
const logits = await net.predict(image).data();
report({ 'tfjs-core': tf.version_core, node: process.version });
writeFileSync(output, logits);
