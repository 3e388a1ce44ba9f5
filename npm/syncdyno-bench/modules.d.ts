/** Modules of the phone, as far as a sync needs them. */
declare module 'bench:sqlite' {
  export interface Statement {
    run(...values: unknown[]): { changes: number; lastInsertRowid: number }
    get(...values: unknown[]): any
    all(...values: unknown[]): any[]
    iterate(...values: unknown[]): IterableIterator<any>
    pluck(on?: boolean): Statement
    raw(on?: boolean): Statement
  }
  export default class Database {
    constructor(name?: string)
    prepare(text: string): Statement
    exec(text: string): this
    pragma(text: string, options?: { simple?: boolean }): any
    transaction<A extends unknown[], R>(f: (...values: A) => R): (...values: A) => R
    readonly inTransaction: boolean
    close(): this
  }
}
declare module 'bench:kv' {
  const storage: {
    getItem(key: string): Promise<string | null>
    setItem(key: string, value: string): Promise<void>
    removeItem(key: string): Promise<void>
    mergeItem(key: string, value: string): Promise<void>
    getAllKeys(): Promise<string[]>
    multiGet(keys: readonly string[]): Promise<[string, string | null][]>
    /** All of them, or none. */
    multiSet(pairs: readonly (readonly [string, string])[]): Promise<void>
    multiMerge(pairs: readonly (readonly [string, string])[]): Promise<void>
    multiRemove(keys: readonly string[]): Promise<void>
    clear(): Promise<void>
  }
  export default storage
}
declare module 'bench:files' {
  export function exists(name: string): boolean
  export function read(name: string): Promise<Uint8Array>
  export function readText(name: string): Promise<string>
  export function write(name: string, data: string | Uint8Array): Promise<void>
  export function remove(name: string): Promise<boolean>
}
