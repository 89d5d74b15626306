import { cpu } from '@zoo/backend-cpu';
import { cuda } from '@zoo/backend-cuda';
import { ort } from '@zoo/backend-ort';
import { wasm } from '@zoo/backend-wasm';
import { webgpu } from '@zoo/backend-webgpu';
import { createRegistry, type Registry } from '@zoo/core';

/** All engines of this repository, for scripts that take `--backend`. */
export const backendRegistry = (): Registry => createRegistry().use(cpu).use(wasm).use(webgpu).use(cuda).use(ort);
