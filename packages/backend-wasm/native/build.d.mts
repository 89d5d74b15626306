export const flags: readonly string[];
export const variants: Readonly<Record<'simd' | 'relaxed', readonly string[]>>;
/** Names of the C files. */
export function sources(): string[];
/** SHA-256 over names and contents of the C files and the flags. */
export function fingerprint(): string;
