/** What operating systems and storage devices put beside files, in lower case. */
const systemNames: ReadonlySet<string> = new Set([
  ...['__macosx', 'icon\r'], // macOS
  ...['thumbs.db', 'ehthumbs.db', 'desktop.ini', '$recycle.bin', 'system volume information'], // Windows
  ...['@eadir', '@tmp', '#recycle', '#snapshot', '@recycle', '@recently-snapshot', '@sharebin'], // Synology, QNAP
  'lost+found', // Linux
]);

/** Whether a file or folder of this name is none of the user's: hidden, or a system's own. */
export const isSystemName = (name: string): boolean => name.startsWith('.') || systemNames.has(name.toLowerCase());

/** The same of a path with `/`: whether any of its parts is. */
export const isSystemPath = (path: string): boolean => path.split('/').some(isSystemName);
