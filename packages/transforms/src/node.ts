export { type DecodeOptions, decodeImage } from './node/decode.ts';
