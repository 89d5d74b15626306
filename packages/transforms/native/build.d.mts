export const flags: readonly string[];
/** SHA-256 over names and contents of the C files and the flags. */
export function fingerprint(): string;
