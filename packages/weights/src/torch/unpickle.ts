import { shorten, ZooError } from '@zoo/core';
import type { ByteCursor } from './byte-cursor.ts';
import { notLiteral, parseInteger, readLiteral } from './pickle-literals.ts';

/** Anything a pickle can hold here: null, numbers, text, bytes, arrays (lists and tuples), Maps, Sets, tensors. */
export type Pickled = unknown;

/** A value for a message: short, and without walking into what may be nested without end. */
export function showPickled(value: Pickled): string {
  if (typeof value === 'string') return shorten(value, 60);
  return typeof value === 'object' && value !== null ? 'an object' : String(value).slice(0, 60);
}

/** What a call may use of the machine that makes it. */
export interface CallContext {
  /** Counts element copies against the limit. */
  spend(work: number): void;
  fail(message: string): ZooError;
}

/** Builds plain data of a call's arguments. */
export type Build = (args: readonly Pickled[], context: CallContext) => Pickled;

/** Something a pickle may name by module and attribute; `build` is absent for what it may not call. */
export class AllowedGlobal {
  readonly name: string;
  readonly build: Build | undefined;

  constructor(name: string, build?: Build) {
    this.name = name;
    this.build = build;
  }
}

export interface UnpickleOptions {
  /** The object that stands for `module.name`; undefined refuses it. */
  global: (name: string) => AllowedGlobal | undefined;
  /** The object of a persistent id; torch stores storages so. */
  persistent: (id: Pickled) => Pickled;
}

/**
 * Operations and element copies of one pickle together, a hundred times what large checkpoints need. A byte can make an
 * object of a hundred, and a pickle of a few bytes can copy a long list again and again.
 */
const maxWork = 5_000_000;
/** What a dict or set counts for, by its memory. */
const mapWork = 8;
/** What a list counts for: it grows by 17 places at once. */
const listWork = 16;
/**
 * Python's pickle machine for protocols 0 to 5, reduced to data: it imports nothing, calls nothing but `AllowedGlobal`s,
 * and refuses every other global by name. Reads one pickle from `cursor` and leaves it behind its end.
 * Opcodes: https://github.com/python/cpython/blob/main/Lib/pickletools.py
 */
