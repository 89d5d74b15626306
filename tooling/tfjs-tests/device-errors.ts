interface Device {
  addEventListener(type: 'uncapturederror', listener: (event: { error: { message: string } }) => void): void;
  queue: { onSubmittedWorkDone(): Promise<void> };
  lost: Promise<unknown>;
  destroy(): void;
}

interface AdapterPrototype {
  requestDevice(descriptor?: unknown): Promise<Device>;
}

/**
 * Collects the errors that WebGPU reports to no caller, from every device the process creates after this call.
 * `settle` waits for the work submitted so far and returns the errors since the last call.
 */
export function watchDevices(): { settle(): Promise<string[]> } {
  const errors: string[] = [];
  const live = new Set<Device>();

  function watch(prototype: AdapterPrototype): void {
    const { requestDevice } = prototype;
    prototype.requestDevice = async function (this: AdapterPrototype, descriptor?: unknown): Promise<Device> {
      const device = await requestDevice.call(this, descriptor);
      live.add(device);
      device.addEventListener('uncapturederror', ({ error }) => errors.push(error.message));
      device.lost.then(() => live.delete(device));
      return device;
    };
  }

  // The class appears when a backend installs WebGPU's globals.
  let current: { prototype: AdapterPrototype } | undefined;
  Object.defineProperty(globalThis, 'GPUAdapter', {
    configurable: true,
    get: () => current,
    set: (value: { prototype: AdapterPrototype } | undefined) => {
      if (value && value !== current) watch(value.prototype);
      current = value;
    },
  });

  return {
    async settle() {
      for (const device of live) await device.queue.onSubmittedWorkDone();
      return errors.splice(0);
    },
  };
}
