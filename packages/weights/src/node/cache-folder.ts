import { homedir } from 'node:os';
import { join } from 'node:path';

const userCache = (): string => process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');

/** Where files from plain addresses are kept: `$XDG_CACHE_HOME/zoo/weights`, by default `~/.cache/zoo/weights`. */
export const weightsCache = (): string => join(userCache(), 'zoo', 'weights');

/** The Hugging Face cache, shared with Python: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, by default `~/.cache/huggingface`. */
export const hubCache = (): string =>
  process.env['HF_HUB_CACHE'] ||
  process.env['HUGGINGFACE_HUB_CACHE'] ||
  join(process.env['HF_HOME'] || join(userCache(), 'huggingface'), 'hub');

const isOn = (value: string | undefined): boolean => /^(1|true|yes|on)$/i.test(value ?? '');

/** Whether the environment forbids the network: `ZOO_OFFLINE` or `HF_HUB_OFFLINE`. */
export const isOffline = (): boolean => isOn(process.env['ZOO_OFFLINE']) || isOn(process.env['HF_HUB_OFFLINE']);
