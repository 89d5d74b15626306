/** FNV-1a over texts, 64 bits in two halves: tells lists apart that are too long to record. */
export class Fingerprint {
  private readonly halves: [number, number] = [0x811c9dc5, 0x9dc5811c];

  add(text: string): void {
    for (let i = 0; i <= text.length; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : 0x10000; // marks the end, so that lists differ by their cuts
      this.halves[0] = Math.imul(this.halves[0] ^ unit, 0x01000193);
      this.halves[1] = Math.imul(this.halves[1] ^ (unit + i), 0x01000193);
    }
  }

  toString(): string {
    return this.halves.map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }
}
