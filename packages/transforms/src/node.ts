export { type DecodeOptions, decodeImage, useJpeg } from './node/decode.ts';
