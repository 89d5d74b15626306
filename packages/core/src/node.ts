export { type AtomicFs, writeFileAtomic } from './node/atomic-write.ts';
export { type DownloadedFile, type DownloadOptions, downloadFile } from './node/download.ts';
export { type FileLockOptions, withFileLock } from './node/file-lock.ts';
export { withFolderLock } from './node/folder-lock.ts';
export { readJson } from './node/read-json.ts';
export { readSmallFile } from './node/read-small-file.ts';
export { writeAdvice } from './node/write-advice.ts';
