const sharesEveryMs = 12;

/** A turn of the event loop: timers, input and signals get their say. */
function turn(): Promise<void> {
  // setTimeout alone would cost browsers 4 ms a time.
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  if (typeof MessageChannel === 'undefined') return new Promise((resolve) => setTimeout(resolve));
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Lets a long loop share the thread: waits for a turn of the event loop when the last one is long ago. */
export class EventLoopShare {
  #last = performance.now();

  async give(): Promise<void> {
    if (performance.now() - this.#last < sharesEveryMs) return;
    await turn();
    this.#last = performance.now();
  }
}
