/** Seconds of processor time that `work` takes, and by how many bytes memory outside and inside the heap grew. */
export function costOf(work: () => void): { seconds: number; bytes: number } {
  const bytesNow = (): number => {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = bytesNow();
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return { seconds: (user + system) / 1e6, bytes: bytesNow() - before };
}
