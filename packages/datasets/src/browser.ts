export { type ImageFilesOptions, imageFiles } from './browser/image-files.ts';
