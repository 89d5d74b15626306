import type { CliIo } from '../io.ts';
import { printable, printableJson, printableLine } from './printable.ts';

export interface OutputOptions {
  json?: boolean;
  quiet?: boolean;
  verbose?: boolean;
}

/** Decides what of a command's words reaches the user. */
export class Output {
  /** One JSON document is the only thing on stdout. */
  readonly json: boolean;
  /** Whether progress is told, besides results. */
  readonly chatty: boolean;
  /** Whether a line may be redrawn in place. */
  readonly animated: boolean;
  private readonly io: CliIo;
  private readonly told = new Set<string>();

  constructor(io: CliIo, { json = false, quiet = false, verbose = false }: OutputOptions) {
    this.io = io;
    this.json = json;
    this.chatty = !json && !quiet && (verbose || io.outIsTerminal);
    this.animated = this.chatty && io.outIsTerminal && io.errIsTerminal;
  }

  /** What was asked for: `document` with --json, else `text`. */
  result(document: unknown, text: string): void {
    const shown = this.json ? printableJson(document) : printable(text);
    this.io.out(shown.endsWith('\n') ? shown : `${shown}\n`);
  }

  /** How it goes. */
  progress(line: string): void {
    if (this.chatty) this.io.out(printable(`${line}\n`));
  }

  /** Worth knowing whoever reads, once; never part of the result. */
  warn(line: string): void {
    if (this.told.has(line)) return;
    this.told.add(line);
    this.io.err(printable(`${line}\n`));
  }

  /** Draws the last line of a terminal's stderr anew; without a text, takes it away. */
  redraw(line = ''): void {
    this.io.err(`\r\x1b[2K${printableLine(line)}`);
  }
}
