/** What tells one version of a file from another. */
export interface FileVersion {
  /** Strong ones only: a weak tag does not promise equal bytes. */
  etag?: string | undefined;
  lastModified?: string | undefined;
  /** Bytes of the whole file. */
  total?: number | undefined;
}

type Answer = Pick<Response, 'status' | 'headers'>;

const contentRange = ({ headers }: Answer): { start: number; total: number } | undefined => {
  const match = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '');
  return match ? { start: Number(match[1]), total: Number(match[2]) } : undefined;
};

/** Size of the whole file by an answer's headers. The length of a compressed answer is not that of the file. */
export function announcedSize(answer: Answer): number | undefined {
  const { status, headers } = answer;
  if (status === 206) return contentRange(answer)?.total;
  if ((headers.get('content-encoding') ?? 'identity') !== 'identity') return undefined;
  const length = headers.get('content-length') ?? '';
  return /^\d+$/.test(length) ? Number(length) : undefined;
}

export function versionOf(answer: Answer): FileVersion {
  const etag = answer.headers.get('etag');
  const lastModified = answer.headers.get('last-modified');
  const age = Date.parse(answer.headers.get('date') ?? '') - Date.parse(lastModified ?? '');
  return {
    etag: etag && !etag.startsWith('W/') ? etag : undefined,
    lastModified: lastModified && age >= 60_000 ? lastModified : undefined, // a second version may have the same date
    total: announcedSize(answer),
  };
}

/** What If-Range asks for; undefined where no bytes of this version can be told from another's. */
export const validatorOf = ({ etag, lastModified }: FileVersion): string | undefined => etag ?? lastModified;

/**
 * Whether a partial answer goes on from byte `offset` of the version begun. Where no hash decides in the end, the server
 * must say so by the same ETag or date.
 */
export function continuesPart(answer: Answer, offset: number, begun: FileVersion, hashed: boolean): boolean {
  const now = versionOf(answer);
  if (contentRange(answer)?.start !== offset) return false;
  const differs = (['etag', 'lastModified', 'total'] as const).some(
    (key) => begun[key] !== undefined && now[key] !== undefined && begun[key] !== now[key],
  );
  if (differs) return false;
  const key = begun.etag === undefined ? 'lastModified' : 'etag';
  return hashed || (begun[key] !== undefined && begun[key] === now[key]);
}
