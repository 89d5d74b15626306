// Compiled against the packed packages (`run.ts`) and against their sources (`pnpm check:types`).
import { createRegistry, ZooError } from '@zoo/core';

export const registry = createRegistry();
export const error: Error = new ZooError('UNKNOWN_NAME', 'a consumer sees typed errors');
