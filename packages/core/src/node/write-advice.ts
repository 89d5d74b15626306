const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space and try again.',
  EDQUOT: 'The disk quota is used up: free some space and try again.',
  EFBIG: 'The file would be larger than this process or disk allows.',
  EEXIST: 'A file of that name is in the way.',
  ENOENT: 'The folder does not exist: create it first.',
  ENOTDIR: 'Part of the path is a file, not a folder.',
  EACCES: 'No permission to write there.',
  EPERM: 'No permission to write there.',
  EROFS: 'The file system is read-only.',
  EISDIR: 'The path is a folder: name a file.',
};

export const errorCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException | null)?.code;

/** Why a write failed, as a sentence that says what to do. */
export const writeAdvice = (error: unknown): string =>
  advice[errorCode(error) ?? ''] ?? `${(error as Error).message.replace(/\.$/, '')}.`;
