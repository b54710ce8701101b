import type { NftBase, NftElementBody, NftFamily, NftRuleBody, NftSetBody } from './model.ts';

/** Which table a command is about. */
interface InTable {
  readonly family: NftFamily;
  readonly table: string;
}

/** One line of an `nft -f` transaction. `add` is content when the object is there, `create` is not; `destroy` is content when it is absent. */
export type NftCommand =
  | (InTable & {
      readonly verb: 'add' | 'create' | 'delete' | 'destroy' | 'flush';
      readonly object: 'table';
      readonly comment?: string;
      readonly isDormant?: true;
    })
  | (InTable & {
      readonly verb: 'add' | 'create' | 'delete' | 'destroy' | 'flush';
      readonly object: 'chain';
      readonly chain: string;
      readonly base?: NftBase;
      /** Of a base chain that is there already. */
      readonly policy?: 'accept' | 'drop';
      readonly comment?: string;
    })
  | (InTable & {
      readonly verb: 'rename';
      readonly object: 'chain';
      readonly chain: string;
      readonly to: string;
    })
  | (InTable & {
      readonly verb: 'add' | 'insert';
      readonly object: 'rule';
      readonly chain: string;
      readonly rule: NftRuleBody;
      /** `position N` / `handle N`: behind (add) or before (insert) that rule. */
      readonly handle?: number;
      /** `index N`, 0-based. */
      readonly index?: number;
    })
  | (InTable & {
      readonly verb: 'replace';
      readonly object: 'rule';
      readonly chain: string;
      readonly handle: number;
      readonly rule: NftRuleBody;
    })
  | (InTable & {
      readonly verb: 'delete' | 'destroy';
      readonly object: 'rule';
      readonly chain: string;
      readonly handle: number;
    })
  | (InTable & {
      readonly verb: 'add' | 'create';
      readonly object: 'set';
      readonly name: string;
      readonly set: NftSetBody;
    })
  | (InTable & {
      readonly verb: 'delete' | 'destroy' | 'flush';
      readonly object: 'set';
      readonly kind: 'set' | 'map';
      readonly name: string;
    })
  | (InTable & {
      readonly verb: 'add' | 'create' | 'delete' | 'destroy';
      readonly object: 'element';
      readonly kind: 'set' | 'map';
      readonly name: string;
      readonly elements: readonly NftElementBody[];
    })
  /** Without a family: all of them. */
  | { readonly verb: 'flush'; readonly object: 'ruleset'; readonly family?: NftFamily };

/** What of a command is to blame: the object that it is about, where nothing else is said. */
export interface NftCulprit {
  readonly what: 'table' | 'chain' | 'set' | 'handle' | 'target' | 'element' | 'block';
  readonly name: string;
}

/** Why a transaction was refused: nothing of it is done. */
export interface NftProblem {
  /** 0-based position of the command in the transaction. */
  readonly command: number;
  readonly text: NftErrno | NftComplaint;
  readonly about?: NftCulprit;
}

/** The kernel's errno, in words. */
type NftErrno =
  | 'No such file or directory'
  | 'File exists'
  | 'Device or resource busy'
  | 'Operation not supported'
  | 'Invalid argument'
  | 'Too many links'
  | 'Too many open files in system';

/** What nft itself finds wrong before it asks the kernel. */
export type NftComplaint =
  | "You must add 'flags interval' to your set declaration if you want to add prefix elements"
  | "You must add 'flags interval' to your set declaration if you want to add range elements"
  | 'interval overlaps with an existing one';

export type { NftFamily };