export function unpickle(cursor: ByteCursor, { global, persistent }: UnpickleOptions): Pickled {
  const start = cursor.position;
  const stack: Pickled[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Pickled>();
  let work = 0;

  const fail = (message: string): ZooError => cursor.fail(`the pickle at byte ${cursor.position - 1} ${message}.`);
  const spend = (n: number): void => {
    work += n;
    if (work > maxWork) throw fail('makes more objects than any weight file needs');
  };
  const pop = (): Pickled => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw fail('takes more values than it has');
    return stack.pop();
  };
  const top = (): Pickled => {
    if (stack.length <= (marks.at(-1) ?? 0)) throw fail('changes a value that it does not have');
    return stack.at(-1);
  };
  const popMark = (): Pickled[] => {
    const at = marks.pop();
    if (at === undefined) throw fail('closes a list that it did not open');
    return stack.splice(at);
  };
  const remember = (slot: number): void => void memo.set(slot, top());
  const recall = (slot: number): void => {
    if (!memo.has(slot)) throw fail(`recalls value ${slot}, which it did not store`);
    stack.push(memo.get(slot));
  };
  const take = (count: number): Pickled[] => {
    const values = Array.from({ length: count }, pop);
    return values.reverse();
  };
  const extend = (list: Pickled, values: Pickled[]): void => {
    if (!Array.isArray(list)) throw fail('appends to something that is not a list');
    for (const value of values) list.push(value);
  };
  const setItems = (map: Pickled, items: Pickled[]): void => {
    if (!(map instanceof Map)) throw fail('sets an item of something that is not a dict');
    if (items.length % 2 !== 0) throw fail('has a key without a value');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  };
  const findGlobal = (module: unknown, attribute: unknown): void => {
    if (typeof module !== 'string' || typeof attribute !== 'string') throw fail('names a global by something not text');
    const name = `${module}.${attribute}`;
    const found = global(name);
    if (!found) {
      const shown = shorten(name, 200);
      const hint = 'Only tensors in dicts, lists and tuples are loaded: save net.state_dict() instead.';
      throw new ZooError('NOT_SUPPORTED', `${cursor.file}: refused global ${shown}. ${hint}`);
    }
    stack.push(found);
  };
  const call = (): void => {
    const [callee, args] = take(2);
    if (!(callee instanceof AllowedGlobal) || !Array.isArray(args))
      throw fail('calls something that is not a function');
    if (!callee.build) throw fail(`calls ${callee.name}, which only names a type`);
    stack.push(callee.build(args, { spend, fail }));
  };

  for (;;) {
    const opcode = cursor.u8();
    spend(1);
    const name = String.fromCharCode(opcode);
    const literal = readLiteral(name, cursor, fail);
    if (literal !== notLiteral) {
      stack.push(literal);
      continue;
    }
    switch (name) {
      case '\x80': // PROTO
        if (cursor.u8() > 5) throw fail('is of a protocol later than 5');
        break;
      case '\x95': // FRAME
        cursor.u64();
        break;
      case '.': {
        const value = pop();
        if (marks.length > 0 || stack.length > 0) throw fail('ends with values left over');
        return value;
      }
      case '(':
        marks.push(stack.length);
        break;
      case '0':
        if (stack.length === marks.at(-1)) marks.pop();
        else pop();
        break;
      case '1':
        popMark();
        break;
      case '2':
        stack.push(top());
        break;

      case ')':
        stack.push([]);
        break;
      case ']':
        spend(listWork);
        stack.push([]);
        break;
      case '}':
        spend(mapWork);
        stack.push(new Map());
        break;
      case '\x8f':
        spend(mapWork);
        stack.push(new Set());
        break;
      case 't':
      case 'l':
        stack.push(popMark());
        break;
      case '\x85':
        stack.push(take(1));
        break;
      case '\x86':
        stack.push(take(2));
        break;
      case '\x87':
        stack.push(take(3));
        break;
      case 'd': {
        spend(mapWork);
        const items = popMark();
        const map = new Map();
        setItems(map, items);
        stack.push(map);
        break;
      }
      case '\x91':
        spend(mapWork);
        stack.push(new Set(popMark()));
        break;
      case 'a': {
        const value = pop();
        extend(top(), [value]);
        break;
      }
      case 'e': {
        const values = popMark();
        extend(top(), values);
        break;
      }
      case 's': {
        const item = take(2);
        setItems(top(), item);
        break;
      }
      case 'u': {
        const items = popMark();
        setItems(top(), items);
        break;
      }
      case '\x90': {
        const values = popMark();
        const set = top();
        if (!(set instanceof Set)) throw fail('adds to something that is not a set');
        for (const value of values) set.add(value);
        break;
      }

      case 'p':
        remember(Number(parseInteger(cursor.line(), fail)));
        break;
      case 'q':
        remember(cursor.u8());
        break;
      case 'r':
        remember(cursor.u32());
        break;
      case '\x94':
        remember(memo.size);
        break;
      case 'g':
        recall(Number(parseInteger(cursor.line(), fail)));
        break;
      case 'h':
        recall(cursor.u8());
        break;
      case 'j':
        recall(cursor.u32());
        break;

      case 'c': {
        const module = cursor.line();
        findGlobal(module, cursor.line());
        break;
      }
      case '\x93': {
        const [module, attribute] = take(2);
        findGlobal(module, attribute);
        break;
      }
      case 'R':
      case '\x81': // NEWOBJ: a class called without __init__, the same to the data types allowed here
        call();
        break;
      case 'b': {
        // Attributes of a state dict, its `_metadata`; nothing else here has any.
        pop();
        if (!(top() instanceof Map)) throw fail('sets attributes of something that is not a dict');
        break;
      }
      case 'Q':
        stack.push(persistent(pop()));
        break;
      case 'P':
        stack.push(persistent(cursor.line()));
        break;
      default: {
        const code = `0x${opcode.toString(16).padStart(2, '0')}`;
        throw fail(`(begun at byte ${start}) has the operation ${code}, which weight files do not use`);
      }
    }
  }
}
