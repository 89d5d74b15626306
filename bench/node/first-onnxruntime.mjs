// first-onnxruntime.mjs MODEL INPUT SIZE THREADS OUTPUT: onnxruntime-node from nothing to the first output of one image.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { report } from './report.mjs';

// Read when the first session is created.
process.env.ORT_DISABLE_TELEMETRY = '1';

const [model, input, sizeText, threads, file] = process.argv.slice(2);
const size = Number(sizeText);
const session = await InferenceSession.create(model, {
  intraOpNumThreads: Number(threads),
  interOpNumThreads: 1,
  logSeverityLevel: 3,
});
const values = new Float32Array(new Uint8Array(readFileSync(input)).buffer);
const { output } = await session.run({ input: new Tensor('float32', values, [1, 3, size, size]) });
const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
report({ 'onnxruntime-node': version, node: process.version });
writeFileSync(file, output.data);
