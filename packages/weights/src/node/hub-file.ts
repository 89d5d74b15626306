import { copyFile, lstat, mkdir, readdir, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { isZooError, ZooError } from '@zoo/core';
import { type CachedFile, downloadFile, fetchFollowing, writeFileAtomic } from '@zoo/core/node';
import { type HubFile, type HubListing, hubHeaders, hubUrl, listHubFiles, pickHubFile } from '../source/hub-api.ts';
import type { LoadWeightsOptions } from '../source/options.ts';
import type { HubSource } from '../source/parse-source.ts';
import { hubCache, isOffline } from './cache-folder.ts';
import { sha256File } from './sha256.ts';
import { downloadOptions, exists } from './url-file.ts';

const isCommit = (revision: string): boolean => /^[0-9a-f]{40}$/.test(revision);

interface Located {
  path: string;
  /** Whether it has just been fetched. */
  fresh: boolean;
}

/** A repository's part of the cache, `models--org--name` with blobs, snapshots and refs, as Python's hub library has it. */
class HubRepo {
  readonly source: HubSource;
  readonly folder: string;
  #listing: HubListing | undefined;
  readonly #options: LoadWeightsOptions;

  constructor(source: HubSource, options: LoadWeightsOptions) {
    this.source = source;
    this.folder = join(options.cacheDir ?? hubCache(), `models--${source.repo.replace('/', '--')}`);
    const endpoint = options.endpoint ?? process.env['HF_ENDPOINT'];
    const token = options.token ?? process.env['HF_TOKEN'];
    this.#options = { ...options, ...(endpoint && { endpoint: endpoint.replace(/\/$/, '') }), ...(token && { token }) };
  }

  /** `name`, or the repository's usual weight file; downloaded when the cache lacks it. */
  async file(name = this.source.file): Promise<CachedFile> {
    const { path, fresh } = await this.#locate(name);
    const blob = async (): Promise<string> => realpath(path).catch(() => path);
    return {
      path,
      fresh,
      isRight: async () => {
        const hash = basename(await blob());
        return /^[0-9a-f]{64}$/.test(hash) && (await sha256File(path)) === hash;
      },
      fetchAgain: async () => {
        if (this.#options.offline ?? isOffline()) throw new ZooError('FILE_NOT_FOUND', 'offline is set.');
        return (await this.#fetch(await this.#list(), name, true)).path;
      },
      discard: async () => {
        const content = await blob();
        if (dirname(content) === (await realpath(join(this.folder, 'blobs')).catch(() => ''))) await rm(content);
        await rm(path, { force: true });
      },
    };
  }

  async #list(): Promise<HubListing> {
    const { fetch, allowInsecure } = this.#options;
    const following: typeof globalThis.fetch = (url, { headers, signal } = {}) =>
      fetchFollowing(String(url), {
        headers: headers as Record<string, string>,
        signal: signal ?? undefined,
        fetch,
        allowInsecure,
      });
    this.#listing ??= await listHubFiles(this.source, { ...this.#options, fetch: following });
    return this.#listing;
  }

  async #locate(file: string | undefined): Promise<Located> {
    const { offline = isOffline(), onNotice } = this.#options;
    if (offline) return { path: await this.#cached(file), fresh: false };
    const pinned = isCommit(this.source.revision) ? await this.#cached(file).catch(() => undefined) : undefined;
    if (pinned !== undefined) return { path: pinned, fresh: false };
    try {
      await this.#list();
    } catch (error) {
      // The hub is down or there is no network: what is in the cache is better than nothing.
      const path = isZooError(error) && error.code === 'DOWNLOAD_FAILED' && (await this.#cached(file).catch(() => {}));
      if (!path) throw error;
      onNotice?.(`${error.message} Using the cached ${path}.`);
      return { path, fresh: false };
    }
    return this.#fetch(await this.#list(), file);
  }

  async #fetch({ commit, files }: HubListing, wanted: string | undefined, again = false): Promise<Located> {
    const name = pickHubFile({ ...this.source, file: wanted }, [...files.keys()]);
    const file = files.get(name)!;
    const snapshot = join(this.folder, 'snapshots', commit, ...name.split('/'));
    const blobName = file.sha256 ?? file.blobId;
    const blob = blobName === undefined ? snapshot : join(this.folder, 'blobs', blobName);
    const fresh = again || !(await exists(blob));
    if (fresh) await this.#download(file, commit, blob);
    if (blob !== snapshot) {
      if (again) await rm(snapshot, { force: true }); // a copy where the system allows no links
      await link(blob, snapshot);
    }
    if (this.source.revision !== commit) {
      const ref = join(this.folder, 'refs', this.source.revision);
      await mkdir(dirname(ref), { recursive: true });
      await writeFileAtomic(ref, [new TextEncoder().encode(commit)]);
    }
    return { path: snapshot, fresh };
  }

  async #download({ name, size, sha256 }: HubFile, commit: string, path: string): Promise<void> {
    await downloadFile({
      urls: [hubUrl(this.source, commit, name, this.#options)],
      path,
      name,
      headers: hubHeaders(this.#options),
      ...(size !== undefined && { bytes: size }),
      ...(sha256 !== undefined && { sha256 }),
      ...downloadOptions(name, this.#options),
    });
  }

  async #cached(wanted: string | undefined): Promise<string> {
    const { repo, revision } = this.source;
    const commit = isCommit(revision)
      ? revision
      : await readFile(join(this.folder, 'refs', revision), 'utf8').catch(() => '');
    const snapshot = join(this.folder, 'snapshots', commit.trim());
    const names = isCommit(commit.trim()) ? await listFiles(snapshot) : [];
    if (names.length === 0) {
      const hint = 'Download it once without ZOO_OFFLINE, HF_HUB_OFFLINE and the option offline.';
      throw new ZooError('FILE_NOT_FOUND', `hf:${repo}@${revision} is not in the cache ${this.folder}. ${hint}`);
    }
    return join(snapshot, ...pickHubFile({ ...this.source, file: wanted }, names).split('/'));
  }
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  return entries.map((entry) => entry.replaceAll('\\', '/'));
}

/** A relative symbolic link as in Python's cache, or a copy where the system allows no links. */
async function link(blob: string, snapshot: string): Promise<void> {
  await mkdir(dirname(snapshot), { recursive: true });
  const there = await lstat(snapshot).catch(() => undefined);
  if (there) return;
  try {
    await symlink(relative(dirname(snapshot), blob), snapshot);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return; // another process was faster
    if (code !== 'EPERM' && code !== 'ENOSYS') throw error;
    await copyFile(blob, snapshot);
  }
}

/** The files of a hub source; the revision is asked for once, so that all come from one commit. */
export const openHub = (source: HubSource, options: LoadWeightsOptions): HubRepo => new HubRepo(source, options);
